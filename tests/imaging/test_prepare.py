from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medgan_fashion.imaging.cases.config import ImageConfig, IntensityConfig
from medgan_fashion.imaging.cases.pseudonyms import pseudonym, pseudonym_key
from medgan_fashion.imaging.prepare import canvases
from medgan_fashion.imaging.prepare import prepare as prepare_cache
from medgan_fashion.imaging.prepare.prepare import cached_prepare, prepare_cases
from medgan_fashion.imaging.read.picture import Picture, UnreadableError
from medgan_fashion.imaging.read.readers import read_image

Make = Callable[..., str]
Table = Callable[..., Path]
WHOLE = ImageConfig(size=(8, 8), roi="whole")
LESION = ImageConfig(size=(8, 8))


@pytest.fixture
def good(picture: Make, table: Table) -> Path:
    rows = [f"{picture(f'{n}.png', n)},{'ab'[n % 2]},p{n // 2},10,10,12,8" for n in range(6)]
    return table("image,label,patient,x,y,width,height", *rows)


def test_images_in_table_order(good: Path) -> None:
    prepared = prepare_cases(good, LESION)
    images = prepared.images
    assert prepared.skipped == ()
    assert images.images.shape == (6, 1, 12, 12)
    assert images.labels.tolist() == [0, 1] * 3
    assert images.groups.tolist() == [0, 0, 1, 1, 2, 2]
    assert images.lesions.tolist() == list(range(6))
    assert images.rows.tolist() == [1, 2, 3, 4, 5, 6]
    np.testing.assert_allclose(images.diameters, 8 / 1.5, rtol=1e-6)
    assert (images.card.unit, images.card.grouping, images.card.classes) == (
        "grey 8 bit",
        "patient",
        ("a", "b"),
    )
    assert all(p.startswith("P-") and len(p) == 12 for p in images.card.pseudonyms)


def test_parallel_reading_changes_nothing(good: Path) -> None:
    calls: list[tuple[int, int]] = []
    one = prepare_cases(good, LESION, processes=1)
    four = prepare_cases(good, LESION, processes=4, progress=lambda done, n: calls.append((done, n)))
    assert one.images.content_hash() == four.images.content_hash()
    assert calls == [(n, 6) for n in range(1, 7)]


def test_whole_pictures_need_no_region(picture: Make, table: Table) -> None:
    path = table("image,label", f"{picture('a.png', shape=(40, 40))},x", f"{picture('b.png', 1)},y")
    images = prepare_cases(path, WHOLE).images
    np.testing.assert_allclose(images.diameters, 8)
    with pytest.raises(ValueError, match="no box, circle or mask"):
        prepare_cases(path, LESION)


def test_mask_and_circle_give_the_same_canvas_as_a_box(dicom: Callable[..., Path], table: Table) -> None:
    noise = np.random.default_rng(0).integers(0, 4000, (40, 40)).astype(np.uint16)
    path = dicom(noise, Modality="MR", PixelSpacing=[0.5, 0.5])
    mask = np.zeros((20, 20), dtype=np.uint8)
    mask[5:10, 4:9] = 255
    Image.fromarray(mask).save(path.parent / "m.png")
    header = "image,label,x,y,width,height,centre_x,centre_y,diameter_mm,mask"
    rows = ["x.dcm,a,8,10,10,10,,,,", "x.dcm,a,,,,,13,15,5,", "x.dcm,b,,,,,,,,m.png"]
    canvases = prepare_cases(table(header, *rows), LESION).images.images
    np.testing.assert_array_equal(canvases[0], canvases[1])
    np.testing.assert_array_equal(canvases[0], canvases[2])


@pytest.fixture
def twice(tmp_path: Path, table: Table) -> Callable[..., Path]:
    """A table of six patients, of whom the second and the fifth have one picture, brighter and a pixel further right
    the second time."""
    scenes = np.random.default_rng(0).integers(0, 200, (6, 9, 9)).astype(np.uint8)
    large = [Image.fromarray(scene).resize((80, 80), Image.Resampling.BICUBIC) for scene in scenes]
    pictures = [np.asarray(scene.crop((4, 4, 76, 76)), dtype=float) for scene in large]
    pictures[4] = (0.9 * np.asarray(large[1].crop((5, 4, 77, 76)), dtype=float) + 40).clip(0, 255)
    for n, pixels in enumerate(pictures):
        Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / f"{n}.png")

    def write(*external: int) -> Path:
        rows = [f"{n}.png,{'ab'[n % 2]},p{n},{'external' if n in external else ''}" for n in range(6)]
        return table("image,label,patient,cohort", *rows)

    return write


