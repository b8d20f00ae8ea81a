"""The exported lists are what the run's own classifiers trained on, and say of every picture what it is."""

import csv
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medgan_fashion.medical.arms.pools import arm_pool, fill_pool
from medgan_fashion.medical.outside.compare import write_predictions
from medgan_fashion.medical.outside.export_arms import COLUMNS, export_arms, keep_picture
from medgan_fashion.medical.study.finished import OpenRun, open_run
from medgan_fashion.runs.stages.folds import load_fold
from tests.full_disk import full_disk
from tests.medical.finished_run import SETTINGS, finished_run

HALF_A_STEP = 0.5 / 65535 + 1e-7


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> OpenRun:
    return open_run(finished_run(tmp_path_factory))


@pytest.fixture(scope="module")
def out(opened: OpenRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "arms"
    made = export_arms(opened, folder)
    assert made.lists == 2 * 2 * 5 * 2
    assert made.files == len(list(folder.glob("images/*/*.png")))
    return folder


@pytest.fixture(scope="module")
def lists(out: Path) -> dict[tuple[str, ...], list[dict[str, str]]]:
    """Rows of arms.csv by (repeat, fold, arm, seed, split)."""
    found = defaultdict(list)
    with (out / "arms.csv").open(newline="") as file:
        reader = csv.DictReader(file)
        assert tuple(reader.fieldnames or ()) == COLUMNS
        for row in reader:
            found[tuple(row[key] for key in ("repeat", "fold", "arm", "seed", "split"))].append(row)
    return dict(found)


def _pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path)).astype(np.float64) / 65535


def test_a_list_is_what_the_classifier_trained_on(opened: OpenRun, out: Path, lists: dict) -> None:
    assert len(opened.plan.cells) == 40
    for cell in opened.plan.cells:
        inputs = cell.task.resolved(opened.folder)
        wanted = {k: v for k, v in inputs.items() if k not in ("test", "classifier", "external")}
        images, labels, _ = fill_pool(arm_pool(**wanted).parts)
        rows = lists[str(cell.repeat + 1), str(cell.fold + 1), cell.arm, str(cell.learner + 1), "train"]
        if cell.arm == "real+oversampled":  # a list names a picture once, the pool goes round all of them three times
            images, labels = images[: len(rows)], labels[: len(rows)]
            assert {row["times"] for row in rows} == {"3"}
        assert [row["label"] for row in rows] == [opened.images.card.classes[k] for k in labels]
        for image, row in zip(images, rows, strict=True):
            assert np.abs(_pixels(out / row["file"]) - image[0]).max() <= HALF_A_STEP
        about = json.loads((cell.task.folder(opened.folder) / "pool.json").read_text())
        times = defaultdict(int)
        for row in rows:
            times[row["source"]] += int(row["times"])
        assert times["real"] + times["held-back"] == about["real"]
        assert (times["classic"], times["gan"]) == (about["classic"], about["gan"])


def test_test_rows_are_the_fold_s_and_no_patient_stands_on_both_sides(opened: OpenRun, out: Path, lists: dict) -> None:
    row_of = {str(case): i for i, case in enumerate(opened.images.rows)}
    for cell in opened.plan.cells:
        place = (str(cell.repeat + 1), str(cell.fold + 1), cell.arm)
        train, test = lists[*place, str(cell.learner + 1), "train"], lists[*place, "", "test"]
        tested = np.flatnonzero(opened.plan.partitions[cell.repeat] == cell.fold)
        assert [row_of[row["case"]] for row in test] == tested.tolist()
        assert not {row["patient"] for row in train if row["patient"]} & {row["patient"] for row in test}
        views = load_fold(cell.task.inputs["test"].folder(opened.folder)).views
        assert np.abs(_pixels(out / test[0]["file"]) - views[0, 0]).max() <= HALF_A_STEP
        for row in (row for row in train if row["case"]):
            at = row_of[row["case"]]
            assert row["label"] == opened.images.card.classes[opened.images.labels[at]]
            assert row["patient"] == opened.images.card.pseudonyms[opened.images.groups[at]]


