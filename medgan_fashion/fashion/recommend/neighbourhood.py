"""Item-kNN: a customer's score for an item is the sum of its likeness to the items that the customer has bought."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.fashion.config import KnnConfig
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.purchases import Purchases
from medgan_fashion.fashion.recommend.model import Recommended, liked_items

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_BLOCK = 1024
_CELLS = 8_000_000  # scores at a time


def cosine_neighbours(likes: "csr_matrix", count: int) -> "csr_matrix":
    """The `count` other items most like each item, by the cosine of who likes them: csr (N, N) from likes (U, N)."""
    from scipy.sparse import csr_matrix, diags, vstack

    norms = np.sqrt(np.asarray(likes.multiply(likes).sum(axis=0)).ravel())
    scale: Any = diags(1 / np.maximum(norms, 1e-12))
    unit = (likes @ scale).tocsc()
    blocks = []
    for start in range(0, unit.shape[1], _BLOCK):
        pairs = (unit[:, start : start + _BLOCK].T @ unit).tocoo()
        other = pairs.row + start != pairs.col
        shape = (min(_BLOCK, unit.shape[1] - start), unit.shape[1])
        block: Any = csr_matrix((pairs.data[other], (pairs.row[other], pairs.col[other])), shape=shape)
        for row in range(shape[0]):
            values = block.data[block.indptr[row] : block.indptr[row + 1]]  # a view
            if len(values) > count:
                values[np.argsort(-values, kind="stable")[count:]] = 0
        block.eliminate_zeros()
        blocks.append(block)
    return csr_matrix(vstack(blocks), dtype=np.float32)


@dataclass(frozen=True)
class Neighbourhood:
    """A fitted item-kNN.

    Args:
        customers: U pseudonyms; items: N item IDs in the catalogue's order.
        likes: float32 csr (U, N); alike: float32 csr (N, N), each row an item's neighbours.
        known: bool (N,), items with a like in training.
    """

    name: str
    customers: tuple[str, ...]
    items: tuple[str, ...]
    likes: "csr_matrix"
    alike: "csr_matrix"
    known: NDArray[np.bool_]

    @cached_property
    def _turned(self) -> "csr_matrix":
        return self.alike.T.tocsr()

    def score_items(self, customers: NDArray[np.int64]) -> NDArray[np.float32]:
        """Scores (B, N) of those customers (rows); NaN for items that nobody has bought."""
        scores = np.asarray((self.likes[customers] @ self._turned).todense(), dtype=np.float32)
        scores[:, ~self.known] = np.nan
        return scores

    def recommend(
        self,
        customers: NDArray[np.int64],
        k: int,
        *,
        exclude: Any = None,
        allowed: NDArray[np.bool_] | None = None,
    ) -> Recommended:
        """The k best items of each customer (row), exact; `exclude` csr (B, N), `allowed` bool (N,)."""
        from medgan_fashion.fashion.recommend.top_k import top_k

        rows, scores = np.full((len(customers), k), -1, np.int64), np.full((len(customers), k), np.nan, np.float32)
        nothing = np.zeros((1, 0), np.float32), np.zeros((len(self.items), 0), np.float32)
        step = max(_CELLS // max(len(self.items), 1), 1)
        for start in range(0, len(customers), step):
            for at, bias in enumerate(self.score_items(customers[start : start + step]), start=start):
                masked = None if exclude is None else exclude[[at]]
                rows[[at]], scores[[at]] = top_k(*nothing, bias, k, exclude=masked, allowed=allowed)
        return Recommended(rows, scores)

    def similar(self, item: int, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The k nearest neighbours: rows (k,) padded with -1, cosines (k,) padded with NaN."""
        row = self.alike[[item]].tocoo()
        order = np.lexsort((row.col, -row.data))[:k]
        rows, cosines = np.full(k, -1, np.int64), np.full(k, np.nan, np.float32)
        rows[: len(order)], cosines[: len(order)] = row.col[order], row.data[order]
        return rows, cosines


def fit_item_knn(catalogue: Catalogue, train: Purchases, config: KnnConfig, seed: int) -> Neighbourhood:
    """Cosine between the columns of the table of likes."""
    likes: Any = train.likes(len(catalogue)).astype(np.float32)
    likes.sort_indices()
    alike = cosine_neighbours(likes, config.neighbours)
    known = liked_items(train, len(catalogue))
    return Neighbourhood("item_knn", train.customers, catalogue.items, likes, alike, known)
