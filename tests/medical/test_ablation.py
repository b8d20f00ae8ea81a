"""The whole chain on phantoms with planted generators, and its guards against leakage."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medgan_fashion.base.plain import from_plain
from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.medical.arms.planted import PLANTED
from medgan_fashion.medical.config import AblationConfig
from medgan_fashion.medical.phantoms.ct import write_liver_phantoms
from medgan_fashion.medical.planner import fraction_of_patients
from medgan_fashion.medical.results.audit import audit
from medgan_fashion.medical.study.run import estimate, open_study, plan_study, run_study
from medgan_fashion.medical.study.tasks import task_of
from medgan_fashion.runs.stages.folds import load_fold
from medgan_fashion.runs.stages.images import load_synthetic
from tests.made_once import made_once

PLAIN = {
    "image": {"size": [16, 16]},
    "folds": 2,
    "repeats": 2,
    "classifier_seeds": 1,
    "arms": ["real+classic", "real+classic+gan"],
    "gan": {"images_seen": 64, "changes": {"networks": {"width": 4, "max_width": 8}}},
    "classifier": {"updates": 30, "batch": 32},
    "encoder_updates": 20,
    "phantom_patients": 24,
}
COPIES = PLANTED["copies"]
STUDY = from_plain(AblationConfig, PLAIN)
ONCE = replace(STUDY, repeats=1)  # where one partition shows it as well


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with copies in the GAN's place."""
    return made_once(
        tmp_path_factory,
        "planted_copies",
        lambda run: run_study(None, run, STUDY, processes=0, synthesis=COPIES),
    )


def test_planted_copies_do_not_help(finished: Path) -> None:
    """The full-size check, where fresh truth must help, is benchmarks/planted.py."""
    _no_help(json.loads((finished / "results" / "summary.json").read_text()))


def test_planted_images_of_shuffled_classes_do_not_help(finished: Path, tmp_path: Path) -> None:
    """In a copy of the finished run: what does not depend on the planted images is there already."""
    run = shutil.copytree(finished, tmp_path / "run")
    _no_help(run_study(None, run, STUDY, processes=0, synthesis=PLANTED["shuffled"]))


def _no_help(summary: dict[str, Any]) -> None:
    assert summary["verdict"]["verdict"] != "helps"
    assert all(item["passed"] for item in summary["audit"]), summary["audit"]


def _study(tmp_path: Path, table: Path, name: str) -> tuple[ImageSet, AblationConfig, Path]:
    run = tmp_path / name
    prepared, config = open_study(table, run, STUDY, 1, lambda text: None)
    return prepared.images, config, run


def test_tampering_with_a_test_row_leaves_the_gan_s_key(tmp_path: Path) -> None:
    table = write_liver_phantoms(tmp_path / "phantoms", patients=24)
    images, config, run = _study(tmp_path, table, "a")
    plan = plan_study(run, images, config)
    victim = int(np.flatnonzero(plan.partitions[0] == 0)[0])
    pixels = np.array(images.images)
    pixels[victim] += 50.0
    tampered = plan_study(tmp_path / "b", replace(images, images=pixels), config)
    gan, other = (
        {(part.repeat, part.fold): part.materials.of().gans[0].key for part in one.whole} for one in (plan, tampered)
    )
    for (repeat, fold), key in gan.items():
        seen = plan.partitions[repeat][victim] != fold
        assert (key != other[repeat, fold]) == seen
    tests = [cell.task.key for cell in plan.cells if cell.repeat == 0 and cell.fold == 0]
    assert not set(tests) & {cell.task.key for cell in tampered.cells}


def test_a_picture_of_two_patients_stays_on_one_side_of_every_split(tmp_path: Path) -> None:
    table = write_liver_phantoms(tmp_path / "phantoms", patients=24)
    lines = table.read_text().splitlines()
    first = lines[1].split(",")
    shutil.copy(table.parent / first[0], table.parent / "dicom" / "again.dcm")
    first[0], first[2] = "dicom/again.dcm", "SOMEBODY-ELSE"
    table.write_text("\n".join([*lines, ",".join(first)]) + "\n")
    summary = run_study(table, tmp_path / "run", ONCE, processes=0, synthesis=COPIES)
    assert all(item["passed"] for item in summary["audit"]), summary["audit"]
    assert summary["data"]["patients"] == 24
    joined = "shows the same picture as row 1; both stay on one side of every split"
    assert summary["data"]["notes"] == [{"row": len(lines), "note": joined}]
    text = json.dumps(summary)
    assert "SOMEBODY" not in text
    assert "PHANTOM-0" not in text
    assert str(tmp_path) not in text


def test_a_finished_run_says_where_its_images_lie(finished: Path) -> None:
    listed = json.loads((finished / "results" / "images.json").read_text())
    assert listed["classes"] == json.loads((finished / "results" / "summary.json").read_text())["data"]["classes"]
    assert [fold["fold"] for fold in listed["folds"]] == [0, 1]
    for fold in listed["folds"]:
        training, test = (load_fold(finished / fold[kind]) for kind in ("training", "test"))
        assert training.training_rows == test.training_rows
        assert not {image.tobytes() for image in training.views} & {image.tobytes() for image in test.views}
        load_synthetic(finished / fold["synthetic"], test)


