"""Groups of things that links join, one after the other."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


def connected(links: Iterable[tuple[int, int]], n: int) -> NDArray[np.int64]:
    """The group (n,) of each of 0..n-1, numbered by first appearance: two are of one group where links lead from one
    to the other, over however many others."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    pairs = np.array(list(links), dtype=np.int64).reshape(-1, 2)
    table = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), (n, n))
    return connected_components(table, directed=False)[1].astype(np.int64)
