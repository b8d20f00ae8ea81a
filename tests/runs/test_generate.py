"""Files from a model: flags in every format, the mark on request, a JSON beside them."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

from medgan_fashion.gan import load_model, train
from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.imaging.read.readers import read_image
from medgan_fashion.runs.single.generate import Format, generate_files


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A conditional model of float images in [-1, 1], of 32 x 40 pixels."""
    out = tmp_path_factory.mktemp("classes")
    images = np.random.default_rng(0).uniform(-1, 1, (16, 1, 32, 40)).astype(np.float32)
    train("cgan", images, labels=np.arange(16) % 2, classes=("cyst", "other"), images_seen=16, out=out)
    return out / "model.safetensors"


def train_pairs(recipe: str, out: Path, channels: int, **provenance: str) -> Path:
    """A model of images of 32 x 32 pixels in [0, 1] whose last channel is a round mask."""
    rng = np.random.default_rng(0)
    images = rng.random((16, channels, 32, 32), dtype=np.float32)
    images[:, -1] = np.hypot(*np.mgrid[-16:16, -16:16]) < rng.uniform(4, 12, (16, 1, 1))
    train(recipe, images, images_seen=32, out=out, value_range=(0.0, 1.0), progress=False, provenance=provenance)
    return out / "model.safetensors"


@pytest.fixture(scope="module")
def joint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Grey images with their masks, as the segmentation ablation trains them."""
    return train_pairs("small_joint", tmp_path_factory.mktemp("joint"), 2, masks="last channel")


@pytest.fixture(scope="module")
def colour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of colour images of 8 bits."""
    out = tmp_path_factory.mktemp("colour")
    train("dcgan", np.random.default_rng(0).integers(0, 256, (16, 3, 32, 32)).astype(np.uint8), images_seen=16, out=out)
    return out / "model.safetensors"


def make(
    model: Path, out: Path, format: Format, mark: bool | None = None, n: int = 3, label: str | None = None
) -> dict:
    assert generate_files(model, out, n, label, 5, None, format, mark) == n
    assert not list(out.glob(".*"))  # no part of a file is left
    about = json.loads((out / "synthetic.json").read_text())
    assert about["SyntheticData"] == "YES"
    assert about["model_sha256"] == hashlib.sha256(model.read_bytes()).hexdigest()
    named = [*about["files"], *about.get("masks", []), "synthetic.json"]
    assert sorted(path.name for path in out.iterdir()) == sorted(named)
    return about


def test_dicom_of_a_conditional_model(classes: Path, tmp_path: Path) -> None:
    about = make(classes, tmp_path / "made", "dicom")
    assert (about["labels"], len(about["files"])) == (["cyst", "other", "cyst"], 3)
    expected = load_model(classes).generate(3, seed=5).numpy()
    for number, name in enumerate(about["files"]):
        data = pydicom.dcmread(tmp_path / "made" / name)
        assert (data.SyntheticData, data.BurnedInAnnotation) == ("YES", "YES")
        assert data.SOPInstanceUID == about["uids"][number]
        assert data.SeriesDescription.endswith(about["labels"][number])
        assert about["model_sha256"] in data.DerivationDescription
        stored = np.round((expected[number, 0].astype(np.float64) + 1) * (4095 / 2))
        np.testing.assert_allclose(data.pixel_array[:20], stored[:20], atol=1)
        assert set(np.unique(data.pixel_array[-7:, -36:])) == {0, 4095}
        with pytest.raises(UnreadableError, match="synthetic"):
            read_image(tmp_path / "made" / name)


def test_without_the_mark_the_flags_stay(classes: Path, tmp_path: Path) -> None:
    make(classes, tmp_path / "made", "dicom", mark=False, n=1, label="other")
    data = pydicom.dcmread(tmp_path / "made" / "synthetic_00000.dcm")
    expected = load_model(classes).generate(1, "other", seed=5).numpy()[0, 0].astype(np.float64)
    np.testing.assert_allclose(data.pixel_array, (expected + 1) * (4095 / 2), atol=1)
    assert (data.SyntheticData, data.BurnedInAnnotation) == ("YES", "NO")
    assert data.ContributingEquipmentSequence


def test_dicom_of_a_colour_model(colour: Path, tmp_path: Path) -> None:
    about = make(colour, tmp_path / "made", "dicom", mark=False, n=1)
    data = pydicom.dcmread(tmp_path / "made" / "synthetic_00000.dcm")
    expected = load_model(colour).generate(1, seed=5).numpy()[0].transpose(1, 2, 0)
    np.testing.assert_array_equal(data.pixel_array, expected)
    assert (data.PhotometricInterpretation, about["labels"]) == ("RGB", None)


