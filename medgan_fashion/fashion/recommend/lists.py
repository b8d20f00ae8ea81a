"""Lists of recommended items: as rows inside, as IDs in Parquet and CSV files, and the vectors behind them."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.fashion.data.tables import read_table

if TYPE_CHECKING:
    import pyarrow as pa

    from medgan_fashion.fashion.recommend.model import FactorModel

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
_NEEDED = ("customer", "rank", "item")


@dataclass(frozen=True)
class Lists:
    """M recommended items, a customer's list in one piece and best first.

    Args:
        customer: int64 (M,), rows of customers.
        rank: int64 (M,), 1 for the best.
        item: int64 (M,), rows of items.
        score: float32 (M,), NaN where a list came without scores.
    """

    customer: Ints
    rank: Ints
    item: Ints
    score: Floats

    def __len__(self) -> int:
        return len(self.customer)

    def of(self, customer: int) -> "Lists":
        """One customer's list."""
        rows = np.flatnonzero(self.customer == customer)
        return Lists(self.customer[rows], self.rank[rows], self.item[rows], self.score[rows])

    def table(self, customers: Ints, k: int) -> Ints:
        """Items (B, k) of those customers by rank, -1 where a list is shorter."""
        place = np.full(int(max(self.customer.max(initial=0), customers.max(initial=0))) + 1, -1, dtype=np.int64)
        place[customers] = np.arange(len(customers))
        rows = np.flatnonzero((place[self.customer] >= 0) & (self.rank <= k))
        items = np.full((len(customers), k), -1, dtype=np.int64)
        items[place[self.customer[rows]], self.rank[rows] - 1] = self.item[rows]
        return items


@dataclass(frozen=True)
class NamedLists:
    """Lists as a file holds them: M customers' IDs, ranks, items' IDs and scores (NaN where the file has none)."""

    customers: tuple[str, ...]
    rank: Ints
    items: tuple[str, ...]
    score: Floats


def as_lists(customers: Ints, items: Ints, scores: Floats) -> Lists:
    """From what `top_k` returns: items and scores (B, k) of the customers (B,), padded with -1."""
    who, place = np.nonzero(items >= 0)
    return Lists(
        np.asarray(customers, dtype=np.int64)[who], place.astype(np.int64) + 1, items[who, place], scores[who, place]
    )


def write_lists(path: Path, lists: Lists, customers: tuple[str, ...], items: tuple[str, ...]) -> None:
    """Writes customer, rank, item, score with IDs as text: Parquet, or CSV where the name ends in .csv."""
    import pyarrow as pa
    import pyarrow.csv as csv
    import pyarrow.parquet as pq

    columns = {
        "customer": pa.array(customers, pa.string()).take(pa.array(lists.customer)),
        "rank": pa.array(lists.rank.astype(np.int32)),
        "item": pa.array(items, pa.string()).take(pa.array(lists.item)),
        "score": pa.array(lists.score),
    }
    write: Any = csv.write_csv if path.suffix.lower() == ".csv" else pq.write_table
    write(pa.table(columns), path)


def _ranks(values: list[str], file: str) -> Ints:
    for row, value in enumerate(values):
        if not value.isdecimal() or int(value) < 1:
            raise ValueError(f"{file}, row {row + 1}: rank '{value}' is none; the best item has rank 1, the next 2.")
    return np.array([int(value) for value in values], dtype=np.int64)


def _scores(values: list[str], file: str) -> Floats:
    try:
        return np.array([float(value or "nan") for value in values], dtype=np.float32)
    except ValueError as error:
        raise ValueError(f"{file}, column 'score': {error}; write numbers, or leave the column out.") from None


def read_lists(path: Path) -> NamedLists:
    """Reads customer, rank, item and, where present, score from Parquet or CSV (by its ending); IDs are text.

    ValueError names the file and the column or row that is missing, empty or not what it should be.
    """
    columns = read_table(path)
    for name in _NEEDED:
        if name not in columns:
            there = ", ".join(columns)
            raise ValueError(f"{path.name} has no column '{name}' but {there}: it needs customer, rank, item.")
    for name in ("customer", "item"):
        if "" in columns[name]:
            raise ValueError(f"{path.name}, row {columns[name].index('') + 1}: no {name}; every row needs one.")
    score = _scores(columns.get("score", [""] * len(columns["item"])), path.name)
    return NamedLists(tuple(columns["customer"]), _ranks(columns["rank"], path.name), tuple(columns["item"]), score)


def export_vectors(model: "FactorModel", folder: Path) -> None:
    """Writes items.parquet (item, vector, bias, known) and customers.parquet (customer, vector) into `folder`.

    Vectors are lists of fixed size, float32, so that a vector index or another program reads them without a copy;
    score = customer's vector . item's vector + bias.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    def vectors(values: Floats) -> "pa.Array":
        flat = pa.array(np.ascontiguousarray(values, dtype=np.float32).ravel())
        if values.shape[1] == 0:  # popularity: no vector, its bias says all
            return pa.array([[] for _ in values], pa.list_(pa.float32()))
        return pa.FixedSizeListArray.from_arrays(flat, values.shape[1])

    folder.mkdir(parents=True, exist_ok=True)
    items = {"item": pa.array(model.items, pa.string()), "vector": vectors(model.phi)}
    items |= {"bias": pa.array(np.asarray(model.bias, dtype=np.float32)), "known": pa.array(model.known)}
    pq.write_table(pa.table(items), folder / "items.parquet")
    customers = {"customer": pa.array(model.customers, pa.string()), "vector": vectors(model.theta)}
    pq.write_table(pa.table(customers), folder / "customers.parquet")
