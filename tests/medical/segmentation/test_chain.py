"""The segmentation ablation on phantoms, small: scores that can be made again, equal pools, guards, resuming."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medgan_fashion.base.plain import from_plain
from medgan_fashion.evaluation.classifiers.metrics import dice
from medgan_fashion.medical.design import Plan
from medgan_fashion.medical.segmentation.config import SegmentationConfig
from medgan_fashion.medical.segmentation.results import SegmentationScores
from medgan_fashion.medical.segmentation.stages import Pairs, counts_of, fill_pairs, plausible, segment
from medgan_fashion.medical.study.run import open_study, plan_study, run_study
from medgan_fashion.runs.engine.stage import complete
from medgan_fashion.runs.stages.folds import load_fold
from tests.made_once import made_once

_SLIM = {"networks": {"width": 8, "max_width": 16}}
PLAIN: dict[str, Any] = {
    "image": {"size": [32, 32], "margin": 0.5},
    "folds": 2,
    "repeats": 2,
    "segmenter_seeds": 1,
    "real_fractions": [0.5, 1.0],
    "ratios": [0.5, 1.0],
    "joint": {"recipe": "small_joint", "changes": _SLIM, "images_seen": 2_000},
    "spade": {"recipe": "small_spade", "changes": _SLIM, "images_seen": 64},
    "segmenter": {"width": 4, "depth": 2, "updates": 10, "batch": 8},
    "phantom_patients": 12,
}
STUDY = from_plain(SegmentationConfig, PLAIN)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run."""
    return made_once(tmp_path_factory, "segmented", lambda folder: run_study(None, folder, STUDY, processes=0))


@pytest.fixture(scope="module")
def plan(run: Path) -> Plan:
    prepared, config = open_study(None, run, STUDY, 1, lambda text: None)
    return plan_study(run, prepared.images, config)


@pytest.fixture(scope="module")
def summary(run: Path) -> dict[str, Any]:
    return json.loads((run / "results" / "summary.json").read_text())


def test_the_grid_is_whole_and_its_scores_can_be_made_again(run: Path, plan: Plan, summary: dict[str, Any]) -> None:
    places = {(row["real_fraction"], row["arm"], row["ratio"]) for row in summary["cells"]}
    arms = [("real", 0.0), ("real+classic", 0.0)]
    arms += [(f"real+classic+{name}", ratio) for name in ("joint", "spade") for ratio in (0.5, 1.0)]
    assert places == {(fraction, *arm) for fraction in (0.5, 1.0) for arm in arms}
    for row in summary["cells"]:
        place = (row["real_fraction"], row["arm"], row["ratio"])
        cells = [c for c in plan.cells if (c.real_fraction, c.arm, c.ratio) == place]
        again = []
        for cell in cells:
            truth = load_fold(cell.task.inputs["test"].folder(run)).mask_views[:, 0] > 0.5
            predicted = np.load(cell.task.folder(run) / "predicted.npy")
            again.append([dice(p, t) for p, t in zip(predicted, truth, strict=True)])
        by_repeat = [np.concatenate([a for a, c in zip(again, cells, strict=True) if c.repeat == r]) for r in (0, 1)]
        assert row["dice"]["value"] == pytest.approx(np.mean(by_repeat))
        assert row["dice"]["low"] <= row["dice"]["value"] <= row["dice"]["high"]


def test_pools_are_equal_and_a_share_of_the_patients_is_all_that_anything_saw(
    plan: Plan, summary: dict[str, Any]
) -> None:
    for fraction in (0.5, 1.0):
        totals = {
            row["n_real"] + row["n_classic"] + row["n_gan"]
            for row in summary["cells"]
            if row["arm"] != "real" and row["real_fraction"] == fraction
        }
        assert len(totals) == 1
    half, whole = (part for part in plan.training_sets if part.repeat == part.fold == 0)
    assert len(half.unseen) > len(whole.unseen)
    gans = [gan for made in half.materials.generators for gan in made.gans]
    assert {gan.inputs["training"].key for gan in gans} == {half.materials.training.key}
    assert all(item["passed"] for item in summary["audit"]), summary["audit"]
    assert summary["verdict"]["metric"] == "dice"
    assert summary["verdict"]["covers"] == ["patients", "partitions", "GAN seeds", "classifier seeds"]


def test_a_synthetic_comparator_is_compared_at_its_own_amount(run: Path, plan: Plan) -> None:
    primary = {"arm": "real+classic+spade", "against": "real+classic+joint"}
    study = from_plain(SegmentationConfig, PLAIN | {"primary": primary})
    prepared, config = open_study(None, run, study, 1, print)
    scores = SegmentationScores(run, prepared.images, config, plan)
    rows = {(row["real_fraction"], row["arm"], row["ratio"]): row["difference"] for row in scores.cells()}
    assert rows[1.0, "real+classic+joint", 1.0] is rows[1.0, "real+classic+joint", 0.5] is None
    first, other = scores.places[0.5, "real+classic+spade", 0.5], scores.places[0.5, "real+classic+joint", 0.5]
    gap = scores.table(first, "dice").mean() - scores.table(other, "dice").mean()
    assert rows[0.5, "real+classic+spade", 0.5]["estimate"] == pytest.approx(gap)
    assert scores.verdict()["estimate"] == rows[1.0, "real+classic+spade", 1.0]["estimate"]


