"""The external cohort: AUROC of every arm and its difference to the comparator, with intervals; secondary figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.classifiers.intervals import ALL_SOURCES, Interval, arm_interval, difference_interval
from medgan_fashion.evaluation.classifiers.metrics import cell_values, lesion_scores
from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.medical.config import AblationConfig
from medgan_fashion.medical.design import Cell, Plan
from medgan_fashion.medical.results.findings import counts

Floats = NDArray[np.float64]
FEWEST = 2  # patients of a class: an interval needs two
ONE_REPEAT = ("patients", "folds of one partition", "GAN seeds", "classifier seeds")
ONE_REPEAT_NOTE = "one repeat: each fold counts as one training, and other partitions are not covered"


@dataclass(frozen=True)
class Outside:
    """The external lesions: class (L,) and patient (L,), and the names of the classes."""

    labels: NDArray[np.int64]
    patients: NDArray[np.int64]
    classes: tuple[str, ...]

    def patients_of(self, label: int) -> int:
        """How many patients have a lesion of this class."""
        return len(np.unique(self.patients[self.labels == label]))


def outside_lesions(images: ImageSet) -> Outside:
    """Ascending by lesion index, as `lesion_scores` puts them."""
    rows = np.flatnonzero(images.external)
    _, first = np.unique(images.lesions[rows], return_index=True)
    return Outside(images.labels[rows[first]], images.groups[rows[first]], images.card.classes)


def outside_scores(images: ImageSet, run: Path, cells: Sequence[Cell]) -> Floats:
    """Probabilities (R, F, C, L, K) of the external lesions by every classifier of one arm, slices averaged per lesion.

    Each fold's classifiers score the whole cohort.
    """
    rows = np.flatnonzero(images.external)
    found: dict[tuple[int, int, int], Floats] = {}
    for cell in cells:
        given = np.load(cell.task.folder(run) / "external.npy")
        scored = lesion_scores(given, images.labels[rows], images.lesions[rows])
        found[cell.repeat, cell.fold, cell.learner] = scored.probabilities
    repeats, folds, seeds = (sorted(set(axis)) for axis in zip(*found, strict=True))
    return np.array([[[found[r, f, c] for c in seeds] for f in folds] for r in repeats])


def trainings(scores: Floats) -> Floats:
    """What counts as one training on its own: scores (R, F, C, L, K) -> (U, classifiers of one training, L, K).

    A repeat is one: its folds share its partition and most of their patients. With a single repeat a fold is one, its
    classifier seeds share GAN, training rows and pool; taking every classifier for one would make the interval much
    too narrow.
    """
    repeats, folds, seeds, *cases = scores.shape
    return scores[0] if repeats == 1 else scores.reshape(repeats, folds * seeds, *cases)


def _ends(interval: Interval, share: bool) -> dict[str, float]:
    name = "value" if share else "estimate"
    low, high = (max(interval.low, 0.0), min(interval.high, 1.0)) if share else (interval.low, interval.high)
    return {name: interval.estimate, "low": low, "high": high}


def compare_outside(
    scores: dict[str, Floats], lesions: Outside, against: str, seed: int, n_boot: int = 2000
) -> dict[str, Any]:
    """AUROC of each arm's single classifiers (mean), and the difference to the arm `against`, with 95 % intervals.

    `scores`: (R, F, C, L, K) of each arm, see outside_scores. One against rest over the classes that the cohort has.
    The interval is the study's own (evaluation/classifiers/intervals.py): over patients and over `trainings`, which are
    repeats, or with one repeat its folds, as `covers` and `note` say. Where a class has one patient the figures
    stand without intervals; with one class alone there are none. `note` says so.
    """
    present = [k for k in range(len(lesions.classes)) if lesions.patients_of(k)]
    bare = {"difference": {}, "covers": []}
    if len(present) < 2:
        return {"auroc": dict.fromkeys(scores), **bare, "note": "one class alone: no AUROC"}
    labels = np.searchsorted(present, lesions.labels)
    kept = {arm: trainings(table)[..., present] for arm, table in scores.items()}
    if min(lesions.patients_of(k) for k in present) < FEWEST:
        ones = np.ones((1, len(labels)))
        plain = {arm: float(cell_values(table, labels, ones, "auroc").mean()) for arm, table in kept.items()}
        alone = {arm: {"value": value, "low": None, "high": None} for arm, value in plain.items()}
        return {"auroc": alone, **bare, "note": "a class of one patient: no intervals"}
    rest = (labels, lesions.patients, "auroc", n_boot, seed)
    gaps = {arm: difference_interval(table, kept[against], *rest) for arm, table in kept.items() if arm != against}
    once = len(scores[against]) == 1
    return {
        "auroc": {arm: _ends(arm_interval(table, *rest), share=True) for arm, table in kept.items()},
        "difference": {arm: _ends(gap, share=False) for arm, gap in gaps.items()},
        "covers": list(ONE_REPEAT if once else ALL_SOURCES),
        "note": ONE_REPEAT_NOTE if once else "",
    }


def external_section(run: Path, images: ImageSet, plan: Plan, config: AblationConfig) -> dict[str, Any] | None:
    """Who was in the external cohort, its sites by name, and how each arm did there; None without one."""
    if not images.external.any():
        return None
    outside = images.take(np.flatnonzero(images.external))
    names, lesions = images.card.classes, outside_lesions(images)
    per_class = [{"class": name, **counts(outside.take(outside.labels == k))} for k, name in enumerate(names)]
    cells = {arm: [c for c in plan.cells if c.arm == arm and not c.dose] for arm in config.arms}
    scores = {arm: outside_scores(images, run, found) for arm, found in cells.items()}
    return {
        "sites": list(config.external_sites),
        **counts(outside),
        "per_class": per_class,
        **compare_outside(scores, lesions, config.primary.against, config.seed),
    }
