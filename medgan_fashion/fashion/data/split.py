"""The split of purchases for judging a ranking: one held back for validation and one for test from each customer."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.purchases import Purchases

LEAST = 3  # likes of warm items that a customer must have to give two away


@dataclass(frozen=True)
class Split:
    """Four parts of the purchases.

    `train`: what recommenders learn from, dislikes among it; `validation`, `test`: one like of a warm item from
    each customer with at least three, by time the last two where times are known; `cold`: likes of held-out items.
    """

    train: Purchases
    validation: Purchases
    test: Purchases
    cold: Purchases


def split_purchases(purchases: Purchases, catalogue: Catalogue, seed: int) -> Split:
    """Leave-last-two-out by time (unknown times count as oldest), ties shuffled by `seed`.

    Purchases of held-out items go to `cold` and are in no training.
    """
    cold, liked = catalogue.held_out[purchases.item], purchases.weight > 0
    part = np.where(cold, np.where(liked, 3, -1), 0)
    rows = np.flatnonzero(liked & ~cold)
    from_last, count = _from_last(purchases.customer[rows], purchases.time[rows], seed)
    gives = (count >= LEAST) & (from_last < 2)
    part[rows[gives]] = 2 - from_last[gives]
    return Split(*(purchases.take(part == number) for number in range(4)))


def _from_last(
    customer: NDArray[np.int64], time: NDArray[np.float64], seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each pair (M,) how many of its customer's pairs come later, and how many that customer has."""
    shuffle = np.random.default_rng((seed, 41)).permutation(len(customer))
    order = np.lexsort((shuffle, np.nan_to_num(time, nan=-np.inf), customer))
    counts = np.bincount(customer, minlength=int(customer.max(initial=0)) + 1)
    ends = np.cumsum(counts)
    from_last = np.empty(len(customer), dtype=np.int64)
    from_last[order] = ends[customer[order]] - 1 - np.arange(len(customer))
    return from_last, counts[customer]