def test_a_classic_image_names_the_patient_it_was_made_from(opened: OpenRun, lists: dict) -> None:
    labels = opened.images.card.classes
    of_patient = defaultdict(set)
    for group, label in zip(opened.images.groups, opened.images.labels, strict=True):
        of_patient[opened.images.card.pseudonyms[group]].add(labels[label])
    rows = [row for each in lists.values() for row in each]
    classic = [row for row in rows if row["source"] == "classic"]
    assert classic
    assert all(row["label"] in of_patient[row["patient"]] and not row["case"] for row in classic)
    assert all(not row["patient"] and not row["case"] for row in rows if row["source"] == "gan")
    assert any(row["source"] == "held-back" for row in rows)
    real = {row["file"]: row["label"] for row in lists["1", "1", "real+classic+gan", "1", "train"]}
    other = {row["file"]: row["label"] for row in lists["1", "1", "real+classic+shuffled", "1", "train"]}
    assert real.keys() == other.keys()
    assert {file for file in real if real[file] != other[file]}
    assert all("synthetic_gan" in file for file in real if real[file] != other[file])


def test_synthetic_pictures_are_flagged_and_nothing_names_a_patient(out: Path) -> None:
    folders = {path.name for path in (out / "images").iterdir()}
    assert folders == {"real", "classic", "synthetic_gan"}
    for path in out.glob("images/*/*.png"):
        with Image.open(path) as picture:
            flagged = picture.info.get("SyntheticData") == "YES"
            assert flagged == path.parent.name.startswith("synthetic")
            assert np.asarray(picture).max() > 255  # 16 bits
    text = (out / "arms.csv").read_text()
    assert "PHANTOM" not in text
    assert "PATIENTS' DATA" in (out / "README.txt").read_text()


def test_more_channels_are_kept_as_arrays(tmp_path: Path) -> None:
    image = np.random.default_rng(0).random((3, 4, 5), dtype=np.float32)
    name = keep_picture(tmp_path, "images/real", image, synthetic=False)
    assert keep_picture(tmp_path, "images/real", image, synthetic=False) == name
    assert np.array_equal(np.load(tmp_path / name), image)
    assert len(list(tmp_path.rglob("*.npy"))) == 1


def test_refusals(opened: OpenRun, out: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"already holds arms\.csv; choose another --out"):
        export_arms(opened, out)
    with pytest.raises(ValueError, match="holds no run of chain lesions or mammograms"):
        open_run(tmp_path)
    (tmp_path / "declared.json").write_text((opened.folder / "declared.json").read_text())
    with pytest.raises(ValueError, match="lacks the cases that the run was declared for"):
        open_run(tmp_path)
    (tmp_path / "prepared").symlink_to(opened.folder / "prepared")
    with pytest.raises(ValueError, match=r"export-arms needs classic_images.* run the chain"):
        export_arms(open_run(tmp_path), tmp_path / "arms")
    assert not (tmp_path / "arms").exists()
    assert SETTINGS["held_back"] == opened.config.held_back


def test_a_full_disk_leaves_no_half_of_the_read_me(opened: OpenRun, tmp_path: Path) -> None:
    with full_disk(500), pytest.raises(OSError, match=r"could not write .*README\.txt"):
        export_arms(opened, tmp_path / "arms")
    assert list((tmp_path / "arms").iterdir()) == []


def test_a_run_needs_its_images_only(opened: OpenRun, tmp_path: Path) -> None:
    """No classifier has to be trained before somebody trains their own."""
    for name in ("declared.json", "prepared"):
        (tmp_path / name).symlink_to(opened.folder / name)
    (tmp_path / "stages").mkdir()
    for name in ("rows", "training_fold", "test_fold", "classic_images", "synthesise"):
        (tmp_path / "stages" / name).symlink_to(opened.folder / "stages" / name)
    made = export_arms(open_run(tmp_path), tmp_path / "arms")
    assert made.lists == 40
    with pytest.raises(ValueError, match="--own-predictions needs classify of"):
        write_predictions(tmp_path / "p.csv", open_run(tmp_path))
