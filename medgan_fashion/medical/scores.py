"""From finished classifiers to score tables: out-of-fold probabilities of every lesion in every repeat and seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.classification import lesion_scores
from medgan_fashion.imaging.imageset import ImageSet
from medgan_fashion.medical.plan import Cell, Plan


@dataclass(frozen=True)
class Lesions:
    """One row per development lesion: label (L,), patient (L,), fold in each repeat (R, L)."""

    labels: NDArray[np.int64]
    patients: NDArray[np.int64]
    folds: NDArray[np.int64]


def lesion_table(images: ImageSet, partitions: Sequence[NDArray[np.int64]]) -> Lesions:
    """The lesions that were tested, ascending by lesion index."""
    _, first = np.unique(np.where(images.external, -1, images.lesions), return_index=True)
    first = first[~images.external[first]]
    return Lesions(images.labels[first], images.groups[first], np.stack([p[first] for p in partitions]))


def arm_scores(plan: Plan, images: ImageSet, run: Path, cells: Sequence[Cell]) -> NDArray[np.float64]:
    """Probabilities (R, C, L, K) of one arm: slices averaged per lesion, folds joined."""
    lesions = np.unique(images.lesions[~images.external])
    seeds = max(cell.classifier_seed for cell in cells) + 1
    table = np.full((len(plan.partitions), seeds, len(lesions), len(images.card.classes)), np.nan)
    for cell in cells:
        rows = np.flatnonzero(plan.partitions[cell.repeat] == cell.fold)
        probabilities = np.load(cell.task.folder(run) / "probabilities.npy")
        scored = lesion_scores(probabilities, images.labels[rows], images.lesions[rows])
        where = np.searchsorted(lesions, np.unique(images.lesions[rows]))
        table[cell.repeat, cell.classifier_seed, where] = scored.probabilities
    return table


def external_scores(
    images: ImageSet, run: Path, cells: Sequence[Cell]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Probabilities (L, K) of the external cohort's lesions, averaged over all of an arm's classifiers, and labels."""
    rows = np.flatnonzero(images.external)
    mean = np.mean([np.load(cell.task.folder(run) / "external.npy") for cell in cells], axis=0)
    scored = lesion_scores(mean, images.labels[rows], images.lesions[rows])
    return scored.probabilities, scored.labels
