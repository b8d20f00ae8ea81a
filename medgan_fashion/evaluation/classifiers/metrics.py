"""Figures of classifiers from probabilities, also of many under many case weights, and of a segmenter's masks."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import binary_erosion, distance_transform_edt

# ---------------------------------------------------------------------------------------------------------------------
# Figures of a classifier from its probabilities: confusion, sensitivity, AUROC, Brier, calibration.


Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class LesionScores:
    """A row per lesion: mean `probabilities` (L, K) of its slices, `labels` (L,), ids `lesions` (L,)."""

    probabilities: Floats
    labels: Ints
    lesions: Ints


def checked(probabilities: ArrayLike, labels: ArrayLike) -> tuple[Floats, Ints]:
    """Probabilities (N, K) as float64 and labels (N,) as int64; ValueError when they do not fit."""
    scores = np.asarray(probabilities, dtype=np.float64)
    truth = np.asarray(labels, dtype=np.int64)
    if scores.ndim != 2 or scores.shape[1] < 2 or truth.shape != scores.shape[:1] or not len(truth):
        raise ValueError(
            f"probabilities {scores.shape} and labels {truth.shape} do not fit: give (N, K >= 2) and (N,)."
        )
    if not np.isfinite(scores).all():
        row = int(np.argmin(np.isfinite(scores).all(axis=1)))
        raise ValueError(f"probabilities row {row} is not finite: check the classifier that wrote it.")
    if truth.min() < 0 or truth.max() >= scores.shape[1]:
        raise ValueError(f"labels must lie in 0..{scores.shape[1] - 1}, found {truth.min()}..{truth.max()}.")
    return scores, truth


def confusion(labels: ArrayLike, predictions: ArrayLike, n_classes: int) -> Ints:
    """Counts (K, K): row = true class, column = predicted class; ValueError for a class outside 0..K-1."""
    pairs = np.stack([np.asarray(labels, dtype=np.int64), np.asarray(predictions, dtype=np.int64)])
    if pairs.size and (pairs.min() < 0 or pairs.max() >= n_classes):
        raise ValueError(f"labels and predictions must lie in 0..{n_classes - 1}: check n_classes.")
    return np.bincount(pairs[0] * n_classes + pairs[1], minlength=n_classes**2).reshape(n_classes, n_classes)


def support(matrix: ArrayLike) -> Ints:
    """Cases of each true class (K,); ValueError when a class has none: its sensitivity is undefined."""
    counts = np.asarray(matrix, dtype=np.int64).sum(axis=1)
    if (counts == 0).any():
        raise ValueError(f"class {int(np.argmin(counts))} has no case: leave it out of the classes.")
    return counts


def sensitivity(matrix: ArrayLike) -> Floats:
    """Recall of each class (K,), one against rest, in [0, 1]."""
    return np.diagonal(np.asarray(matrix)) / support(matrix)


def specificity(matrix: ArrayLike) -> Floats:
    """True negative rate of each class (K,), one against rest, in [0, 1]."""
    counts = np.asarray(matrix, dtype=np.int64)
    rest = counts.sum() - support(counts)
    if (rest == 0).any():
        raise ValueError("all cases are of one class, so specificity is undefined: give cases of two classes.")
    false_positives = counts.sum(axis=0) - np.diagonal(counts)
    return 1 - false_positives / rest


def support_weighted(values: ArrayLike, matrix: ArrayLike) -> float:
    """Mean of per-class values (K,) weighted by the cases of each class (as in Frid-Adar et al. 2018)."""
    return float(np.average(np.asarray(values), weights=support(matrix)))


def brier(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Mean squared distance to the one-hot truth, summed over classes, in [0, 2] (Brier 1950); 0 is best."""
    scores, truth = checked(probabilities, labels)
    return float(((scores - np.eye(scores.shape[1])[truth]) ** 2).sum(axis=1).mean())


def calibration_error(probabilities: ArrayLike, labels: ArrayLike, bins: int = 10) -> float:
    """Expected calibration error of the top class over equal-width bins, in [0, 1] (Guo et al. 2017)."""
    found = reliability(probabilities, labels, bins)
    return float(np.average(np.abs(np.subtract(found["accuracy"], found["confidence"])), weights=found["n"]))


def lesion_scores(probabilities: ArrayLike, labels: ArrayLike, lesions: ArrayLike) -> LesionScores:
    """Mean probability of each lesion's slices, lesions ascending; ValueError when a lesion has two labels.

    `probabilities` (N, K), `labels` (N,), `lesions` (N,) integer ids.
    """
    scores, truth = checked(probabilities, labels)
    ids, first, inverse, counts = np.unique(
        np.asarray(lesions, dtype=np.int64), return_index=True, return_inverse=True, return_counts=True
    )
    torn = truth != truth[first][inverse]
    if torn.any():
        raise ValueError(f"lesion {ids[inverse[torn.argmax()]]} has slices of two classes: correct the case table.")
    sums = np.zeros((len(ids), scores.shape[1]))
    np.add.at(sums, inverse, scores)
    return LesionScores(sums / counts[:, None], truth[first], ids)


def classifier_figures(probabilities: ArrayLike, labels: ArrayLike) -> dict:
    """All figures of this file as plain data; probabilities (N, K), labels (N,)."""
    scores, truth = checked(probabilities, labels)
    matrix = confusion(truth, scores.argmax(axis=1), scores.shape[1])
    recall, rejection = sensitivity(matrix), specificity(matrix)
    return {
        "n": len(truth),
        "confusion": matrix.tolist(),
        "sensitivity": recall.tolist(),
        "specificity": rejection.tolist(),
        "balanced_accuracy": float(recall.mean()),
        "sensitivity_macro": float(recall.mean()),
        "specificity_macro": float(rejection.mean()),
        "sensitivity_weighted": support_weighted(recall, matrix),
        "specificity_weighted": support_weighted(rejection, matrix),
        "auroc": cell_value(scores, truth, "auroc"),
        "brier": brier(scores, truth),
        "calibration_error": calibration_error(scores, truth),
    }


