from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset

from medgan_fashion.imaging.cases.config import ImageConfig, IntensityConfig, MammogramConfig
from medgan_fashion.imaging.mammograms.mammogram import chest_wall, read_mammogram
from medgan_fashion.imaging.mammograms.tags import Said
from medgan_fashion.imaging.prepare.prepare import Prepared, cached_prepare, prepare_cases

Draw = Callable[..., np.ndarray]
Write = Callable[..., Path]
FILMS = ImageConfig(size=(48, 40), roi="whole", context=1.25, mammogram=MammogramConfig())
PATCHES = ImageConfig(size=(16, 16), margin=0.0, context=1.0, mammogram=MammogramConfig())
TWELVE = {"Modality": "MG", "BitsStored": 12, "HighBit": 11}


@pytest.fixture
def write_film(draw_film: Draw, dicom: Write) -> Callable[..., str]:
    """Writes a drawn film as DICOM of 12 bits and gives its name."""

    def write(name: str, side: str = "left", **tags: object) -> str:
        stored = np.rint(4095 * draw_film(side)).astype(np.uint16)
        if tags.get("PhotometricInterpretation") == "MONOCHROME1":
            stored = 4095 - stored
        dicom(stored, name, **(TWELVE | tags))
        return name

    return write


def _spot() -> list[Dataset]:
    view, spot = Dataset(), Dataset()
    view.CodeValue, view.CodingSchemeDesignator, view.CodeMeaning = "R-10242", "SRT", "cranio-caudal"
    spot.CodeValue, spot.CodingSchemeDesignator, spot.CodeMeaning = "399055006", "SCT", "Spot Compression"
    view.ViewModifierCodeSequence = [spot]
    return [view]


def test_a_film_with_its_tags(write_film: Callable[..., str], tmp_path: Path) -> None:
    tags = {"ImageLaterality": "R", "ViewPosition": "CC", "PatientOrientation": ["P", "L"]}
    spacing = {"ImagerPixelSpacing": [0.1, 0.1], "EstimatedRadiographicMagnificationFactor": 1.0}
    write_film("x.dcm", "right", **tags, **spacing)
    film = read_mammogram(tmp_path / "x.dcm", Said())
    assert film.pixels.shape == (1, 240, 200)
    assert (film.pixels.min(), film.pixels.dtype) == (0, np.float32)
    assert (film.unit, film.spacing_mm) == ("for presentation", (0.1, 0.1))
    assert (film.view, film.laterality, film.orientation) == ("CC", "R", "right")
    assert read_mammogram(tmp_path / "x.dcm", Said("MLO", "L")).view == "MLO"


def test_other_pictures_are_grey(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 51], [255, 102]], dtype=np.uint8)).save(tmp_path / "x.pgm")
    film = read_mammogram(tmp_path / "x.pgm", Said(laterality="R"))
    np.testing.assert_allclose(film.pixels, [[[0, 0.2], [1, 0.4]]])
    assert (film.unit, film.view, film.laterality, film.spacing_mm) == ("grey", "", "R", None)


@pytest.mark.parametrize(
    ("seen", "orientation", "laterality", "side", "n_notes"),
    [
        ("left", "", "", "left", 0),
        ("right", "left", "", "right", 1),
        ("right", "right", "L", "right", 1),
        ("left", "right", "R", "left", 2),
        ("", "right", "L", "right", 1),
        ("", "", "R", "right", 0),
        ("", "", "", "left", 1),
    ],
)
def test_pixels_decide_the_side(seen: str, orientation: str, laterality: str, side: str, n_notes: int) -> None:
    found, notes = chest_wall(seen, orientation, laterality)
    assert (found, len(notes)) == (side, n_notes)


def _prepare(table: Write, config: ImageConfig, *rows: str, skip: bool = False) -> Prepared:
    return prepare_cases(table("image,label,patient,lesion,view,laterality", *rows), config, skip_unreadable=skip)


