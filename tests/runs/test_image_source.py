"""Real and generated images from folders, arrays and tables: one scale, one list of classes, every refusal named."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medgan_fashion.runs.single.generate import write_png
from medgan_fashion.runs.single.inputs import read_sources

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (6, 1, 16, 20), dtype=np.uint8)


def folder(path: Path, images: np.ndarray, names: Sequence[str] | None = None) -> Path:
    for k, image in enumerate(images):
        file = path / (names[k] if names else ".") / f"{k:02d}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[0] if len(image) == 1 else image.transpose(1, 2, 0)).save(file)
    return path


def generated(path: Path, images: np.ndarray, labels: list[str] | None) -> Path:
    """What `medgan-fashion generate` writes, with a mask that is no image."""
    path.mkdir()
    files = [f"synthetic_{k:05d}.png" for k in range(len(images))]
    for name, image in zip(files, images, strict=True):
        write_png(path / name, image)
        write_png(path / name.replace(".png", "_mask.png"), image)
    (path / "synthetic.json").write_text(json.dumps({"labels": labels, "files": files}))
    return path


def test_folders_share_scale_mode_and_classes(tmp_path: Path) -> None:
    real = folder(tmp_path / "real", GREY, ["a", "a", "b", "b", "c", "c"])
    fake = folder(tmp_path / "fake", np.repeat(GREY[:2], 3, axis=1), ["c", "b"])  # grey, saved as RGB
    found = read_sources(real, fake)
    assert found.classes == ["a", "b", "c"]
    np.testing.assert_array_equal(found.real.images, GREY / np.float32(255))
    np.testing.assert_array_equal(found.real.labels, [0, 0, 1, 1, 2, 2])
    np.testing.assert_array_equal(found.fake.images, GREY[[1, 0]] / np.float32(255))
    np.testing.assert_array_equal(found.fake.labels, [1, 2])  # by the reals' names
    assert found.held_out is None
    assert read_sources(real, fake, real, labels_from="none").real.labels is None
    assert read_sources(real, fake, size=(8, 8)).fake.images.shape == (2, 1, 8, 8)


def test_pictures_without_a_class_are_left_out_beside_others(tmp_path: Path) -> None:
    real = folder(tmp_path / "real", GREY, ["a", "z", "unlabelled"] * 2)
    found = read_sources(real, real)
    assert found.classes == ["a", "z"]
    np.testing.assert_array_equal(found.real.labels, [0, 0, 1, 1])
    assert len(read_sources(real, real, labels_from="none").fake.images) == 6


def test_what_generate_wrote_keeps_its_classes_and_leaves_masks_out(tmp_path: Path) -> None:
    real = folder(tmp_path / "real", GREY, ["a", "b", "c"] * 2)
    fake = generated(tmp_path / "fake", GREY[:2], ["c", "a"])
    found = read_sources(real, fake)
    assert len(found.fake.images) == 2
    np.testing.assert_array_equal(found.fake.labels, [2, 0])
    with pytest.raises(ValueError, match="marked as synthetic"):
        read_sources(fake, real)
    (fake / "synthetic.json").write_text("{")
    with pytest.raises(ValueError, match=r"synthetic\.json is damaged"):
        read_sources(real, fake)


@pytest.mark.parametrize(
    ("stored", "black", "white"),
    [(np.uint8, 0, 255), (np.float32, 0, 1), (np.float32, -1, 1), (np.float64, 0, 255), (np.int16, -1000, 3000)],
)
def test_arrays_are_scaled_by_the_reals(tmp_path: Path, stored: type, black: int, white: int) -> None:
    shares = RNG.random((8, 1, 16, 16))
    shares[0, 0, 0, :2] = 0, 1
    real, other = ((one * (white - black) + black).astype(stored) for one in (shares, 0.2 + 0.5 * shares))
    np.savez(tmp_path / "real.npz", images=real, labels=np.arange(8) % 2)
    np.savez(tmp_path / "fake.npz", images=other, SyntheticData="YES")
    (tmp_path / "synthetic.json").write_text(json.dumps({"labels": ["1", "0"] * 4}))
    found = read_sources(tmp_path / "real.npz", tmp_path / "fake.npz")
    np.testing.assert_allclose(found.real.images, shares, atol=0.01)
    np.testing.assert_allclose(found.fake.images, 0.2 + 0.5 * shares, atol=0.01)
    np.testing.assert_array_equal(found.fake.labels, [1, 0] * 4)


def test_a_case_table_gives_groups_and_classes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from medgan_fashion.medical.phantoms.ct import write_liver_phantoms

    monkeypatch.setenv("MEDGAN_FASHION_KEY", "a secret text for tests only")
    table = write_liver_phantoms(tmp_path / "cases", patients=6, size=64)
    shades = folder(tmp_path / "fake", RNG.integers(0, 256, (4, 1, 24, 24), dtype=np.uint8))
    found = read_sources(table, shades, size=(24, 24))
    assert found.real.images.shape[1:] == (1, 24, 24)
    assert found.real.groups is not None
    assert found.real.labels is not None
    assert len(found.classes) > 1
    assert 0 <= found.real.images.min() < found.real.images.max() <= 1


def test_what_does_not_fit_is_refused_and_named(tmp_path: Path) -> None:
    real = folder(tmp_path / "real", GREY, ["a", "b", "c"] * 2)
    with pytest.raises(ValueError, match=r"small holds images of 1x8x8 and .*real of 1x16x20 .*--size"):
        read_sources(real, folder(tmp_path / "small", GREY[..., :8, :8]))
    with pytest.raises(ValueError, match=r"fake has a class 'd' that the real images have not \(a, b, c\)"):
        read_sources(real, folder(tmp_path / "fake", GREY, ["a", "d"] * 3))
    with pytest.raises(ValueError, match=r"no folder or file .*none"):
        read_sources(real, tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="empty holds no pictures"):
        read_sources(real, tmp_path / "empty")
    np.savez(tmp_path / "a.npz", images=GREY)
    with pytest.raises(ValueError, match=r"a\.npz holds images of 16x20, not --size"):
        read_sources(real, tmp_path / "a.npz", size=(8, 8))
    np.savez(tmp_path / "b.npz", images=GREY, labels=np.arange(6), classes=["a", "b"])
    with pytest.raises(ValueError, match=r"b\.npz go up to 5 for 2 `classes`"):
        read_sources(tmp_path / "b.npz", real)
    (real / "a" / "00.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"00\.png: not a picture"):
        read_sources(real, real)
