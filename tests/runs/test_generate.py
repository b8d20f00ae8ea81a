"""Files from a model: flags in every format, the mark on request, a JSON beside them."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

from medgan_fashion.gan import load_model, train
from medgan_fashion.imaging.pictures import UnreadableError
from medgan_fashion.imaging.readers import read_image
from medgan_fashion.runs.generate import Format, generate_files


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A conditional model of float images in [-1, 1], of 32 x 40 pixels."""
    out = tmp_path_factory.mktemp("classes")
    images = np.random.default_rng(0).uniform(-1, 1, (16, 1, 32, 40)).astype(np.float32)
    train("cgan", images, labels=np.arange(16) % 2, classes=("cyst", "other"), images_seen=16, out=out)
    return out / "model.safetensors"


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
    assert sorted(path.name for path in out.iterdir()) == sorted([*about["files"], "synthetic.json"])
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
    from medgan_fashion.cli import main

    words = ["generate", str(classes), "--out", str(tmp_path / "made"), "--n", "1", "--format", "dicom"]
    assert main([*words, "--mark", "false"]) == 0
    assert pydicom.dcmread(tmp_path / "made" / "synthetic_00000.dcm").BurnedInAnnotation == "NO"