def test_whole_films_face_one_way(write_film: Callable[..., str], table: Write) -> None:
    left = write_film("l.dcm", "left", ViewPosition="CC", ImageLaterality="L")
    right = write_film("r.dcm", "right", PhotometricInterpretation="MONOCHROME1", ImageLaterality="R")
    prepared = _prepare(table, FILMS, f"{left},a,p0,L,,", f"{right},b,p0,R,MLO,")
    images = prepared.images
    assert prepared.notes == ()
    assert images.images.shape == (2, 1, 60, 50)
    assert (images.card.unit, images.card.view_positions) == ("for presentation", ("CC", "MLO"))
    assert images.view_positions.tolist() == [0, 1]
    np.testing.assert_allclose(images.images[0], images.images[1], atol=0.02)
    assert (images.view()[:, 0, 24, 0] > 0.4).all()
    assert (images.view()[..., -5:] == 0).all()
    assert (images.to_source[0, 0, 0], images.to_source[1, 0, 0]) == pytest.approx((4.4, -4.4), abs=0.2)


def test_disagreement_is_a_note_that_the_cache_keeps(
    write_film: Callable[..., str], table: Write, tmp_path: Path
) -> None:
    good, odd = write_film("a.dcm"), write_film("b.dcm", "right", Laterality="L")
    path = table("image,label,patient", f"{good},a,p", f"{odd},b,p")
    for _ in range(2):
        notes = cached_prepare(path, FILMS, tmp_path / "cache").notes
        assert [row for row, _ in notes] == [2]
        assert "chest wall lies on the right, unusual for a left breast" in notes[0][1]


def test_patches_are_flipped_like_their_film(write_film: Callable[..., str], table: Write) -> None:
    left, right = write_film("l.dcm"), write_film("r.dcm", "right")
    rows = [f"{left},a,p0,20,100,32,32", f"{right},b,p1,148,100,32,32"]
    images = prepare_cases(table("image,label,patient,x,y,width,height", *rows), PATCHES).images
    np.testing.assert_allclose(images.images[0], images.images[1], atol=1e-3)
    np.testing.assert_allclose(images.to_source[1] @ [0, 0, 1], [180, 100])


def test_a_crop_without_air_follows_its_tags(dicom: Write, table: Write, draw_film: Draw) -> None:
    crop = np.rint(4095 * draw_film()[80:140, 10:70]).astype(np.uint16)
    dicom(crop, "l.dcm", Laterality="L", PatientOrientation="CC", **TWELVE)
    dicom(crop[:, ::-1], "r.dcm", Laterality="R", PatientOrientation="CC", **TWELVE)
    dicom(crop, "u.dcm", **TWELVE)
    rows = [f"{name}.dcm,{label},p,0,0,60,60" for name, label in (("l", "a"), ("r", "b"), ("u", "a"))]
    prepared = prepare_cases(table("image,label,patient,x,y,width,height", *rows), PATCHES)
    np.testing.assert_array_equal(prepared.images.images[0], prepared.images.images[1])
    assert prepared.images.card.view_positions == ("", "CC")
    assert [row for row, _ in prepared.notes] == [3]


@pytest.mark.parametrize(
    ("tags", "other"),
    [({"PresentationIntentType": "FOR PROCESSING"}, "'for processing'"), (None, "'grey'")],
)
def test_kinds_of_values_are_never_mixed(
    write_film: Callable[..., str], draw_film: Draw, table: Write, tmp_path: Path, tags: dict | None, other: str
) -> None:
    rows = [f"{write_film('a.dcm')},a,p0,L,,"]
    if tags is None:
        Image.fromarray(np.rint(255 * draw_film()).astype(np.uint8)).save(tmp_path / "b.png")
        rows.append("b.png,b,p1,L,,")
    else:
        rows.append(f"{write_film('b.dcm', **tags)},b,p1,L,,")
    config = ImageConfig(size=(48, 40), roi="whole", mammogram=MammogramConfig(), intensity=IntensityConfig("zscore"))
    with pytest.raises(ValueError, match=f"rows 1 and 2 of cases.csv .*'for presentation' and {other}: split"):
        _prepare(table, config, *rows)