def test_synthetic_masks_are_as_large_as_real_ones(run: Path, plan: Plan) -> None:
    for part in plan.training_sets:
        real = load_fold(part.materials.training.folder(run)).mask_views
        for task in part.materials.drawn:
            masks = np.load(task.folder(run) / "masks.npy")
            assert set(np.unique(masks)) <= {0.0, 1.0}
            assert plausible(masks, real).all()


def test_another_fold_s_pairs_are_refused(run: Path, plan: Plan) -> None:
    cell = next(c for c in plan.cells if c.arm == "real+classic+joint")
    other = next(part for part in plan.training_sets if part.materials.training.key != cell.task.inputs["training"].key)
    wrong = cell.task.inputs | {"synthetic": other.materials.of("joint").synthetic}
    with pytest.raises(ValueError, match="make them from this fold's own GAN"):
        complete(segment.task(**wrong), run)


def test_the_same_call_resumes(run: Path, summary: dict[str, Any]) -> None:
    before = {path: path.stat().st_mtime_ns for path in (run / "stages").glob("*/*/stage.json")}
    again = run_study(None, run, STUDY, processes=0)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert {k: v for k, v in again.items() if k != "created"} == {k: v for k, v in summary.items() if k != "created"}
    with pytest.raises(ValueError, match=r"segmenter\.updates"):
        run_study(None, run, from_plain(SegmentationConfig, PLAIN | {"segmenter": {"updates": 41}}), processes=0)


def test_gated_pairs_are_the_tested_generator_s_and_their_places_are_filled(tmp_path: Path) -> None:
    arms = ["real+classic", "real+classic+joint", "real+classic+gated"]
    few = {"arms": arms, "repeats": 1, "real_fractions": [1.0], "ratios": [1.0], "encoder_updates": 5}
    study = from_plain(SegmentationConfig, PLAIN | few | {"gate": {"candidates": 1}})
    assert study.generators == ("joint",)
    summary = run_study(None, tmp_path, study, processes=0)
    pools = {cell["arm"]: cell for cell in summary["cells"]}
    totals = {arm: cell["n_real"] + cell["n_classic"] + cell["n_gan"] for arm, cell in pools.items()}
    assert len(set(totals.values())) == 1
    gate = summary["gate"]
    assert pools["real+classic+gated"]["n_gan"] == np.mean([row["accepted"] for row in gate])
    assert all(row["reasons"]["label"] == 0 for row in gate)  # pairs have no classes
    for folder in (tmp_path / "stages" / "gated_images").glob("[!.]*"):
        images, masks = (np.load(folder / f"{name}.npy") for name in ("images", "masks"))
        assert len(images) == len(masks)
    assert all(item["passed"] for item in summary["audit"])


def test_a_pool_takes_pairs_together() -> None:
    def pairs(n: int, first: float) -> Pairs:
        values = (first + np.arange(n, dtype=np.float32))[:, None, None, None]
        return Pairs(np.tile(values, (1, 1, 2, 2)), np.tile(-values, (1, 1, 2, 2)))

    counts = counts_of("real+classic+spade", 4, 3.0, 0.5)
    assert (counts.real, counts.classic, counts.gan) == (4, 6, 2)
    images, masks, real = fill_pairs(counts, pairs(4, 1), pairs(6, 100), pairs(1, 1000), seed=0)
    assert (images == -masks).all()
    assert real.tolist() == [True] * 4 + [False] * 8
    assert images[-2:, 0, 0, 0].tolist() == [1000, 1000]  # fewer than counted: given again


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"arms": ["real", "real+gan"]}, r"unknown arm 'real\+gan'"),
        ({"arms": ["real", "real+classic"]}, "primary.arm is 'real.classic.joint', which is not in arms"),
        ({"ratios": [0.5]}, "primary.ratio one of ratios"),
        ({"ratios": [1.0, 4.0]}, "does not fit into a pool of 4"),
        ({"joint": {"recipe": "small"}}, "joint.recipe 'small' does not fit: take small_joint"),
        ({"spade": {"recipe": "small_joint"}}, "spade.recipe 'small_joint' does not fit: take small_spade"),
        ({"real_fractions": [0.0, 1.0]}, r"real_fractions must lie in \(0, 1\]"),
        ({"segmenter": {"updates": 0}}, "updates"),
        ({"image": {"size": [30, 30]}}, r"image.size \[30, 30\] cannot be halved 2 times"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        from_plain(SegmentationConfig, PLAIN | changes)
