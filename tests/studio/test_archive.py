"""The zip of drawn pictures: marked files, labels, a card, and names that are safe anywhere."""

import csv
import hashlib
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
import pydicom
import pytest
from PIL import Image

from medgan_fashion.gan import load_model
from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.imaging.read.readers import read_image
from medgan_fashion.runs.stages.privacy_cards import write_card
from medgan_fashion.studio.generate.archive import Order, draw_grid, make_archive, most_images, safe_names
from medgan_fashion.studio.generate.models import Listed
from tests.report.conftest import make_summary
from tests.runs.planted_cards import planted_card
from tests.studio.planted_models import ROWS, models_of, plant_gan, plant_run

CLASSES = ("benign", "../../etc/passwd", "BENIGN", "a\\b: *?")


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Listed:
    """A conditional model whose classes have unruly names."""
    gan = make_summary()["gans"][0] | {"classes": list(CLASSES)}
    run = plant_run(tmp_path_factory.mktemp("archive") / "study", gans=[gan])
    plant_gan(run, "aa", "cgan", CLASSES, ROWS, size=32)
    return models_of(run)[0]


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Listed:
    """A model that was trained on one class and cannot be asked for another."""
    run = plant_run(tmp_path_factory.mktemp("single") / "study")
    plant_gan(run, "aa", "dcgan", (), "rows", size=32, label="benign")
    return models_of(run)[0]


