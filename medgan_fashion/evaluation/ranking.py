"""Figures of a ranking (exact AUC, hit rate, NDCG, reciprocal rank, coverage, Gini), and intervals over customers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm
from scipy.stats import t as student

from medgan_fashion.evaluation.classifiers.intervals import Interval

# ---------------------------------------------------------------------------------------------------------------------
# Figures of a ranking: exact AUC, hit rate, NDCG, reciprocal rank; coverage and Gini of what is shown.
#
# Every candidate is ranked: figures on a sample of candidates are inconsistent and nearly all become AUC (Krichene &
# Rendle 2020). Equal scores count by their expectation over every order of the equals, so that a constant scorer has
# AUC 1/2 and a hit rate of k / N, however the items are numbered.


Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
METRICS = ("auc", "hit", "ndcg", "mrr")


@dataclass(frozen=True)
class RankFigures:
    """Float64 (B,) for each customer, NaN where the ranking says nothing (no item can be ranked, no target).

    `auc`; `hit`, whether one of the targets is among the first k; `ndcg` of the first k; `mrr`, 1 / rank of the
    first target (of all candidates, not of k).
    """

    auc: Floats
    hit: Floats
    ndcg: Floats
    mrr: Floats


@lru_cache(maxsize=8)
def _discounts(k: int) -> Floats:
    """Sum of 1 / log2(rank + 1) over the first 0, 1 .. k ranks (k + 1,)."""
    return np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(2, k + 2)))])


def _none_among(first: int, equals: int, targets: int) -> float:
    """Chance that none of `targets` stands among the first `first` places of `equals` shuffled items."""
    return comb(equals - targets, first) / comb(equals, first)


def _first_reciprocal(above: int, equals: int, targets: int) -> float:
    """Mean of 1 / rank of the first of `targets` among `equals` shuffled items that `above` others precede."""
    last = equals - targets + 1
    if last == 1:
        return 1 / (above + 1)
    places = np.arange(last)
    # P(first target at place j + 1), from P(j + 1 | none before) = targets / (equals - j)
    hazard = targets / (equals - places)
    before = np.concatenate([[1.0], np.cumprod(1 - hazard)[:-1]])
    return float((hazard * before / (above + 1 + places)).sum())


def _one(scores: NDArray[np.floating], targets: Ints, k: int) -> tuple[float, float, float, float]:
    """AUC, hit, NDCG and reciprocal rank of one customer; `scores` (C,) of the candidates alone, no NaN."""
    values = scores[targets]
    above = np.array([np.count_nonzero(scores > value) for value in values])
    equals = np.array([np.count_nonzero(scores == value) for value in values])
    n_others = len(scores) - len(targets)
    targets_above = (values[None] > values[:, None]).sum(axis=1)
    targets_equal = (values[None] == values[:, None]).sum(axis=1)
    beaten_by = (above - targets_above) + (equals - targets_equal) / 2
    auc = float((1 - beaten_by / n_others).mean()) if n_others else np.nan
    table = _discounts(k)
    gained = table[np.minimum(above + equals, k)] - table[np.minimum(above, k)]
    ndcg = float((gained / equals).sum() / table[min(k, len(targets))])
    best = int(np.argmin(above))
    a, e, q = int(above[best]), int(equals[best]), int(targets_equal[best])
    hit = 1 - _none_among(min(k - a, e), e, q) if a < k else 0.0
    return auc, hit, ndcg, _first_reciprocal(a, e, q)


def _checked(scores: ArrayLike, candidates: ArrayLike, targets: Sequence[Ints], k: int) -> tuple[Floats, NDArray]:
    values, may = np.asarray(scores), np.asarray(candidates, dtype=bool)
    if values.ndim != 2 or may.shape not in (values.shape, values.shape[1:]) or len(targets) != len(values):
        raise ValueError(
            f"scores {values.shape}, candidates {may.shape} and targets of {len(targets)} customers do not fit: "
            "give (B, N), (N,) or (B, N), and B arrays of rows."
        )
    if k < 1:
        raise ValueError(f"k = {k}: ask for at least one item.")
    return values, np.broadcast_to(may, values.shape)


def rank_figures(
    scores: ArrayLike,
    candidates: ArrayLike,
    targets: Sequence[Ints],
    k: int = 10,
    seen: ArrayLike | None = None,
) -> RankFigures:
    """Full-ranking figures of B customers over N items.

    Args:
        scores: (B, N), higher is better, NaN where the model cannot rank: such a candidate stands below all others.
        candidates: bool (N,) or (B, N), the items that are ranked.
        targets: rows of the items to be found, at least one for each customer, all of them candidates and not seen.
        k: length of the list for hit and NDCG. seen: bool (B, N), taken out of a customer's candidates.

    A customer none of whose candidates can be ranked gets NaN. ValueError for a target that is no candidate.
    """
    values, may = _checked(scores, candidates, targets, k)
    out = np.full((len(values), 4), np.nan)
    for row, rows in enumerate(targets):
        open_to = may[row] if seen is None else may[row] & ~np.asarray(seen[row], dtype=bool)  # type: ignore[index]
        wanted = np.unique(np.asarray(rows, dtype=np.int64))
        if not open_to[wanted].all():
            lost = int(wanted[~open_to[wanted]][0])
            raise ValueError(f"customer in row {row}: target item {lost} is no candidate, or was seen before.")
        chosen = values[row, open_to]
        if len(wanted) and not np.isnan(chosen).all():
            place = np.cumsum(open_to) - 1
            out[row] = _one(np.where(np.isnan(chosen), -np.inf, chosen), place[wanted], k)
    return RankFigures(*out.T)


def sampled_auc(
    scores: ArrayLike,
    candidates: ArrayLike,
    targets: Sequence[Ints],
    seen: ArrayLike | None = None,
    *,
    n_negatives: int = 100,
    seed: int = 0,
    address: Ints | None = None,
) -> Floats:
    """AUC (B,) against `n_negatives` random candidates, with replacement, as the released code of DVBPR takes it.

    Only to set beside figures that were made so: `rank_figures` has no sampling noise. Arguments as there.

    Args:
        address: int64 (B,), numbers that the random candidates follow from, so that a customer's are the same in any
            batch; default: the rows.
    """
    values, may = _checked(scores, candidates, targets, 1)
    out, numbers = np.full(len(values), np.nan), range(len(values)) if address is None else address.tolist()
    for row, rows in enumerate(targets):
        others = may[row] if seen is None else may[row] & ~np.asarray(seen[row], dtype=bool)  # type: ignore[index]
        pool = np.setdiff1d(np.flatnonzero(others), rows)
        if not len(pool) or not len(rows) or np.isnan(values[row, others]).all():
            continue
        drawn = np.random.default_rng((seed, 43, numbers[row])).choice(pool, n_negatives)
        line = np.where(np.isnan(values[row]), -np.inf, values[row])
        wanted, unwanted = line[np.asarray(rows)][:, None], line[drawn]
        out[row] = ((wanted > unwanted) + (wanted == unwanted) / 2).mean()
    return out


def list_figures(items: Ints, targets: Sequence[Ints]) -> dict[str, Floats]:
    """Hit, NDCG and MRR (B,) of finished lists (B, k) of item rows, padded with -1; beyond the list all is a miss."""
    found = np.array([np.isin(line, rows) for line, rows in zip(items, targets, strict=True)]).reshape(items.shape)
    k = items.shape[1]
    table = _discounts(k)
    ideal = table[np.minimum([len(np.unique(rows)) for rows in targets], k)]
    first = np.where(found.any(axis=1), found.argmax(axis=1) + 1.0, np.inf)
    return {"hit": found.any(axis=1).astype(float), "ndcg": found @ np.diff(table) / ideal, "mrr": 1 / first}


def exposure(items: Ints, candidates: NDArray[np.bool_]) -> tuple[float, float]:
    """Coverage and Gini of lists (B, k) over the candidates (N,).

    Coverage is the share of candidates that stand in at least one list; the Gini coefficient of how often each
    stands in one is 0 where all do equally often and near 1 where a few fill every list.
    """
    counts = np.bincount(items[items >= 0], minlength=len(candidates))[candidates]
    if not counts.sum():
        return 0.0, float("nan")
    n, ordered = len(counts), np.sort(counts).astype(np.float64)
    gini = 2 * (np.arange(1, n + 1) @ ordered) / (n * ordered.sum()) - (n + 1) / n
    return float((counts > 0).mean()), float(gini)


# ---------------------------------------------------------------------------------------------------------------------
# Intervals over customers: of a mean, of a paired difference, of a ratio of two means.


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
