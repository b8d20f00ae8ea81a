"""The k best items of each customer, exactly, out of up to millions: products in blocks, and a running list."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

BLOCK = 8192  # items at a time
CHUNK = 128  # customers at a time: with a block, 4 MB of scores that stay in the cache
CROWD = 4  # times k candidates a customer: beyond that, a partition is quicker than sorting them


def _places(who: Ints, n: int) -> Ints:
    """For sorted rows `who` (M,) in 0..n-1 how many of the same row stand before each."""
    return np.arange(len(who)) - np.searchsorted(who, np.arange(n))[who]


def _crowded(scores: Floats, floor: Floats, k: int) -> Ints:
    """Flat positions of at least the k best of each row of `scores` (B, M) above `floor` (B, 1), M > k.

    Of equals on the border the first k: more cannot be needed, and a constant score stays cheap.
    """
    n, width = scores.shape
    scores[np.isnan(scores)] = -np.inf
    kth = np.maximum(np.partition(scores, width - k, axis=1)[:, width - k, None], floor)
    level = np.flatnonzero((scores == kth) & (kth > floor))
    level = level[_places(level // width, n) < k]
    return np.sort(np.concatenate([np.flatnonzero(scores > kth), level]))


def _merge(best: Floats, rows: Ints, scores: Floats, numbers: Ints) -> None:
    """Puts a block's scores (B, M) of the items `numbers` (M,) into the running lists `best`, `rows` (B, k).

    Numbers rise from block to block, so that a stable sort leaves the smaller row first among equals, and an
    item that only equals the last of a full list is too late.
    """
    (n, width), k = scores.shape, best.shape[1]
    floor = best[:, -1:]
    found = np.flatnonzero(scores > floor)
    if width > k and len(found) > CROWD * k * n:
        found = _crowded(scores, floor, k)
    if not len(found):
        return
    who = found // width
    place = k + _places(who, n)
    pool = np.full((n, int(place.max()) + 1), -np.inf, dtype=np.float32)
    pool_rows = np.full(pool.shape, -1, dtype=np.int64)
    pool[:, :k], pool_rows[:, :k] = best, rows
    pool[who, place], pool_rows[who, place] = scores.ravel()[found], numbers[found - who * width]
    order = np.argsort(-pool, axis=1, kind="stable")[:, :k]
    best[:], rows[:] = np.take_along_axis(pool, order, 1), np.take_along_axis(pool_rows, order, 1)


def _excluded(exclude: "csr_matrix | None", numbers: Ints | None) -> tuple[Ints, Ints]:
    """Customers and positions among the candidates that are masked, by position."""
    if exclude is None:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    pairs = exclude.tocoo()
    who, where = pairs.row.astype(np.int64), pairs.col.astype(np.int64)
    if numbers is not None:
        place = np.searchsorted(numbers, where)
        here = numbers[np.minimum(place, len(numbers) - 1)] == where
        who, where = who[here], place[here]
    order = np.argsort(where, kind="stable")
    return who[order], where[order]


def _check(theta: Floats, phi: NDArray[Any], bias: Floats, k: int, exclude: Any, allowed: Any) -> None:
    if theta.ndim != 2 or phi.ndim != 2 or theta.shape[1] != phi.shape[1] or bias.shape != phi.shape[:1]:
        raise ValueError(
            f"customers' vectors {theta.shape}, items' vectors {phi.shape} and biases {bias.shape} do not fit: "
            "give (B, K), (N, K) and (N,)."
        )
    if k < 1:
        raise ValueError(f"k = {k}: ask for at least one item.")
    if exclude is not None and exclude.shape != (len(theta), len(phi)):
        raise ValueError(f"exclude {exclude.shape} must be (customers, items) = {(len(theta), len(phi))}.")
    if allowed is not None and allowed.shape != (len(phi),):
        raise ValueError(f"allowed {allowed.shape} must have one value for each of the {len(phi)} items.")


def _candidates(bias: Floats, allowed: NDArray[np.bool_] | None) -> Ints | None:
    """Rows that may be listed, None for all of them."""
    may = ~np.isnan(bias) if allowed is None else allowed & ~np.isnan(bias)
    return None if may.all() else np.flatnonzero(may)


def top_k(
    theta: ArrayLike,
    phi: NDArray[Any],
    bias: ArrayLike,
    k: int,
    *,
    exclude: "csr_matrix | None" = None,
    allowed: NDArray[np.bool_] | None = None,
    block: int = BLOCK,
) -> tuple[Ints, Floats]:
    """The k items with the highest theta @ phi.T + bias for each customer, best first, equals by row number.

    Args:
        theta: (B, K) customers' vectors; K = 0 ranks by bias alone.
        phi: (N, K) items' vectors, float32 or float16, in memory or memory-mapped: read once, block by block.
        bias: (N,); an item whose bias is NaN is never listed, nor is one whose score is NaN.
        exclude: sparse (B, N), whatever stands there is not listed for that customer (items seen).
        allowed: bool (N,), items that may be listed (stock, price, category); the others are not even multiplied.
        block: items at a time.

    Returns rows int64 (B, k) padded with -1 and scores float32 (B, k) padded with NaN, where fewer than k are
    allowed. A block's scores are only compared with the k-th best so far; what passes, about k log(N / block)
    items over all blocks, is sorted into the list. ValueError when shapes do not fit.
    """
    customers, biases = np.ascontiguousarray(theta, dtype=np.float32), np.asarray(bias, dtype=np.float32)
    _check(customers, phi, biases, k, exclude, allowed)
    numbers = _candidates(biases, allowed)
    who, where = _excluded(exclude, numbers)
    n_items = len(phi) if numbers is None else len(numbers)
    best = np.full((len(customers), k), -np.inf, dtype=np.float32)
    rows = np.full(best.shape, -1, dtype=np.int64)
    biased = bool(biases.any())
    buffer = np.empty((CHUNK, min(block, n_items)), dtype=np.float32)  # fresh memory each time costs a third more
    for start in range(0, n_items, block):
        stop = min(start + block, n_items)
        chosen = np.arange(start, stop) if numbers is None else numbers[start:stop]
        taken = slice(start, stop) if numbers is None else chosen
        vectors, offsets = np.asarray(phi[taken], dtype=np.float32), biases[taken]
        masked = slice(*np.searchsorted(where, (start, stop)))
        for first in range(0, len(customers), CHUNK):
            chunk = slice(first, first + CHUNK)
            scores = np.matmul(customers[chunk], vectors.T, out=buffer[: len(customers[chunk]), : stop - start])
            if biased:
                scores += offsets
            here = (who[masked] >= first) & (who[masked] < first + CHUNK)
            scores[who[masked][here] - first, where[masked][here] - start] = -np.inf
            _merge(best[chunk], rows[chunk], scores, chosen)
    return rows, np.where(rows < 0, np.float32(np.nan), best)
