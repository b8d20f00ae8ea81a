"""Intervals over customers: of a mean, of a paired difference, of a ratio of two means."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm
from scipy.stats import t as student

from medgan_fashion.evaluation.classifiers.intervals import Interval

Floats = NDArray[np.float64]
N_BOOT = 2000
_CELLS = 2_000_000  # drawn at a time


def _complete(*columns: ArrayLike) -> Floats:
    """Columns (U,) side by side (U', C), without customers for whom one is NaN."""
    values = [np.asarray(column, dtype=np.float64) for column in columns]
    if any(value.ndim != 1 or value.shape != values[0].shape for value in values):
        shapes = ", ".join(str(value.shape) for value in values)
        raise ValueError(f"values {shapes} are not paired: give one for each of the same customers.")
    table = np.stack(values, axis=1)
    table = table[~np.isnan(table).any(axis=1)]
    if len(table) < 2:
        raise ValueError(f"{len(table)} customers have a value: an interval needs at least two.")
    return table


def _means(table: Floats, n_boot: int, seed: int) -> Floats:
    """Means (n_boot, C) of customers drawn again with replacement, whole rows at a time."""
    rng, n = np.random.default_rng((seed, 42)), len(table)
    step = max(_CELLS // table.size, 1)
    parts = [table[rng.integers(n, size=(min(step, n_boot - at), n))].mean(axis=1) for at in range(0, n_boot, step)]
    return np.concatenate(parts)


def _levels(n: int) -> list[float]:
    """The quantiles to read off: 2.5 % and 97.5 %, moved out for few customers.

    A percentile interval over n is too short by sqrt((n - 1) / n) and by normal in place of t quantiles; the
    expanded percentile interval (Hesterberg 2015) moves its levels accordingly.
    """
    level = float(norm.cdf(np.sqrt(n / (n - 1)) * student.ppf(0.025, n - 1)))
    return [level, 1 - level]


def _interval(estimate: float, draws: Floats, n: int, least: float = 0.0) -> Interval:
    low, high = (float(value) for value in np.quantile(draws, _levels(n)))
    low, high = min(low, estimate - least), max(high, estimate + least)
    se = float(draws.std())
    return Interval(estimate, low, high, se, float(n - 1), {"customers": se**2}, ("customers",))


def mean_interval(values: ArrayLike, seed: int = 0, n_boot: int = N_BOOT) -> Interval:
    """95 % bootstrap interval of the mean of a figure of any range over customers (U,); NaN are left out."""
    table = _complete(values)
    return _interval(float(table.mean()), _means(table, n_boot, seed)[:, 0], len(table))


def customer_interval(values: ArrayLike, seed: int = 0, n_boot: int = N_BOOT) -> Interval:
    """95 % bootstrap interval of the mean of a figure in [0, 1] over customers (U,); NaN are left out.

    It reaches at least as far as one customer who changed sides would move the mean, as far as [0, 1] goes: thirty
    customers without a hit do not prove a hit rate of 0. The trained model is held fixed: only customers vary.
    """
    table = _complete(values)
    found = _interval(float(table.mean()), _means(table, n_boot, seed)[:, 0], len(table), 1 / len(table))
    low, high = min(max(found.low, 0.0), found.estimate), max(min(found.high, 1.0), found.estimate)
    return Interval(found.estimate, low, high, found.se, found.df, found.components, found.covers)


def paired_interval(values: ArrayLike, against: ArrayLike, seed: int = 0, n_boot: int = N_BOOT) -> Interval:
    """95 % interval of mean(values) - mean(against), both (U,) for the same customers and in [0, 1]."""
    table = _complete(values, against)
    difference = table[:, :1] - table[:, 1:]
    draws = _means(difference, n_boot, seed)[:, 0]
    return _interval(float(difference.mean()), draws, len(table), 1 / len(table))


def ratio_interval(numerator: ArrayLike, denominator: ArrayLike, seed: int = 0, n_boot: int = N_BOOT) -> Interval:
    """95 % interval of mean(numerator) / mean(denominator), (U,) each for the same customers.

    The ratio of the means, not the mean of ratios: a customer whose denominator is near 0 cannot take over. Where
    the denominator's own interval holds 0 nothing is known of the ratio, and the interval is the whole line.
    """
    table = _complete(numerator, denominator)
    top, below = table.mean(axis=0)
    means = _means(table, n_boot, seed)
    low, high = np.quantile(means[:, 1], _levels(len(table)))
    if low <= 0 <= high:
        whole = (float("-inf"), float("inf"))
        estimate = float(top / below) if below else float("nan")
        return Interval(estimate, *whole, float("inf"), float(len(table) - 1), {}, ("customers",))
    means = means[means[:, 1] != 0]  # a rare draw of nothing but customers without a gain has no ratio
    return _interval(float(top / below), means[:, 0] / means[:, 1], len(table))


def gain_ratio_interval(
    new: ArrayLike, trained: ArrayLike, popularity: ArrayLike, seed: int = 0, n_boot: int = N_BOOT
) -> Interval:
    """95 % interval of (new - popularity) / (trained - popularity), means over the same customers (U,).

    1 where a customer met only through a few likes is served as well as one whom the model was trained on, 0 where
    no better than by popularity.
    """
    table = _complete(new, trained, popularity)
    return ratio_interval(table[:, 0] - table[:, 2], table[:, 1] - table[:, 2], seed, n_boot)
