"""Purchases: which customer bought, liked, viewed or returned which item, one row for each pair."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_ARRAYS = ("customer", "item", "weight", "time")


@dataclass(frozen=True)
class Purchases:
    """M pairs of U customers and N items; every pair stands once.

    Args:
        customers: U pseudonyms ("C-..."), never the shop's own IDs.
        customer: int64 (M,) into `customers`.
        item: int64 (M,), row of the catalogue.
        weight: float32 (M,); above 0 a like (a purchase weighs 1), below 0 a dislike.
        time: float64 (M,), seconds since 1970, NaN where unknown.
    """

    customers: tuple[str, ...]
    customer: NDArray[np.int64]
    item: NDArray[np.int64]
    weight: NDArray[np.float32]
    time: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.customer)

    def take(self, rows: ArrayLike) -> "Purchases":
        """Those pairs (numbers or a mask) alone; the customers stay as they are."""
        chosen = np.asarray(rows)
        return Purchases(self.customers, *(getattr(self, name)[chosen] for name in _ARRAYS))

    def likes(self, n_items: int) -> "csr_matrix":
        """Positive weights as a sparse table (U, n_items)."""
        from scipy.sparse import csr_matrix

        liked = self.weight > 0
        where = (self.customer[liked], self.item[liked])
        return csr_matrix((self.weight[liked], where), shape=(len(self.customers), n_items))

    def seen(self, n_items: int) -> "csr_matrix":
        """1 where a customer has had to do with an item in any way (U, n_items): what is not recommended again."""
        from scipy.sparse import csr_matrix

        ones = np.ones(len(self), dtype=np.float32)
        return csr_matrix((ones, (self.customer, self.item)), shape=(len(self.customers), n_items))


def save_purchases(purchases: Purchases, folder: Path) -> None:
    """Writes arrays and customers.json into an existing folder."""
    for name in _ARRAYS:
        np.save(folder / f"{name}.npy", getattr(purchases, name))
    (folder / "customers.json").write_text(json.dumps(purchases.customers))


def load_purchases(folder: Path) -> Purchases:
    """Reads what `save_purchases` wrote."""
    customers = tuple(json.loads((folder / "customers.json").read_text()))
    return Purchases(customers, *(np.load(folder / f"{name}.npy") for name in _ARRAYS))
