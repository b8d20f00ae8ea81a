"""Figures of a classifier from its probabilities: confusion, sensitivity, AUROC, Brier, calibration."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

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


def balanced_accuracy(matrix: ArrayLike) -> float:
    """Macro mean of the sensitivities, in [0, 1]."""
    return float(sensitivity(matrix).mean())


def binary_auroc(scores: ArrayLike, positive: ArrayLike) -> float:
    """P(positive scores above negative) + P(tie) / 2 by mid-ranks (Mann-Whitney); (N,) and bool (N,)."""
    is_positive = np.asarray(positive, dtype=bool)
    hits = int(is_positive.sum())
    misses = len(is_positive) - hits
    if not hits or not misses:
        raise ValueError("AUROC needs a positive and a negative case: use fewer folds or fewer classes.")
    ranks = rankdata(np.asarray(scores, dtype=np.float64))
    return float((ranks[is_positive].sum() - hits * (hits + 1) / 2) / (hits * misses))


def auroc(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Macro mean over classes of the one-against-rest AUROC, in [0, 1]; probabilities (N, K), labels (N,)."""
    scores, truth = checked(probabilities, labels)
    return float(np.mean([binary_auroc(scores[:, k], truth == k) for k in range(scores.shape[1])]))


def brier(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Mean squared distance to the one-hot truth, summed over classes, in [0, 2] (Brier 1950); 0 is best."""
    scores, truth = checked(probabilities, labels)
    return float(((scores - np.eye(scores.shape[1])[truth]) ** 2).sum(axis=1).mean())


def calibration_error(probabilities: ArrayLike, labels: ArrayLike, bins: int = 10) -> float:
    """Expected calibration error of the top class over equal-width bins, in [0, 1] (Guo et al. 2017)."""
    scores, truth = checked(probabilities, labels)
    confidence = scores.max(axis=1)
    right = scores.argmax(axis=1) == truth
    index = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    gaps = np.bincount(index, weights=right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(truth))


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
        "auroc": auroc(scores, truth),
        "brier": brier(scores, truth),
        "calibration_error": calibration_error(scores, truth),
    }
