"""The external cohort's figures: planted scores, missing classes, few patients, and a run with a site held out."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from medgan_fashion.base.plain import from_plain
from medgan_fashion.medical.arms.planted import PLANTED
from medgan_fashion.medical.config import AblationConfig
from medgan_fashion.medical.phantoms.ct import write_liver_phantoms
from medgan_fashion.medical.results.external import Outside, compare_outside, trainings
from medgan_fashion.medical.study.run import run_study
from medgan_fashion.report.write import write_report
from tests.medical.test_ablation import PLAIN

CLASSES = ("cyst", "metastasis", "hemangioma")
STUDIES = 100


def _scores(labels: np.ndarray, skill: float, seed: int, shape: tuple[int, int, int] = (2, 2, 2)) -> np.ndarray:
    """Probabilities (R, F, C, L, 3): noise, and `skill` more for the true class."""
    logits = np.random.default_rng(seed).normal(size=(*shape, len(labels), 3))
    logits[..., np.arange(len(labels)), labels] += skill
    raised = np.exp(logits)
    return raised / raised.sum(-1, keepdims=True)


def test_a_better_arm_is_seen_outside_with_an_interval_over_everything() -> None:
    labels = np.repeat([0, 1, 2], 30)
    lesions = Outside(labels, np.arange(90), CLASSES)
    scores = {"real+classic": _scores(labels, 0.5, 0), "real+classic+gan": _scores(labels, 3.0, 1)}
    found = compare_outside(scores, lesions, "real+classic", 0)
    gap = found["difference"]["real+classic+gan"]
    assert 0 < gap["low"] < gap["estimate"] < gap["high"]
    assert found["auroc"]["real+classic+gan"]["value"] > 0.9
    assert found["covers"] == ["patients", "partitions", "GAN seeds", "classifier seeds"]
    assert list(found["difference"]) == ["real+classic+gan"]


def test_the_figure_is_the_mean_of_single_classifiers() -> None:
    labels = np.array([1, 0, 1, 0])
    right = np.array([[0.1, 0.9], [0.9, 0.1], [0.2, 0.8], [0.8, 0.2]])
    scores = {"a": np.stack([right, 1 - right])[None, :, None], "b": np.stack([right, right])[None, :, None]}
    found = compare_outside(scores, Outside(labels, np.arange(4), ("x", "y")), "b", 0)
    assert found["auroc"]["a"]["value"] == pytest.approx(0.5)
    assert found["auroc"]["b"]["value"] == pytest.approx(1.0)
    assert found["difference"]["a"]["estimate"] == pytest.approx(-0.5)


def _study(seed: int, repeats: int, folds: int, seeds: int) -> tuple[dict[str, np.ndarray], Outside]:
    """Two arms, equal on average: how well one trains varies with repeat, fold (its GAN) and classifier seed."""
    rng, labels = np.random.default_rng((seed, 31)), np.repeat([0, 1], 30)
    hard, scores = rng.normal(size=60), {}
    for arm in ("a", "b"):
        skill = 1.5 + rng.normal(0, 0.4, (repeats, 1, 1, 1)) * (repeats > 1)
        skill = skill + rng.normal(0, 0.6, (repeats, folds, 1, 1)) + rng.normal(0, 0.1, (repeats, folds, seeds, 1))
        logits = skill * labels + hard + rng.normal(0, 0.3, (repeats, folds, seeds, 60))
        scores[arm] = np.stack([-logits, logits], -1)
    return scores, Outside(labels, np.arange(60), ("x", "y"))


def _covered(scores: dict[str, np.ndarray], lesions: Outside) -> bool:
    gap = compare_outside(scores, lesions, "b", 0, n_boot=100)["difference"]["a"]
    return gap["low"] <= 0 <= gap["high"]


@pytest.mark.parametrize("design", [(1, 5, 3), (3, 2, 2)])
def test_the_interval_covers_the_truth_as_often_as_it_says(design: tuple[int, int, int]) -> None:
    covered = sum(_covered(*_study(seed, *design)) for seed in range(STUDIES))
    assert covered >= binom.ppf(0.001, STUDIES, 0.95)


def test_classifiers_of_one_fold_are_no_trainings_of_their_own() -> None:
    """The simulation sees the fault: every classifier as a training covers far too seldom."""
    covered = 0
    for seed in range(STUDIES):
        scores, lesions = _study(seed, 1, 5, 3)
        covered += _covered({arm: s.reshape(1, 15, 1, *s.shape[3:]) for arm, s in scores.items()}, lesions)
    assert covered < binom.ppf(0.001, STUDIES, 0.95)


def test_one_repeat_counts_folds_and_says_so() -> None:
    labels = np.repeat([0, 1, 2], 30)
    lesions, once = Outside(labels, np.arange(90), CLASSES), _scores(labels, 1.0, 0, (1, 3, 2))
    found = compare_outside({"a": once, "b": _scores(labels, 1.0, 1, (1, 3, 2))}, lesions, "b", 0)
    assert found["covers"] == ["patients", "folds of one partition", "GAN seeds", "classifier seeds"]
    assert "each fold counts as one training" in found["note"]
    assert trainings(once).shape == (3, 2, 90, 3)
    twice = _scores(labels, 1.0, 0, (2, 3, 2))
    assert np.array_equal(trainings(twice)[1], [twice[1, f, c] for f in range(3) for c in range(2)])


def test_classes_that_the_cohort_lacks_and_single_patients() -> None:
    two = np.repeat([0, 2], 6)
    scores = {"a": _scores(two, 1.0, 0), "b": _scores(two, 1.0, 1)}
    assert compare_outside(scores, Outside(two, np.arange(12), CLASSES), "b", 0)["auroc"]["a"]["low"] is not None
    lone = np.array([0] * 6 + [2])
    scores = {"a": _scores(lone, 1.0, 0), "b": _scores(lone, 1.0, 1)}
    found = compare_outside(scores, Outside(lone, np.arange(7), CLASSES), "b", 0)
    assert found["auroc"]["a"]["low"] is None
    assert "no intervals" in found["note"]
    one = np.zeros(4, int)
    found = compare_outside({"a": _scores(one, 1, 0)}, Outside(one, np.arange(4), CLASSES), "a", 0)
    assert found["auroc"] == {"a": None}


def test_a_run_with_a_site_held_out_names_it(tmp_path: Path) -> None:
    table = write_liver_phantoms(tmp_path / "phantoms", patients=30)
    lines = table.read_text().splitlines()
    sites = [("South" if int(line.split(",")[2][-4:]) < 6 else "North") for line in lines[1:]]
    rows = [f"{line},{site}" for line, site in zip(lines[1:], sites, strict=True)]
    table.write_text("\n".join([lines[0] + ",site", *rows]) + "\n")
    study = from_plain(AblationConfig, {**PLAIN, "external_site": "South"})
    summary = run_study(table, tmp_path / "run", study, processes=0, synthesis=PLANTED["copies"])
    outside = summary["data"]["external"]
    assert (outside["sites"], outside["patients"], summary["data"]["patients"]) == (["South"], 6, 24)
    assert outside["difference"]["real+classic+gan"]["low"] is not None
    assert ("folds of one partition" in outside["covers"]) == (study.repeats == 1)
    page = write_report(tmp_path / "run").read_text(encoding="utf-8")
    assert "of site South were only ever tested on" in page
    wrong = from_plain(AblationConfig, {**PLAIN, "external_site": ["West"]})
    with pytest.raises(ValueError, match="its sites are North, South"):
        run_study(table, tmp_path / "other", wrong, processes=0)


@pytest.mark.parametrize("given", ["", [""], {"a": 1}, [["a"]]])
def test_external_site_is_a_name_or_names(given: object) -> None:
    with pytest.raises(ValueError, match="external_site must be the name"):
        from_plain(AblationConfig, {**PLAIN, "external_site": given})
    assert from_plain(AblationConfig, {**PLAIN, "external_site": 7}).external_sites == ("7",)
    assert from_plain(AblationConfig, PLAIN).external_sites == ()
