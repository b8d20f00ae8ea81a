"""Metrics of many classifier cells under many case weights at once: the engine of the patient bootstrap."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Metric = Literal["balanced_accuracy", "auroc", "sensitivity_weighted", "mean_score"]
METRICS: tuple[str, ...] = get_args(Metric)


def weighted_auroc(scores: Floats, positive: NDArray[np.bool_], weights: Floats) -> Floats:
    """AUROC (B,) of scores (L,) under weights (B, L) >= 0: the weighted share of pairs in order.

    Ties count one half. Weights of one give the mid-rank (Mann-Whitney) AUROC.
    """
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))
    arranged, is_positive = weights[:, order], positive[order]
    hits = np.add.reduceat(np.where(is_positive, arranged, 0.0), starts, axis=1)
    misses = np.add.reduceat(np.where(is_positive, 0.0, arranged), starts, axis=1)
    below = np.cumsum(misses, axis=1) - misses / 2
    return (hits * below).sum(axis=1) / (hits.sum(axis=1) * misses.sum(axis=1))


def _auroc_of_cell(probabilities: Floats, labels: Ints, folds: Ints, weights: Floats) -> Floats:
    """Macro one-against-rest AUROC (B,) of one cell (L, K), within each fold, then averaged over folds."""
    values = []
    for fold in np.unique(folds):
        rows = np.flatnonzero(folds == fold)
        for k in range(probabilities.shape[1]):
            positive = labels[rows] == k
            if not positive.any() or positive.all():
                raise ValueError(f"fold {fold} has no case of class {k} or no other: use fewer folds.")
            values.append(weighted_auroc(probabilities[rows, k], positive, weights[:, rows]))
    return np.mean(values, axis=0)


def _auroc(probabilities: Floats, labels: Ints, folds: Ints, weights: Floats) -> Floats:
    repeats, seeds = probabilities.shape[:2]
    cells = [
        _auroc_of_cell(probabilities[r, c], labels, folds[r], weights) for r in range(repeats) for c in range(seeds)
    ]
    return np.stack(cells, axis=1)


def _shares(right: Floats, labels: Ints, classes: list[int], weights: Floats) -> Floats:
    """Weighted share of right decisions (B, cells), the mean over `classes`; right (L, cells)."""
    total = np.zeros((len(weights), right.shape[1]))
    for k in classes:
        rows = np.flatnonzero(labels == k)
        chosen = weights[:, rows]
        total += chosen @ right[rows] / chosen.sum(axis=1, keepdims=True)
    return total / len(classes)


def cell_values(
    probabilities: Floats, labels: Ints, weights: Floats, metric: Metric, folds: Ints | None = None
) -> Floats:
    """The metric (B, R, C) of every cell of `probabilities` (R, C, L, K) under every row of `weights` (B, L).

    `balanced_accuracy`: mean over classes of the weighted recall; `sensitivity_weighted`: support-weighted
    recall, which is accuracy; `auroc`: macro one against rest, within each fold of `folds` (R, L) and then
    averaged, or over all lesions when folds is None; `mean_score`: the weighted mean of K = 1 score of each case
    (Dice, a distance), whatever its unit. All others in [0, 1].
    """
    repeats, seeds, lesions, n_classes = probabilities.shape
    if metric == "mean_score":
        scores = probabilities[..., 0].reshape(-1, lesions).T
        return (weights @ scores / weights.sum(axis=1, keepdims=True)).reshape(-1, repeats, seeds)
    if metric == "auroc":
        within = np.zeros((repeats, lesions), dtype=np.int64) if folds is None else folds
        return _auroc(probabilities, labels, within, weights).reshape(-1, repeats, seeds)
    right = (probabilities.argmax(axis=3) == labels).reshape(-1, lesions).T.astype(np.float64)
    if metric == "balanced_accuracy":
        values = _shares(right, labels, list(range(n_classes)), weights)
    else:
        values = _shares(right, np.zeros(lesions, dtype=np.int64), [0], weights)
    return values.reshape(-1, repeats, seeds)