def opened(data: bytes, folder: Path) -> list[str]:
    """Unpacks a zip and answers its files."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
        return archive.namelist()


def test_png_by_class_with_labels_and_card(listed: Listed, tmp_path: Path) -> None:
    files = opened(make_archive(listed, Order(6, None, 5, 0.8)), tmp_path)
    assert files[:5] == [
        "DATA_CARD.md",
        "labels.csv",
        "synthetic.json",
        "benign/synthetic_00000_benign.png",
        "etc-passwd/synthetic_00001_etc-passwd.png",
    ]
    rows = list(csv.DictReader((tmp_path / "labels.csv").read_text().splitlines()))
    assert [row["label"] for row in rows] == [*CLASSES, *CLASSES[:2]]
    assert [row["file"] for row in rows] == files[3:]
    about = json.loads((tmp_path / "synthetic.json").read_text())
    assert (about["SyntheticData"], about["files"], about["labels"]) == ("YES", files[3:], [*CLASSES, *CLASSES[:2]])
    expected = load_model(listed.path).generate(6, seed=5, truncation=about["truncation"]).numpy()
    for file, image in zip(files[3:], expected, strict=True):
        with Image.open(tmp_path / file) as picture:
            assert picture.info["SyntheticData"] == "YES"
            np.testing.assert_allclose(np.asarray(picture), image[0] * 255, atol=0.6)
        with pytest.raises(UnreadableError, match="synthetic"):
            read_image(tmp_path / file)


def test_the_card_says_what_they_are(listed: Listed, tmp_path: Path) -> None:
    opened(make_archive(listed, Order(6, None, 5, 0.8)), tmp_path)
    card = (tmp_path / "DATA_CARD.md").read_text()
    assert hashlib.sha256(listed.path.read_bytes()).hexdigest() in card
    for said in (
        "6 synthetic medical images",
        "Seed: 5",
        "central 80 %",
        "benign: 2",
        "BENIGN: 1",
        "32 x 32",
        "0 to 1",
        "Not screened for privacy",
    ):
        assert said in card
    for said in ("Not for diagnosis", "SyntheticData", "**Mind:** 1 near copy of training images", "a\\\\b: \\*?: 1"):
        assert said in card


def test_dicom_is_flagged_burned_in_and_refused_as_real(listed: Listed, tmp_path: Path) -> None:
    files = opened(make_archive(listed, Order(3, CLASSES[0], 2, format="dicom")), tmp_path)
    assert files[3:] == [f"benign/synthetic_0000{i}_benign.dcm" for i in range(3)]
    expected = load_model(listed.path).generate(3, CLASSES[0], seed=2).numpy()
    for file, image in zip(files[3:], expected, strict=True):
        data = pydicom.dcmread(tmp_path / file)
        assert (data.SyntheticData, data.BurnedInAnnotation) == ("YES", "YES")
        assert data.SeriesDescription.endswith("benign")
        np.testing.assert_allclose(data.pixel_array[:20], image[0, :20] * 4095, atol=1)
        with pytest.raises(UnreadableError, match="synthetic"):
            read_image(tmp_path / file)
    assert "burned into a corner" in (tmp_path / "DATA_CARD.md").read_text()


def test_a_model_of_one_class_names_it(single: Listed, tmp_path: Path) -> None:
    files = opened(make_archive(single, Order(2, None, 0)), tmp_path)
    assert files[3:] == [f"benign/synthetic_0000{i}_benign.png" for i in range(2)]
    assert [one.label for one in draw_grid(load_model(single.path), single, Order(2, None, 0))] == ["benign"] * 2


def test_a_model_without_classes_has_its_files_at_the_top(single: Listed, tmp_path: Path) -> None:
    files = opened(make_archive(replace(single, classes=()), Order(1, None, 0)), tmp_path)
    assert files[3:] == ["synthetic_00000.png"]
    assert (tmp_path / "labels.csv").read_text() == "file,label\nsynthetic_00000.png,\n"
    assert json.loads((tmp_path / "synthetic.json").read_text())["labels"] is None


def test_refusals(listed: Listed) -> None:
    for n in (0, 501):
        with pytest.raises(ValueError, match="holds 1 to 500"):
            make_archive(listed, Order(n, None, 0))
    with pytest.raises(ValueError, match="unknown class 'nodule'"):
        make_archive(listed, Order(1, "nodule", 0))
    with pytest.raises(ValueError, match="PNG instead of DICOM"):
        make_archive(replace(listed, kind="garments"), Order(1, None, 0, format="dicom"))
    with pytest.raises(ValueError, match="sphere"):
        make_archive(replace(listed, prior="sphere"), Order(1, None, 0, 0.5))


def test_a_blocked_model_leaves_only_when_somebody_says_so(listed: Listed, tmp_path: Path) -> None:
    card = planted_card(listed.path, "blocked")
    write_card(card, listed.path.parents[3] / "results" / "privacy" / f"{card['model_sha256']}.json")
    try:
        with pytest.raises(ValueError, match=r"blocked this model \(9 of 10 .*\); the box below"):
            make_archive(listed, Order(1, None, 0))
        opened(make_archive(listed, Order(1, None, 0, despite_privacy=True)), tmp_path)
    finally:
        (listed.path.parents[3] / "results" / "privacy" / f"{card['model_sha256']}.json").unlink()
    about = json.loads((tmp_path / "synthetic.json").read_text())
    assert (about["privacy"]["outcome"], about["privacy"]["overridden"]) == ("blocked", True)
    assert "taken away despite that" in (tmp_path / "DATA_CARD.md").read_text()


def test_large_pictures_are_fewer() -> None:
    assert [most_images((1, size, size)) for size in (16, 256, 1024, 100_000)] == [500, 500, 32, 1]


def test_names_are_safe_and_distinct() -> None:
    classes = [
        "ok",
        "OK",
        "../..",
        "/etc/passwd",
        "C:\\x",
        "con",
        "LPT1",
        "囊肿",
        "嚢",
        "",
        " . ",
        "é",
        "x" * 300,
        "=1+1",
    ]
    names = safe_names(classes)
    assert list(names) == classes
    assert len({name.lower() for name in names.values()}) == len(classes)
    for name in names.values():
        assert name.isascii()
        assert len(name) < 50
        assert name.replace("-", "").isalnum()
        assert PurePosixPath(name).parts == (name,)
        assert name.lower() not in ("con", "lpt1")


def test_the_grid_shows_what_the_zip_holds(listed: Listed, tmp_path: Path) -> None:
    order = Order(5, None, 9, 0.6)
    drawn = draw_grid(load_model(listed.path), listed, order)
    assert [one.caption for one in drawn][:2] == ["benign · 0 · synthetic", "../../etc/passwd · 1 · synthetic"]
    assert {one.tile.kind for one in drawn} == {"synthetic"}
    files = opened(make_archive(listed, order), tmp_path)[3:]
    labels = [row["label"] for row in csv.DictReader((tmp_path / "labels.csv").read_text().splitlines())]
    assert [one.label for one in drawn] == labels
    assert [f"_{one.number:05d}_" in file for one, file in zip(drawn, files, strict=True)] == [True] * 5
    with pytest.raises(ValueError, match="2 channels"):
        draw_grid(load_model(listed.path), replace(listed, shape=(2, 32, 32)), order)
