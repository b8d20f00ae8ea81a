"""One interval for a metric or a difference over patients, partitions, GAN seeds and classifier seeds; and an AUC's."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import root_scalar
from scipy.stats import chi2, norm
from scipy.stats import t as student

from medgan_fashion.evaluation.classifiers.metrics import METRICS, Metric, cell_values

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ALL_SOURCES = ("patients", "partitions", "GAN seeds", "classifier seeds")


@dataclass(frozen=True)
class Interval:
    """A 95 % interval `low`..`high` around `estimate`, as fractions (0.05 = 5 points).

    `se` is the standard error with `df` degrees of freedom, `components` the variances that sum to se
    squared, `covers` names the sources of chance that the interval includes. `noise` is the part of the trainings'
    variance that the chance of single test patients explains: more patients lessen it, more alike trainings do not.
    """

    estimate: float
    low: float
    high: float
    se: float
    df: float
    components: dict[str, float] = field(default_factory=dict)
    covers: tuple[str, ...] = ALL_SOURCES
    noise: float = 0.0


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
            f"class {int(np.argmin(counts))} has {min(counts)} patients: an interval needs two of each class."
        )
    return _Table(truth, inverse.astype(np.int64), len(ids), min(counts))


def _probabilities(values: ArrayLike, labels: ArrayLike) -> Floats:
    scores = np.asarray(values, dtype=np.float64)
    if scores.ndim != 4 or scores.shape[2] != len(np.asarray(labels)):
        raise ValueError(f"probabilities {scores.shape} must be (repeats, classifier seeds, lesions, classes).")
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


def _noise(draws: Floats) -> float:
    """What a repeat's own noise adds to the variance of the mean of draws (B, U) of U repeats: with S the mean variance
    of one repeat and M that of their mean, (S - M) / (U - 1)."""
    together, alone = float(draws.mean(axis=1).var()), float(draws.var(axis=0).mean())
    return max(alone - together, 0.0) / max(draws.shape[1] - 1, 1)


def _patient_variance(draws: Floats, table: _Table, n_classes: int, metric: Metric) -> float:
    """Variance over patients from bootstrap draws (B, U) of U repeats, less what a repeat's noise adds.

    That noise (`_noise`) is also in the spread between repeats and must count once. Dirichlet weights shrink a
    variance over n by (n - 1) / (n + 1), undone for the scarcest class. Never below what one patient who changes
    sides would give: an interval must not be a point because both arms agree on the few patients there are.
    """
    n = table.scarcest
    found = (float(draws.mean(axis=1).var()) - _noise(draws)) * (n + 1) / (n - 1)
    if metric == "mean_score":  # continuous scores hardly ever agree, and have no side to change
        return max(found, 1e-12)
    floor = 1 / table.n_patients if metric == "sensitivity_weighted" else 1 / (n_classes * n)
    return max(found, floor**2)


def _units(values: Floats) -> tuple[str, tuple[str, ...], Floats]:
    """What trainings are repeated by, what they cover, and their values (1 + B, U) from cells (1 + B, R, C).

    A repeat's value holds its partition, its GAN seed and the classifier seeds nested in it.
    """
    if values.shape[1] > 1:
        return "repeats", ALL_SOURCES, values.mean(axis=2)
    covers = ("patients", "classifier seeds") if values.shape[2] > 1 else ("patients",)
    return "classifier seeds", covers, values[:, 0]


def cautious_df(patients: float, patients_df: int, training: float, training_df: int) -> float:
    """Satterthwaite's degrees of freedom, with the training variance at its 80 % upper confidence bound.

    Two or three repeats often look alike by chance. The plain formula then trusts the patients' many
    degrees of freedom, and the one-sided error reaches 6.3 % with 2 repeats and 3.8 % with 3; with the
    bound it is at most 2.5 % at every ratio of the two variances (tests/evaluation/test_intervals.py
    integrates it).
    """
    if training_df == 0:
        return float(patients_df)
    upper = training * training_df / float(chi2.ppf(0.2, training_df))
    return max((patients + upper) ** 2 / (patients**2 / patients_df + upper**2 / training_df), 1.0)


def _interval(values: Floats, table: _Table, n_classes: int, metric: Metric) -> Interval:
    """From cell values (1 + B, R, C), row 0 unweighted: t interval on the sum of both variances."""
    name, covers, units = _units(values)
    n_units = units.shape[1]
    estimate = float(units[0].mean())
    patients = _patient_variance(units[1:], table, n_classes, metric)
    training = float(units[0].var(ddof=1)) / n_units if n_units > 1 else 0.0
    df = cautious_df(patients, table.scarcest - 1, training, n_units - 1)
    se = (patients + training) ** 0.5
    half = float(student.ppf(0.975, df)) * se
    components = {"patients": patients} | ({name: training} if n_units > 1 else {})
    return Interval(estimate, estimate - half, estimate + half, se, df, components, covers, _noise(units[1:]))


def _checked_folds(folds: ArrayLike | None, scores: Floats) -> Ints | None:
    if folds is None:
        return None
    within = np.asarray(folds, dtype=np.int64)
    if within.shape != (scores.shape[0], scores.shape[2]):
        raise ValueError(f"folds {within.shape} must be (repeats, lesions) = {(scores.shape[0], scores.shape[2])}.")
    return within


def _values(scores: Floats, table: _Table, metric: Metric, n_boot: int, seed: int, folds: ArrayLike | None) -> Floats:
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
    """95 % interval of metric(arm) - metric(against), over patients, partitions and seeds.

    `arm`, `against`: probabilities (R, C, L, K) of R repeats (each a new partition and a new GAN seed), C
    classifier seeds, L lesions out of fold; `labels` (L,), `patients` (L,); `folds` (R, L) makes AUROC
    within each fold. The variance is that of a patient bootstrap with cells fixed plus that between repeats
    divided by R, in a t interval with cautious Satterthwaite df; with R = 1 the spread of classifier seeds
    takes the place of the repeats', and `covers` says so. Patients are resampled as test cases; that
    another hospital's patients would have trained another model is not covered. ValueError when shapes do
    not fit or a class has fewer than two patients.
    """
    tested, reference = _probabilities(arm, labels), _probabilities(against, labels)
    if tested.shape != reference.shape:
        raise ValueError(f"arms of shape {tested.shape} and {reference.shape} are not paired: score the same cells.")
    table = _table(labels, patients, tested.shape[3])
    values = _values(tested, table, metric, n_boot, seed, folds)
    values = values - _values(reference, table, metric, n_boot, seed, folds)
    return _interval(values, table, tested.shape[3], metric)


def auc_interval(auc: float, positives: int, negatives: int) -> tuple[float, float]:
    """95 % bounds of an AUC of independent cases by Newcombe's method 5 (Statistics in Medicine 2006, 25:559-573).

    Each bound is 1.96 of its own standard errors (Hanley and McNeil 1982) away from `auc`, so that unlike DeLong's the
    interval is no point at 0 or 1. At 0.5 the variance is that of the Mann-Whitney test, (m + n + 1) / (12 m n).
    """
    z, middle = float(norm.ppf(0.975)), (positives + negatives) / 2 - 1

    def lower(value: float) -> float:
        def beyond(at: float) -> float:
            spread = 1 + middle * ((1 - at) / (2 - at) + at / (1 + at))
            return (value - at) ** 2 - z**2 * at * (1 - at) * spread / (positives * negatives)

        return float(root_scalar(beyond, bracket=(0.0, min(value, 1 - 1e-9))).root) if value > 0 else 0.0

    return lower(auc), 1 - lower(1 - auc)
