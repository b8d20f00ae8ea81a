"""One interval for a metric or a paired difference that covers patients, partitions, GAN seeds and classifier seeds."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

from medgan_fashion.evaluation.weighted import METRICS, Metric, cell_values

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ALL_SOURCES = ("patients", "partitions", "GAN seeds", "classifier seeds")


@dataclass(frozen=True)
class Interval:
    """A 95 % interval `low`..`high` around `estimate`, as fractions (0.05 = 5 points).

    `se` is the standard error with `df` degrees of freedom, `components` the variances whose sum is se squared,
    `covers` names the sources of chance that the interval includes.
    """

    estimate: float
    low: float
    high: float
    se: float
    df: float
    components: dict[str, float] = field(default_factory=dict)
    covers: tuple[str, ...] = ALL_SOURCES


@dataclass(frozen=True)
class _Table:
    labels: Ints
    patients: Ints  # 0..P-1
    n_patients: int
    scarcest: int  # patients of the class that fewest patients have


def _table(labels: ArrayLike, patients: ArrayLike, n_classes: int) -> _Table:
    truth = np.asarray(labels, dtype=np.int64)
    ids, inverse = np.unique(np.asarray(patients), return_inverse=True)
    if truth.ndim != 1 or inverse.shape != truth.shape:
        raise ValueError(f"labels {truth.shape} and patients {inverse.shape} do not fit: give (L,) and (L,).")
    counts = [len(np.unique(inverse[truth == k])) for k in range(n_classes)]
    if min(counts) < 2:
        raise ValueError(
            f"class {int(np.argmin(counts))} has {min(counts)} patients: an interval needs two of every class."
        )
    return _Table(truth, inverse.astype(np.int64), len(ids), min(counts))


def _probabilities(values: ArrayLike, labels: ArrayLike) -> Floats:
    scores = np.asarray(values, dtype=np.float64)
    if scores.ndim != 4 or scores.shape[2] != len(np.asarray(labels)):
        raise ValueError(
            f"probabilities {scores.shape} must be (repeats, classifier seeds, lesions, classes)."
        )
    if not np.isfinite(scores).all():
        raise ValueError("probabilities hold NaN: every lesion needs a score in every repeat and seed.")
    return scores


def _weights(table: _Table, n_boot: int, seed: int) -> Floats:
    """Row 0 is ones; the others are exponential weights per patient, the Bayesian bootstrap (Rubin 1981).

    Unlike counts of redrawn patients they are never zero, so no draw loses a class.
    """
    drawn = np.random.default_rng((seed, 4)).standard_exponential((n_boot + 1, table.n_patients))
    drawn[0] = 1.0
    return drawn[:, table.patients]


def _patient_variance(draws: Floats, table: _Table, n_classes: int, metric: Metric) -> float:
    """Variance over patients, not below what one patient who changes sides would give.

    Dirichlet weights shrink the variance of a mean over n by (n - 1) / (n + 1), undone for the scarcest class. The
    floor keeps an interval honest where both arms agree on the few patients there are.
    """
    n = table.scarcest
    floor = 1 / table.n_patients if metric == "sensitivity_weighted" else 1 / (n_classes * n)
    return max(float(draws.var()) * (n + 1) / (n - 1), floor**2)


def _training_variance(cells: Floats) -> tuple[str, float, float, tuple[str, ...]]:
    """Name, variance of the mean, its df and what it covers, from the cells' values (R, C).

    The spread between repeats holds partitions, GAN seeds and the classifier seeds nested in them.
    """
    repeats, seeds = cells.shape
    if repeats > 1:
        return "repeats", float(cells.mean(axis=1).var(ddof=1) / repeats), repeats - 1.0, ALL_SOURCES
    if seeds > 1:
        return (
            "classifier seeds",
            float(cells[0].var(ddof=1) / seeds),
            seeds - 1.0,
            ("patients", "classifier seeds"),
        )
    return "repeats", 0.0, 1.0, ("patients",)


def _interval(values: Floats, table: _Table, n_classes: int, metric: Metric) -> Interval:
    """From cell values (1 + B, R, C), row 0 unweighted: Satterthwaite's t on the sum of both variances."""
    estimate = float(values[0].mean())
    patients = _patient_variance(values[1:].mean(axis=(1, 2)), table, n_classes, metric)
    name, training, training_df, covers = _training_variance(values[0])
    total = patients + training
    df = total**2 / (patients**2 / (table.scarcest - 1) + training**2 / training_df)
    half = float(student.ppf(0.975, df)) * total**0.5
    components = {"patients": patients, name: training}
    return Interval(estimate, estimate - half, estimate + half, total**0.5, df, components, covers)


def _checked_folds(folds: ArrayLike | None, scores: Floats) -> Ints | None:
    if folds is None:
        return None
    within = np.asarray(folds, dtype=np.int64)
    if within.shape != (scores.shape[0], scores.shape[2]):
        raise ValueError(
            f"folds {within.shape} must be (repeats, lesions) = {(scores.shape[0], scores.shape[2])}."
        )
    return within


def _values(
    scores: Floats, table: _Table, metric: Metric, n_boot: int, seed: int, folds: ArrayLike | None
) -> Floats:
    if metric not in METRICS:
        raise ValueError(f"metric {metric!r} is unknown: choose one of {', '.join(METRICS)}.")
    weights = _weights(table, n_boot, seed)
    return cell_values(scores, table.labels, weights, metric, _checked_folds(folds, scores))


def arm_interval(
    arm: ArrayLike,
    labels: ArrayLike,
    patients: ArrayLike,
    metric: Metric = "balanced_accuracy",
    n_boot: int = 2000,
    seed: int = 0,
    folds: ArrayLike | None = None,
) -> Interval:
    """95 % interval of one arm's metric; arguments as in `difference_interval`."""
    scores = _probabilities(arm, labels)
    table = _table(labels, patients, scores.shape[3])
    return _interval(_values(scores, table, metric, n_boot, seed, folds), table, scores.shape[3], metric)


def difference_interval(
    arm: ArrayLike,
    against: ArrayLike,
    labels: ArrayLike,
    patients: ArrayLike,
    metric: Metric = "balanced_accuracy",
    n_boot: int = 2000,
    seed: int = 0,
    folds: ArrayLike | None = None,
) -> Interval:
    """95 % interval of metric(arm) - metric(against), for patients, partitions, GAN seeds and classifier seeds.

    `arm`, `against`: probabilities (R, C, L, K) of R repeats (each a new partition and a new GAN seed), C classifier
    seeds, L lesions out of fold; `labels` (L,), `patients` (L,); `folds` (R, L) makes AUROC within each fold. The
    variance is that of a patient bootstrap with cells fixed plus that between repeats divided by R (the noise of a
    lesion in a repeat is in both, so the interval errs to the wide side), with Satterthwaite's df. The set of
    patients that is split into folds is resampled as test cases, not retrained on. ValueError when shapes do not
    fit or a class has fewer than two patients.
    """
    tested, reference = _probabilities(arm, labels), _probabilities(against, labels)
    if tested.shape != reference.shape:
        raise ValueError(
            f"arms of shape {tested.shape} and {reference.shape} are not paired: score the same cells."
        )
    table = _table(labels, patients, tested.shape[3])
    values = _values(tested, table, metric, n_boot, seed, folds)
    values = values - _values(reference, table, metric, n_boot, seed, folds)
    return _interval(values, table, tested.shape[3], metric)
