"""What readers who were shown real and synthetic images without being told could tell, and how far they agree."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest

from medgan_fashion.evaluation.classifiers.intervals import auc_interval
from medgan_fashion.evaluation.classifiers.metrics import confusion, weighted_auroc

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
CHANCE = 0.5


@dataclass(frozen=True)
class Figure:
    """A figure over `n` images with its 95 % interval; None, and the `reason`, for what is not defined."""

    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class ReaderFigures:
    """One reader. `sensitivity` is the share of synthetic images called synthetic, `specificity` that of real ones
    called real; `p` is the two-sided exact binomial probability of an accuracy at least as far from 1/2 by guessing;
    `auc` that of the signed confidence; the class figures stand for all images, real ones and synthetic ones."""

    accuracy: Figure
    sensitivity: Figure
    specificity: Figure
    p: float | None
    auc: Figure
    classes: Figure
    classes_real: Figure
    classes_synthetic: Figure


@dataclass(frozen=True)
class Agreement:
    """Chance-corrected agreement of `readers`: Cohen's kappa for two (1960), Fleiss' for three or more (1971)."""

    readers: tuple[str, ...]
    kappa: Figure


def rate(hits: ArrayLike) -> Figure:
    """Share of true values in `hits` (N,) bool, with Wilson's score interval (1927)."""
    right = np.asarray(hits, dtype=bool)
    if not len(right):
        return Figure(0, reason="no such image was read")
    found = binomtest(int(right.sum()), len(right))
    interval = found.proportion_ci(method="wilson")
    return Figure(len(right), found.statistic, interval.low, interval.high)


def area(scores: ArrayLike, positive: ArrayLike) -> Figure:
    """Area under the ROC curve of `scores` (N,), high for `positive` (N,) bool, with Newcombe's interval."""
    values, is_positive = np.asarray(scores, dtype=np.float64), np.asarray(positive, dtype=bool)
    m, n = int(is_positive.sum()), int((~is_positive).sum())
    if not m or not n:
        return Figure(m + n, reason="an area needs real and synthetic images")
    value = weighted_auroc(values, is_positive, np.ones((1, m + n))).item()
    return Figure(m + n, value, *auc_interval(value, m, n))


def _cohen(codes: Ints) -> float:
    """Cohen's kappa of codes 0..K-1 (N, 2); NaN where both give one and the same answer throughout."""
    from statsmodels.stats.inter_rater import cohens_kappa

    table = confusion(codes[:, 0], codes[:, 1], int(codes.max()) + 1)
    if table.diagonal().max() == len(codes):
        return float("nan")
    return np.asarray(cohens_kappa(table, return_results=False)).item()


def _fleiss(codes: Ints) -> float:
    """Fleiss' kappa of codes 0..K-1 (N, R); NaN where all answers are one."""
    from statsmodels.stats.inter_rater import fleiss_kappa

    counts = (codes[:, :, None] == np.arange(codes.max() + 1)).sum(axis=1)
    if counts.sum(axis=0).max() == codes.size:
        return float("nan")
    return np.asarray(fleiss_kappa(counts)).item()


def kappa(answers: ArrayLike, n_boot: int = 1000, seed: int = 0) -> Figure:
    """Agreement of the columns of `answers` (N images, R readers): Cohen's kappa for two, Fleiss' for more.

    Interval: percentile bootstrap over images; redrawn sets in which kappa is not defined are left out. There is
    none where all agree on every image, because redrawing can show no disagreement. ValueError for other shapes.
    """
    given = np.asarray(answers)
    if given.ndim != 2 or given.shape[1] < 2:
        raise ValueError(f"answers {given.shape} must be (images, readers) of two or more readers")
    n = len(given)
    if n < 2:
        return Figure(n, reason="fewer than two images were read by all")
    codes = np.unique(given, return_inverse=True)[1].reshape(given.shape).astype(np.int64)
    statistic: Callable[[Ints], float] = _cohen if given.shape[1] == 2 else _fleiss
    constant = (codes == codes[:1]).all(axis=0)
    if constant.any() if given.shape[1] == 2 else np.ptp(codes) == 0:
        return Figure(n, reason="one and the same answer throughout: no kappa can be told from chance")
    value = statistic(codes)
    if (codes == codes[:, :1]).all():
        return Figure(n, value, reason="no disagreement was seen, so chance cannot be judged by redrawing")
    draws = np.random.default_rng((seed, 21)).integers(0, n, (n_boot, n))
    found = np.array([statistic(codes[rows]) for rows in draws])
    low, high = np.percentile(found[~np.isnan(found)], [2.5, 97.5])
    return Figure(n, value, float(low), float(high))


def reader_figures(
    synthetic: ArrayLike,
    said_synthetic: ArrayLike,
    confidence: ArrayLike,
    right_class: ArrayLike | None = None,
) -> ReaderFigures:
    """One reader's figures from `synthetic` (N,) bool, the truth; `said_synthetic` (N,) bool; `confidence` (N,) from
    1, a guess, to 5, sure; `right_class` (N,) bool, None where no class was asked. ValueError where they do not fit."""
    truth, said = np.asarray(synthetic, dtype=bool), np.asarray(said_synthetic, dtype=bool)
    sure = np.asarray(confidence, dtype=np.int64)
    if not truth.shape == said.shape == sure.shape or truth.ndim != 1:
        raise ValueError(f"truth {truth.shape}, answers {said.shape} and confidence {sure.shape} must be one length")
    if len(sure) and not (sure.min() >= 1 and sure.max() <= 5):
        raise ValueError(f"confidence runs from {sure.min()} to {sure.max()}; it must lie in 1 to 5")
    named = np.zeros(0, dtype=bool) if right_class is None else np.asarray(right_class, dtype=bool)
    asked = truth[: len(named)]
    right = said == truth
    return ReaderFigures(
        accuracy=rate(right),
        sensitivity=rate(right[truth]),
        specificity=rate(right[~truth]),
        p=float(binomtest(int(right.sum()), len(right), CHANCE).pvalue) if len(right) else None,
        auc=area(np.where(said, sure, -sure), truth),
        classes=rate(named),
        classes_real=rate(named[~asked]),
        classes_synthetic=rate(named[asked]),
    )


def agreements(answers: Mapping[str, Mapping[str, Hashable]], seed: int = 0) -> list[Agreement]:
    """Agreement of every two readers over the images that both read, and of all, where there are three or more, over
    those that all read. `answers` is reader -> image -> answer."""
    groups: list[tuple[str, ...]] = list(combinations(answers, 2))
    if len(answers) > 2:
        groups.append(tuple(answers))
    found = []
    for group in groups:
        shared = sorted(set.intersection(*(set(answers[reader]) for reader in group)))
        table = np.array([[str(answers[reader][image]) for reader in group] for image in shared])
        found.append(Agreement(group, kappa(table.reshape(len(shared), len(group)), seed=seed)))
    return found
