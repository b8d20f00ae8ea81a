"""Lists written and read again, and the vectors for other programs."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from medgan_fashion.fashion.recommend.lists import as_lists, export_vectors, read_lists, write_lists
from medgan_fashion.fashion.recommend.model import FactorModel, Prior

ITEMS, CUSTOMERS = tuple(f"{i:05d}" for i in range(6)), ("C-a", "C-b", "C-c")
ROWS = np.array([[5, 0, 2], [1, -1, -1]])
SCORES = np.array([[3, 2, 1], [7, np.nan, np.nan]], dtype=np.float32)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_lists_come_back_with_their_leading_zeros(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"lists.{ending}"
    write_lists(path, as_lists(np.array([2, 0]), ROWS, SCORES), CUSTOMERS, ITEMS)
    found = read_lists(path)
    assert found.customers == ("C-c", "C-c", "C-c", "C-a")
    assert found.items == ("00005", "00000", "00002", "00001")
    np.testing.assert_array_equal(found.rank, [1, 2, 3, 1])
    np.testing.assert_array_equal(found.score, [3, 2, 1, 7])


def test_lists_by_customer_and_as_a_table() -> None:
    lists = as_lists(np.array([2, 0]), ROWS, SCORES)
    assert len(lists) == 4
    assert lists.of(2).item.tolist() == [5, 0, 2]
    assert lists.table(np.array([0, 1, 2]), 2).tolist() == [[1, -1], [-1, -1], [5, 0]]


def test_integer_ids_of_another_program_are_read_as_text(tmp_path: Path) -> None:
    pq.write_table(pa.table({"customer": [7], "rank": [1], "item": [12]}), tmp_path / "lists.parquet")
    found = read_lists(tmp_path / "lists.parquet")
    assert (found.customers, found.items) == (("7",), ("12",))
    assert np.isnan(found.score).all()


@pytest.mark.parametrize("factors", [0, 3])
def test_exported_vectors_give_the_scores_back(tmp_path: Path, factors: int) -> None:
    rng = np.random.default_rng(0)
    theta, phi = (rng.normal(size=(n, factors)).astype(np.float32) for n in (3, 6))
    bias, prior = rng.normal(size=6).astype(np.float32), Prior(np.zeros(factors), np.eye(factors))
    model = FactorModel("als", CUSTOMERS, ITEMS, theta, phi, bias, np.ones(6, dtype=bool), prior)
    export_vectors(model, tmp_path / "vectors")
    items, customers = (pq.read_table(tmp_path / "vectors" / f"{name}.parquet") for name in ("items", "customers"))
    assert items["item"].to_pylist() == list(ITEMS)
    vectors = [np.array(table["vector"].to_pylist()).reshape(len(table), factors) for table in (customers, items)]
    scores = vectors[0] @ vectors[1].T + items["bias"].to_numpy()
    np.testing.assert_allclose(scores, model.score_items(np.arange(3)), rtol=1e-5)
    if factors:
        assert items.schema.field("vector").type == pa.list_(pa.float32(), factors)