@pytest.mark.parametrize("mark", [None, True])
def test_png(colour: Path, tmp_path: Path, mark: bool | None) -> None:
    make(colour, tmp_path / "made", "png", mark, n=2)
    expected = load_model(colour).generate(2, seed=5).numpy()
    for number in range(2):
        path = tmp_path / "made" / f"synthetic_{number:05d}.png"
        with Image.open(path) as picture:
            assert picture.info["SyntheticData"] == "YES"
            pixels = np.asarray(picture).transpose(2, 0, 1)
        same = pixels == expected[number]
        assert same.all() if mark is None else same[:, :19].all() and not same.all()
        with pytest.raises(UnreadableError, match="synthetic"):
            read_image(path)


def test_npz(classes: Path, tmp_path: Path) -> None:
    make(classes, tmp_path / "made", "npz")
    with np.load(tmp_path / "made" / "synthetic.npz") as arrays:
        assert str(arrays["SyntheticData"]) == "YES"
        np.testing.assert_array_equal(arrays["images"], load_model(classes).generate(3, seed=5).numpy())


@pytest.mark.parametrize("mark", [None, True])
def test_an_image_and_its_mask_are_two_pictures(joint: Path, tmp_path: Path, mark: bool | None) -> None:
    about = make(joint, tmp_path / "made", "png", mark)
    assert about["files"] == [f"synthetic_{i:05d}.png" for i in range(3)]
    assert about["masks"] == [f"synthetic_{i:05d}_mask.png" for i in range(3)]
    expected = load_model(joint).generate(3, seed=5).numpy()
    pixels = {}
    for name in about["files"] + about["masks"]:
        with Image.open(tmp_path / "made" / name) as picture:
            assert (picture.mode, picture.info["SyntheticData"]) == ("L", "YES")
            pixels[name] = np.asarray(picture)
        with pytest.raises(UnreadableError, match="synthetic"):
            read_image(tmp_path / "made" / name)
    for (image, mask), file, outline in zip(expected, about["files"], about["masks"], strict=True):
        same = pixels[file] == np.round(image * 255)
        assert same.all() if mark is None else same[:19].all() and not same.all()
        np.testing.assert_array_equal(pixels[outline], np.where(mask > 0.5, 255, 0))  # no mark in a mask


def test_an_image_and_its_mask_are_two_arrays(joint: Path, tmp_path: Path) -> None:
    make(joint, tmp_path / "made", "npz")
    expected = load_model(joint).generate(3, seed=5).numpy()
    with np.load(tmp_path / "made" / "synthetic.npz") as arrays:
        assert str(arrays["SyntheticData"]) == "YES"
        np.testing.assert_array_equal(arrays["images"], expected[:, :1])
        np.testing.assert_array_equal(arrays["masks"], expected[:, 1:])


def test_colour_images_have_masks_too(tmp_path: Path) -> None:
    model = train_pairs("small_joint", tmp_path / "model", 4, masks="last channel")
    about = make(model, tmp_path / "made", "png", n=1)
    for name, mode in ((about["files"][0], "RGB"), (about["masks"][0], "L")):
        with Image.open(tmp_path / "made" / name) as picture:
            assert picture.mode == mode


def test_what_no_picture_can_hold_is_refused(joint: Path, tmp_path: Path) -> None:
    out = tmp_path / "made"
    with pytest.raises(ValueError, match="with masks, which no DICOM picture holds; choose --format png or npz"):
        generate_files(joint, out, 1, None, 0, None, "dicom")
    unnamed = train_pairs("small_joint", tmp_path / "unnamed", 2)
    for format in ("png", "dicom"):
        with pytest.raises(ValueError, match=r"draws 2 channels, .* 1 \(grey\) or 3 \(RGB\); choose --format npz"):
            generate_files(unnamed, out, 1, None, 0, None, format)
    painter = train_pairs("small_spade", tmp_path / "painter", 2, masks="last channel")
    for format in ("png", "npz", "dicom"):
        with pytest.raises(ValueError, match=r"paints over masks, .*`run lesion_segmentation`, or by Model\.generate"):
            generate_files(painter, out, 1, None, 0, None, format)
    with pytest.raises(ValueError, match="0 images were asked for; give --n 1 or more"):
        generate_files(joint, out, 0, None, 0, None, "png")
    assert not out.exists()
    make(unnamed, out, "npz")


def test_refusals(classes: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="gets no mark"):
        generate_files(classes, tmp_path / "a", 1, None, 0, None, "npz", True)
    with pytest.raises(ValueError, match="unknown class"):
        generate_files(classes, tmp_path / "a", 1, "nodule", 0, None, "dicom")
    assert not (tmp_path / "a").exists()
    make(classes, tmp_path / "b", "dicom", n=1)
    with pytest.raises(ValueError, match="already holds synthetic images"):
        generate_files(classes, tmp_path / "b", 1, None, 0, None, "png")


def test_the_command(classes: Path, tmp_path: Path) -> None:
    from medgan_fashion.cli.main import main

    words = ["generate", str(classes), "--out", str(tmp_path / "made"), "--n", "1", "--format", "dicom"]
    assert main([*words, "--mark", "false"]) == 0
    assert pydicom.dcmread(tmp_path / "made" / "synthetic_00000.dcm").BurnedInAnnotation == "NO"