def test_two_patients_with_one_picture_are_one_group(twice: Callable[..., Path], tmp_path: Path) -> None:
    config = replace(WHOLE, size=(32, 32))
    prepared = cached_prepare(twice(), config, tmp_path / "cache")
    images, key = prepared.images, pseudonym_key()
    assert images.groups.tolist() == [0, 1, 2, 3, 1, 4]
    assert images.card.pseudonyms == tuple(pseudonym(key, f"p{n}") for n in (0, 1, 2, 3, 5))
    assert prepared.notes == ((5, "shows the same picture as row 2; both stay on one side of every split"),)
    assert images.card.grouping == "patient"


def test_a_study_goes_on_with_the_groups_that_an_earlier_version_prepared(
    twice: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That version did not join rows; another hash of the cases would stop the study."""
    table, config = twice(), replace(WHOLE, size=(32, 32))
    with monkeypatch.context() as earlier:
        earlier.setattr(prepare_cache, "_VERSION", 4)
        earlier.setattr(prepare_cache, "join_look_alikes", lambda canvases, size, groups: (groups, []))
        before = cached_prepare(table, config, tmp_path / "cache")
    assert before.images.groups.tolist() == [0, 1, 2, 3, 4, 5]
    assert cached_prepare(table, config, tmp_path / "cache").images.content_hash() == before.images.content_hash()
    assert cached_prepare(table, config, tmp_path / "new").images.groups.tolist() == [0, 1, 2, 3, 1, 4]


def test_one_picture_in_both_cohorts_is_refused(twice: Callable[..., Path]) -> None:
    config = replace(WHOLE, size=(32, 32))
    with pytest.raises(ValueError, match=r"rows 2 and 5 of cases.csv show the same picture, one .* external cohort"):
        prepare_cases(twice(3, 4), config)
    assert prepare_cases(twice(1, 3, 4), config).images.groups.tolist() == [0, 1, 2, 3, 1, 4]


def test_unusable_rows_are_listed_and_only_there_named(good: Path, picture: Make, table: Table) -> None:
    folder = good.parent
    Image.new("L", (50, 40), 7).save(folder / "flat.png")
    Image.new("L", (50, 40)).save(folder / "empty.png")
    (folder / "SMITH.png").write_bytes(b"no picture")
    bad = table(
        "image,label,patient,x,y,width,height,mask",
        "0.png,a,p0,10,10,12,8,",
        "SMITH.png,a,p1,10,10,12,8,",
        "missing.png,a,p2,10,10,12,8,",
        "flat.png,b,p3,10,10,12,8,",
        "1.png,b,p4,100,10,12,8,",
        "2.png,b,p5,,,,,empty.png",
        "3.png,b,p6,10,10,12,8,",
        name="bad.csv",
    )
    with pytest.raises(
        ValueError, match=r"5 of 7 rows of bad\.csv .*row 2 .*bad\.quarantine\.csv.*--skip-unreadable"
    ) as e:
        prepare_cases(bad, LESION)
    assert "SMITH" not in str(e.value)
    listed = (folder / "bad.quarantine.csv").read_text().splitlines()
    assert listed[0] == "row,file,reason,cure"
    assert [line.split(",")[0] for line in listed[1:]] == ["2", "3", "4", "5", "6"]
    assert "SMITH.png" in listed[1]
    prepared = prepare_cases(bad, LESION, skip_unreadable=True)
    assert prepared.images.rows.tolist() == [1, 7]
    assert prepared.images.groups.tolist() == [0, 1]
    reasons = dict(prepared.skipped)
    assert sorted(reasons) == [2, 3, 4, 5, 6]
    assert not any("SMITH" in reason or "missing.png" in reason for reason in reasons.values())


def test_an_outdated_list_goes(good: Path) -> None:
    stale = good.with_name("cases.quarantine.csv")
    stale.write_text("row\n")
    prepare_cases(good, LESION)
    assert not stale.exists()


def test_a_class_without_usable_rows(picture: Make, table: Table) -> None:
    path = table("image,label", f"{picture('a.png')},x", "none.png,y")
    with pytest.raises(ValueError, match=r"class 'y' of cases.csv has no usable row"):
        prepare_cases(path, WHOLE, skip_unreadable=True)
    with pytest.raises(ValueError, match="1 of 1 rows"):
        prepare_cases(table("image,label", "none.png,y"), WHOLE, skip_unreadable=True)


def test_mixed_depths_need_an_intensity_of_each_image(picture: Make, table: Table) -> None:
    path = table("image,label", f"{picture('a.png')},x", f"{picture('b.png', bits=16)},y")
    with pytest.raises(ValueError, match=r"rows 1 and 2 .*'grey 8 bit' and 'grey 16 bit'.*zscore"):
        prepare_cases(path, WHOLE)
    config = ImageConfig(size=(8, 8), roi="whole", intensity=IntensityConfig("zscore"))
    assert prepare_cases(path, config).images.card.unit == "grey"


def test_hounsfield_units_never_mix_with_grey(picture: Make, table: Table, dicom: Callable[..., Path]) -> None:
    noise = np.random.default_rng(0).integers(-1000, 1000, (40, 40)).astype(np.int16)
    dicom(noise, Modality="CT", RescaleSlope=1, RescaleIntercept=0)
    path = table("image,label", "x.dcm,x", f"{picture('b.png')},y")
    config = ImageConfig(size=(8, 8), roi="whole", intensity=IntensityConfig("zscore"))
    with pytest.raises(ValueError, match="'HU' and 'grey 8 bit'"):
        prepare_cases(path, config)


def test_mixed_channels(tmp_path: Path, table: Table) -> None:
    noise = np.random.default_rng(0).normal(size=(2, 20, 20))
    np.save(tmp_path / "one.npy", noise[0])
    np.save(tmp_path / "two.npy", noise)
    with pytest.raises(ValueError, match="1 and 2 channels"):
        prepare_cases(table("image,label", "one.npy,x", "two.npy,y"), WHOLE)


def test_cache_follows_bytes_not_times(good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    first = cached_prepare(good, LESION, cache)
    assert isinstance(first.images.images, np.memmap)
    monkeypatch.setattr(prepare_cache, "prepare_cases", None)  # from here on only the cache can answer
    (good.parent / "0.png").touch()
    assert cached_prepare(good, LESION, cache).images.content_hash() == first.images.content_hash()
    monkeypatch.undo()
    monkeypatch.setenv("MEDGAN_FASHION_KEY", "another secret text")
    assert cached_prepare(good, LESION, cache).images.card.pseudonyms != first.images.card.pseudonyms
    Image.fromarray(np.random.default_rng(9).integers(0, 255, (40, 50)).astype(np.uint8)).save(good.parent / "0.png")
    assert cached_prepare(good, LESION, cache).images.content_hash() != first.images.content_hash()
    assert cached_prepare(good, ImageConfig(size=(10, 10)), cache).images.card.size == (10, 10)
    assert len(list(cache.iterdir())) == 4
    assert not any(path.name.startswith(".") for path in cache.iterdir())


def test_skipped_rows_are_cached_apart(good: Path, tmp_path: Path) -> None:
    (good.parent / "5.png").write_bytes(b"broken")
    skipped = cached_prepare(good, LESION, tmp_path / "cache", skip_unreadable=True).skipped
    assert cached_prepare(good, LESION, tmp_path / "cache", skip_unreadable=True).skipped == skipped
    assert [row for row, _ in skipped] == [6]
    with pytest.raises(ValueError, match="1 of 6 rows"):
        cached_prepare(good, LESION, tmp_path / "cache")


def test_what_this_machine_could_not_read_is_asked_for_again(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for cause in (UnreadableError("its codec is not installed", "install it", here=True), MemoryError()):

        def fail_on_one(path: Path, cause: Exception = cause) -> Picture:
            if path.name == "5.png":
                raise cause
            return read_image(path)

        monkeypatch.setattr(canvases, "read_image", fail_on_one)
        reduced = cached_prepare(good, LESION, tmp_path / "cache", skip_unreadable=True)
        assert ([row for row, _ in reduced.skipped], reduced.here) == ([6], True)
        assert not list((tmp_path / "cache").iterdir())
    monkeypatch.setattr(canvases, "read_image", read_image)
    assert cached_prepare(good, LESION, tmp_path / "cache", skip_unreadable=True).skipped == ()


def test_wrong_configurations() -> None:
    with pytest.raises(ValueError, match="size"):
        ImageConfig(size=(2, 8))
    with pytest.raises(ValueError, match="margin"):
        ImageConfig(margin=-0.1)
    with pytest.raises(ValueError, match="context"):
        ImageConfig(context=0.9)
