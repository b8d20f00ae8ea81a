"""The run's own predictions give the run's own verdict again; arms that mean nothing do not help."""

import csv
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.cli.main import main
from medgan_fashion.medical.outside.compare import compared, write_predictions
from medgan_fashion.medical.study.finished import OpenRun, open_run
from tests.medical.finished_run import finished_run


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> OpenRun:
    return open_run(finished_run(tmp_path_factory))


@pytest.fixture(scope="module")
def predictions(opened: OpenRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("own") / "predictions.csv"
    write_predictions(path, opened)
    return path


def _close(found: object, own: object) -> bool:
    """Equal but for the last digits, which a matrix product may round otherwise from one call to the next."""
    if isinstance(own, dict) and isinstance(found, dict):
        return found.keys() == own.keys() and all(_close(found[key], own[key]) for key in own)
    if isinstance(own, list) and isinstance(found, list):
        return len(found) == len(own) and all(map(_close, found, own))
    return found == pytest.approx(own, rel=1e-12, abs=1e-15) if isinstance(own, float) else found == own


def test_own_predictions_give_the_own_verdict(opened: OpenRun, predictions: Path) -> None:
    own = json.loads((opened.folder / "results" / "summary.json").read_text())
    found = json.loads(json.dumps(compared(opened, predictions, "the same again")))
    for key in ("verdict", "tests", "calibration"):
        assert _close(found[key], own[key]), key
    for arm, before in zip(found["arms"], own["arms"], strict=True):
        assert arm.pop("updates") is None
        assert before.pop("updates") == 5
        assert _close(arm, before)
    assert found["audit"][:-1] == own["audit"]
    assert found["classifier"]["name"] == "the same again"
    assert found["dose"] == []
    assert "classifier" not in found["config"]


def _shuffled_arms(path: Path, out: Path, seed: int) -> Path:
    """The arms permuted within every case, fold, repeat and seed."""
    with path.open(newline="") as file:
        header, *rows = list(csv.reader(file))
    groups = defaultdict(list)
    for row in rows:
        groups[row[0], row[1], row[3], row[4]].append(row)
    rng = np.random.default_rng((seed, 5))
    for group in groups.values():
        for row, arm in zip(group, rng.permutation([row[2] for row in group]), strict=True):
            row[2] = str(arm)
    with out.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return out


def test_shuffled_arms_do_not_help(opened: OpenRun, predictions: Path, tmp_path: Path) -> None:
    for seed in range(4):
        found = compared(opened, _shuffled_arms(predictions, tmp_path / "p.csv", seed), "shuffled")
        assert found["verdict"]["verdict"] != "helps"


def test_a_better_tested_arm_is_seen(opened: OpenRun, predictions: Path, tmp_path: Path) -> None:
    """Planted: the tested arm is always right, the others guess."""
    with predictions.open(newline="") as file:
        rows = list(csv.DictReader(file))
    classes = opened.images.card.classes
    label_of = {str(case): k for case, k in zip(opened.images.rows, opened.images.labels, strict=True)}
    rng = np.random.default_rng(1)
    for row in rows:
        right = row["arm"] == "real+classic+gan"
        guess = label_of[row["case"]] if right else rng.integers(len(classes))
        row.update({name: str(float(k == guess)) for k, name in enumerate(classes)})
    with (tmp_path / "p.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    found = compared(opened, tmp_path / "p.csv", "an oracle")
    assert found["verdict"]["verdict"] == "helps"
    assert found["arms"][2]["metrics"]["balanced_accuracy"]["value"] == 1.0


def test_the_commands(opened: OpenRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arms = tmp_path / "arms"
    assert main(["export-arms", str(opened.folder), "--out", str(arms), "--own-predictions"]) == 0
    words = ["compare", str(arms / "predictions.csv"), "--run", str(opened.folder), "--out", str(tmp_path / "compared")]
    assert main([*words, "--model", "Our own network"]) == 0
    said = capsys.readouterr().out
    assert "40 training lists" in said
    assert "verdict: " in said
    page = (tmp_path / "compared" / "report" / "report.html").read_text()
    assert "Another classifier than the run's own: Our own network" in page
    assert "the updates are equal" not in page
    assert str(tmp_path) not in page
    assert main([*words[:-1], str(opened.folder)]) == 2
    assert "is a run folder, whose own results would be lost" in capsys.readouterr().err
    assert main(["compare", str(arms / "predictions.csv"), "--run", str(tmp_path)]) == 2
    assert "holds no run of chain" in capsys.readouterr().err


def test_an_unfinished_run_is_refused(opened: OpenRun, predictions: Path, tmp_path: Path) -> None:
    for name in ("declared.json", "prepared", "stages"):
        (tmp_path / name).symlink_to(opened.folder / name)
    with pytest.raises(ValueError, match="is not finished: its own figures and audit go into the report"):
        compared(open_run(tmp_path), predictions, "x")


def test_what_only_the_own_classifiers_were_asked_is_left_out(
    opened: OpenRun, predictions: Path, tmp_path: Path
) -> None:
    for name in ("declared.json", "prepared", "stages"):
        (tmp_path / name).symlink_to(opened.folder / name)
    own = json.loads((opened.folder / "results" / "summary.json").read_text())
    own["data"]["external"] = {"sites": ["North"], "patients": 3, "lesions": 4, "images": 9, "auroc": {"real": 0.9}}
    own["dose"] = [{"ratio": 1.0}]
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "summary.json").write_text(json.dumps(own))
    found = compared(open_run(tmp_path), predictions, "x")
    assert found["data"]["external"] == {"sites": ["North"], "patients": 3, "lesions": 4, "images": 9}
    assert found["dose"] == []