def test_synthetic_images_of_another_fold_are_refused(finished: Path) -> None:
    folds = sorted((finished / "stages" / "training_fold").glob("[!.]*"))[:2]
    made = next(
        path
        for path in (finished / "stages" / "planted").glob("[!.]*/provenance.json")
        if json.loads(path.read_text())["training_rows"] == load_fold(folds[0]).training_rows
    )
    load_synthetic(made.parent, load_fold(folds[0]))
    with pytest.raises(ValueError, match="not of this fold"):
        load_synthetic(made.parent, load_fold(folds[1]))


def test_another_study_on_a_declared_run_is_refused(finished: Path, tmp_path: Path) -> None:
    moved = replace(STUDY, primary=replace(STUDY.primary, margin=0.05))
    with pytest.raises(ValueError, match=r"primary\.margin: 0\.02 -> 0\.05"):
        run_study(None, finished, moved, processes=0, synthesis=COPIES)
    table = write_liver_phantoms(tmp_path, patients=6, seed=9)
    window = {"kind": "window", "centre": 60.0, "width": 150.0}
    same = from_plain(AblationConfig, {**PLAIN, "image": {"size": [16, 16], "intensity": window}})
    with pytest.raises(ValueError, match=r"cases: "):
        run_study(table, finished, same, processes=0, synthesis=COPIES)


def test_everything_else_a_plan_can_hold(tmp_path: Path) -> None:
    config = from_plain(
        AblationConfig,
        {
            **PLAIN,
            "repeats": 1,
            "phantom_patients": 36,
            "held_back": 0.25,
            "choose": "inner",
            "dose_ratios": [0.5, 1.0],
            "real_fractions": [0.5, 1.0],
            "arms": ["real", "real+classic", "real+classic+gan", "real+held-back", "gan-only"],
            "classifier": {"updates": 5, "batch": 16},
        },
    )
    prepared, config = open_study(None, tmp_path, config, 1, lambda text: None)
    plan = plan_study(tmp_path, prepared.images, config)
    facts = estimate(prepared, config, task_of(config), plan, 2)
    assert facts.gans == {"": 2}
    assert facts.further == {"": 4}  # one for each inner training set, one for half of the patients
    assert {(cell.real_fraction, cell.ratio) for cell in plan.cells if cell.dose} == {
        (f, r) for f in (0.5, 1.0) for r in (0.0, 0.5, 1.0)
    }
    summary = run_study(None, tmp_path, config, processes=0, synthesis=COPIES)
    assert len(summary["dose"]) == 6
    assert summary["dose"][0]["estimate"] == 0.0


def test_patients_of_a_smaller_fraction_are_among_a_larger_one_s() -> None:
    labels, groups = np.repeat([0, 1, 2], 30), np.repeat(np.arange(30), 3)
    chosen = [set(groups[fraction_of_patients(labels, groups, f, 3)]) for f in (0.2, 0.5, 1.0)]
    assert chosen[0] < chosen[1] < chosen[2]
    assert [len(c) for c in chosen] == [6, 15, 30]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"arms": ["real"]}, "not in arms"),
        ({"arms": ["real", "magic"]}, "unknown arm 'magic'"),
        ({"ratio": 5.0}, "set pool to at least 6"),
        ({"gan": {"recipe": "dcgan"}}, "per_class"),
        ({"gan": {"recipe": "dcgann"}}, "choose from"),
        ({"gan": {"changes": {"networks": {"widht": 4}}}}, "gan.changes.networks.widht"),
        ({"foldz": 3}, "unknown key 'foldz'"),
        ({"folds": "three"}, "must be int"),
        ({"held_back": 0.2}, "real\\+held-back"),
    ],
)
def test_configuration_errors_name_the_key(change: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        from_plain(AblationConfig, {**PLAIN, **change})


def test_audit_notices_an_altered_training_fold(finished: Path) -> None:
    prepared, config = open_study(None, finished, STUDY, 1, lambda text: None)
    plan = plan_study(finished, prepared.images, config, COPIES)
    rows = plan.whole[0].materials.rows.folder / "images.npy"
    whole = np.load(rows)
    altered = whole.copy()
    altered[0] = prepared.images.images[plan.partitions[0] == 0][0]
    np.save(rows, altered)
    found = {item["check"]: item["passed"] for item in audit(prepared.images, plan, finished)}
    np.save(rows, whole)
    assert not found["training sets hold their own rows and no test picture"]


def test_an_external_cohort_is_only_tested_on(tmp_path: Path) -> None:
    table = write_liver_phantoms(tmp_path / "phantoms", patients=30)
    lines = table.read_text().splitlines()
    outside = {f"PHANTOM-{i:04d}" for i in (0, 1, 3, 4)}  # two classes of three
    rows = [line + (",external" if line.split(",")[2] in outside else ",development") for line in lines[1:]]
    table.write_text("\n".join([lines[0] + ",cohort", *rows]) + "\n")
    summary = run_study(table, tmp_path / "run", ONCE, processes=0, synthesis=COPIES)
    assert summary["data"]["patients"] == 26
    assert summary["data"]["external"]["patients"] == 4
    outside = summary["data"]["external"]
    assert 0 <= outside["auroc"]["real+classic"]["low"] <= outside["auroc"]["real+classic"]["value"] <= 1
    assert list(outside["difference"]) == ["real+classic+gan"]
    assert outside["sites"] == []
