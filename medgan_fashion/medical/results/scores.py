"""From finished classifiers to score tables: out-of-fold probabilities of every lesion in every repeat and seed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.classifiers.metrics import lesion_scores
from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.medical.design import Cell, Plan


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


def score_table(
    images: ImageSet,
    partitions: Sequence[NDArray[np.int64]],
    n_seeds: int,
    parts: Iterable[tuple[int, int, int, NDArray[np.floating]]],
) -> NDArray[np.float64]:
    """Probabilities (R, C, L, K) of one arm: slices averaged per lesion, folds joined.

    Each part is (repeat, fold, classifier seed, probabilities (N, K) of that fold's test rows, in their order); what
    no part covers stays NaN.
    """
    lesions = np.unique(images.lesions[~images.external])
    table = np.full((len(partitions), n_seeds, len(lesions), len(images.card.classes)), np.nan)
    for repeat, fold, seed, probabilities in parts:
        rows = np.flatnonzero(partitions[repeat] == fold)
        scored = lesion_scores(probabilities, images.labels[rows], images.lesions[rows])
        table[repeat, seed, np.searchsorted(lesions, scored.lesions)] = scored.probabilities
    return table


def arm_scores(plan: Plan, images: ImageSet, run: Path, cells: Sequence[Cell]) -> NDArray[np.float64]:
    """The score table of the run's own classifiers in these cells of one arm."""
    parts = ((c.repeat, c.fold, c.learner, load_scores(run, c)) for c in cells)
    return score_table(images, plan.partitions, max(c.learner for c in cells) + 1, parts)


def load_scores(run: Path, cell: Cell) -> NDArray[np.floating]:
    """Probabilities (N, K) of the fold's test rows, in their order, by one of the run's own classifiers."""
    return np.load(cell.task.folder(run) / "probabilities.npy")