def test_only_wanted_views(write_film: Callable[..., str], table: Write) -> None:
    films = [f"{write_film(f'{v}.dcm', ViewPosition=v)},a,p{v},L,," for v in ("CC", "MLO", "ML")]
    config = ImageConfig(size=(48, 40), roi="whole", mammogram=MammogramConfig(views=("CC", "MLO")))
    prepared = _prepare(table, config, *films, skip=True)
    assert prepared.skipped == ((3, "set aside: view ML is not asked for"),)


def test_bad_films_are_listed_with_tag_and_cure_and_the_rest_is_read(
    write_film: Callable[..., str], dicom: Write, table: Write, tmp_path: Path
) -> None:
    noise = np.random.default_rng(0).integers(0, 4096, (200, 200)).astype(np.uint16)
    dicom(noise, "noise.dcm", **TWELVE)
    dicom(noise[:0], "zero.dcm", **TWELVE)
    (tmp_path / "cut.dcm").write_bytes((tmp_path / write_film("whole.dcm")).read_bytes()[:-5000])
    cases = {
        write_film("SMITH.dcm"): "",
        write_film("spot.dcm", ViewCodeSequence=_spot()): "set aside: spot compression view",
        write_film("enlarged.dcm", EstimatedRadiographicMagnificationFactor=1.8): "set aside: magnification view",
        write_film("implant.dcm", BreastImplantPresent="YES"): "set aside: implant",
        write_film("sides.dcm", ImageLaterality="L", Laterality="R"): "(0020,0062) says L and Laterality (0020,0060)",
        write_film("width.dcm", WindowCenter=5, WindowWidth=-1): "Window Width (0028,1051)",
        write_film("frames.dcm", NumberOfFrames=3): "Number of Frames (0028,0008)",
        write_film("colour.dcm", PhotometricInterpretation="RGB"): "Photometric Interpretation (0028,0004)",
        write_film("synthetic.dcm", SyntheticData="YES"): "(0008,001C)",
        write_film("empty.dcm", PixelData=b""): "Pixel Data (7FE0,0010) is missing",
        "noise.dcm": "a film without a breast",
        "zero.dcm": "Rows (0028,0010)",
        "cut.dcm": "Pixel Data (7FE0,0010) is damaged",
    }
    rows = [f"{name},a,p{n},L,," for n, name in enumerate(cases)]
    prepared = _prepare(table, FILMS, *rows, "whole.dcm,a,q,R,,", skip=True)
    assert prepared.images.rows.tolist() == [1, len(rows) + 1]
    assert [row for row, _ in prepared.skipped] == list(range(2, len(rows) + 1))
    for (_, reason), expected in zip(prepared.skipped, list(cases.values())[1:], strict=True):
        assert expected in reason
        assert "dcm" not in reason
    listed = (tmp_path / "cases.quarantine.csv").read_text().splitlines()[1:]
    assert len(listed) == len(rows) - 1
    assert all(line.split(",")[1].endswith(".dcm") and not line.endswith(",") for line in listed)


def test_real_films_and_crops(shared_data: Path, table: Write) -> None:
    sample = shared_data / "dicom_samples/MG1_J2KI"
    prepared = _prepare(table, FILMS, f"{sample},a,p,L,,")
    assert prepared.notes == ()
    assert prepared.images.card.view_positions == ("MLO",)
    assert (prepared.images.view() == 0).mean() > 0.3
    crops = sorted((shared_data / "cbis_ddsm_roi").glob("*/*.dcm"))
    rows = [f"{crop},{label},p,0,0,249,249" for crop, label in zip(crops, "ab", strict=True)]
    patches = prepare_cases(table("image,label,patient,x,y,width,height", *rows), PATCHES)
    assert patches.notes == ()
    assert patches.images.card.view_positions == ("CC", "MLO")