# ---------------------------------------------------------------------------------------------------------------------
# Metrics of many classifier cells under many case weights at once: the engine of the patient bootstrap.


Metric = Literal["balanced_accuracy", "auroc", "sensitivity_weighted", "mean_score"]
METRICS: tuple[str, ...] = get_args(Metric)


def weighted_auroc(scores: Floats, positive: NDArray[np.bool_], weights: Floats) -> Floats:
    """AUROC (B,) of scores (L,) under weights (B, L) >= 0: the weighted share of pairs in order.

    Ties count one half, so weights of one give Mann-Whitney's U over the number of pairs. NaN without a positive or
    without a negative case.
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
                raise ValueError(
                    f"fold {fold} has no case of class {k} or no other, so it has no AUROC: use fewer folds or classes."
                )
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

    `balanced_accuracy`: mean over the classes that there are of the weighted recall; `sensitivity_weighted`:
    support-weighted recall, which is accuracy; `auroc`: macro one against rest, within each fold of `folds` (R, L) and
    then averaged, or over all lesions when folds is None; `mean_score`: the weighted mean of K = 1 score of each case
    (Dice, a distance), whatever its unit. All others in [0, 1].
    """
    repeats, seeds, lesions = probabilities.shape[:3]
    if metric == "mean_score":
        scores = probabilities[..., 0].reshape(-1, lesions).T
        return (weights @ scores / weights.sum(axis=1, keepdims=True)).reshape(-1, repeats, seeds)
    if metric == "auroc":
        within = np.zeros((repeats, lesions), dtype=np.int64) if folds is None else folds
        return _auroc(probabilities, labels, within, weights).reshape(-1, repeats, seeds)
    right = (probabilities.argmax(axis=3) == labels).reshape(-1, lesions).T.astype(np.float64)
    if metric == "balanced_accuracy":
        values = _shares(right, labels, np.unique(labels).tolist(), weights)
    else:
        values = _shares(right, np.zeros(lesions, dtype=np.int64), [0], weights)
    return values.reshape(-1, repeats, seeds)


def cell_value(probabilities: ArrayLike, labels: ArrayLike, metric: Metric) -> float:
    """The metric of one cell, probabilities (N, K) and labels (N,), all cases alike; see `cell_values`."""
    scores, truth = checked(probabilities, labels)
    return cell_values(scores[None, None], truth, np.ones((1, len(truth))), metric).item()


# ---------------------------------------------------------------------------------------------------------------------
# Reliability: how often a classifier is right at each level of its confidence.


def reliability(probabilities: ArrayLike, labels: ArrayLike, bins: int = 10) -> dict[str, list[Any]]:
    """Mean confidence, accuracy and count in equal-width bins of the top probability, without empty bins.

    `probabilities` (N, K), `labels` (N,).
    """
    scores, truth = checked(probabilities, labels)
    confidence, right = scores.max(axis=1), scores.argmax(axis=1) == truth
    bin_of = np.clip(np.ceil(confidence * bins), 1, bins)
    _, used, n = np.unique(bin_of, return_inverse=True, return_counts=True)
    means = {"confidence": np.bincount(used, confidence) / n, "accuracy": np.bincount(used, right) / n}
    return {name: values.tolist() for name, values in (means | {"n": n}).items()}


# ---------------------------------------------------------------------------------------------------------------------
# How well a predicted mask fits the true one: overlap, and the distance between the two outlines.


def dice(predicted: ArrayLike, truth: ArrayLike) -> float:
    """2 |A and B| / (|A| + |B|) in [0, 1] of masks (H, W); 1 where both are empty (Dice 1945)."""
    first, second = np.asarray(predicted, dtype=bool), np.asarray(truth, dtype=bool)
    total = int(first.sum()) + int(second.sum())
    return 1.0 if total == 0 else 2.0 * int((first & second).sum()) / total


def outline_distances(predicted: ArrayLike, truth: ArrayLike) -> tuple[Floats, Floats]:
    """Distances in pixels from each pixel of the predicted outline to the true one, and the other way round.

    An outline is the pixels of a mask (H, W) that touch its outside, or the picture's edge, on a side. Where one mask
    is empty both are the picture's diagonal alone; where both are empty, 0.
    """
    first, second = np.asarray(predicted, dtype=bool), np.asarray(truth, dtype=bool)
    if not first.any() or not second.any():
        alone = np.array([0.0 if first.any() == second.any() else float(np.hypot(*first.shape))])
        return alone, alone
    one, other = (mask & ~np.asarray(binary_erosion(mask), dtype=bool) for mask in (first, second))
    to_one, to_other = (np.asarray(distance_transform_edt(~edge), dtype=np.float64) for edge in (one, other))
    return to_other[one], to_one[other]


def surface_distance(predicted: ArrayLike, truth: ArrayLike) -> float:
    """Mean of `outline_distances` (average symmetric surface distance), in pixels of the masks (H, W)."""
    return float(np.concatenate(outline_distances(predicted, truth)).mean())


def hausdorff_95(predicted: ArrayLike, truth: ArrayLike) -> float:
    """The larger of both directions' 95 % quantiles of the outlines' distances, in pixels of the masks (H, W)."""
    return max(float(np.quantile(one, 0.95)) for one in outline_distances(predicted, truth))
