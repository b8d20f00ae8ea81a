"""An existing system's lists on the same split: better, worse, or not comparable and why."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.purchases import Purchases, customer_pseudonyms, split_purchases
from medgan_fashion.fashion.recommend.evaluate import evaluate_against, ranking_task
from medgan_fashion.fashion.recommend.lists import as_lists, write_lists
from medgan_fashion.fashion.recommend.recommenders import Chance

N, U, K = 60, 40, 5
SHOP = [f"{i:04d}" for i in range(U)]  # the shop's own IDs


@pytest.fixture(scope="module")
def tables() -> tuple[Catalogue, Purchases]:
    """Customer u bought the six items from u mod 50 on; the last five items are held out."""
    nothing = np.full(N, np.nan)
    items = tuple(f"{i:05d}" for i in range(N))
    images, zeros = np.zeros((N, 3, 4, 4), np.uint8), np.zeros(N, np.int64)
    catalogue = Catalogue(items, images, zeros, ("top",), np.arange(N), np.arange(N) >= 55, nothing, nothing, {})
    names = customer_pseudonyms(SHOP)
    customer, item = np.repeat(np.arange(U), 6), (np.arange(U)[:, None] % 49 + np.arange(6)).ravel()
    weight, time = np.ones(len(item), np.float32), np.tile(np.arange(6.0), U)
    return catalogue, Purchases(tuple(names[shop] for shop in SHOP), customer, item, weight, time)


def shops_lists(tables: tuple[Catalogue, Purchases], *, good: bool) -> pd.DataFrame:
    """Lists of five items not yet seen; good ones have the test purchase on rank 2."""
    catalogue, purchases = tables
    task = ranking_task(split_purchases(purchases, catalogue, 0), catalogue)
    rows = []
    for customer, targets in zip(task.customers, task.targets, strict=True):
        seen = task.seen[[customer]].toarray()[0] > 0
        others = [i for i in range(54, -1, -1) if not seen[i] and i not in targets][:K]
        items = [others[0], int(targets[0]), *others[1:4]] if good else others
        rows += [(SHOP[customer], rank, catalogue.items[item]) for rank, item in enumerate(items, start=1)]
    return pd.DataFrame(rows, columns=["customer", "rank", "item"])


def judged(tables: tuple[Catalogue, Purchases], path: Path):
    catalogue, purchases = tables
    split = split_purchases(purchases, catalogue, 0)
    return evaluate_against(path, split, catalogue, purchases, Chance(purchases.customers, catalogue.items), K)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_better_lists_are_called_better(tables: tuple[Catalogue, Purchases], tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"theirs.{ending}"
    table = shops_lists(tables, good=True)
    table.to_csv(path, index=False) if ending == "csv" else table.to_parquet(path)
    found = judged(tables, path)
    assert found.figures["hit"].theirs.estimate == 1
    assert found.figures["mrr"].theirs.estimate == 0.5
    assert found.figures["ndcg"].theirs.estimate == pytest.approx(1 / np.log2(3))
    assert found.figures["ndcg"].difference.high < 0
    assert found.sentence.endswith(f"The lists of theirs.{ending} are better: keep them.")
    assert (found.removed, found.short, found.n_customers) == (0, 0, U)


def test_lists_that_find_nothing_lose(tables: tuple[Catalogue, Purchases], tmp_path: Path) -> None:
    shops_lists(tables, good=False).to_csv(tmp_path / "theirs.csv", index=False)
    found = judged(tables, tmp_path / "theirs.csv")
    assert found.figures["hit"].theirs.estimate == 0
    assert found.figures["hit"].theirs.high > 0


def test_our_own_lists_come_back_as_equal(tables: tuple[Catalogue, Purchases], tmp_path: Path) -> None:
    catalogue, purchases = tables
    task = ranking_task(split_purchases(purchases, catalogue, 0), catalogue)
    ours = Chance(purchases.customers, catalogue.items)
    rows, scores = ours.recommend(task.customers, K, exclude=task.seen[task.customers], allowed=task.candidates)
    path = tmp_path / "ours.parquet"
    write_lists(path, as_lists(task.customers, rows, scores), purchases.customers, catalogue.items)
    found = judged(tables, path)
    assert found.figures["ndcg"].difference.estimate == 0
    assert found.sentence.endswith("Which is better cannot be told from these customers.")


def test_held_out_items_are_taken_out_and_the_list_closes_up(
    tables: tuple[Catalogue, Purchases], tmp_path: Path
) -> None:
    table = shops_lists(tables, good=True)
    table.loc[table["rank"] == 1, "item"] = "00057"
    table.to_csv(tmp_path / "theirs.csv", index=False)
    found = judged(tables, tmp_path / "theirs.csv")
    assert found.figures["mrr"].theirs.estimate == 1
    assert (found.removed, found.short) == (U, U)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.replace({"customer": {"0003": "9999"}}), "customer '9999' has no purchase in the tables"),
        (lambda t: t.assign(item=t["item"].where(t.index != 7, "57")), r"row 8: no item '57' in the catalogue"),
        (lambda t: t[t["customer"] != "0003"], "no list for 1 of the 40 customers"),
        (lambda t: t.assign(item=t["item"].where(t.index != 0, "00001")), r"row 1: customer 0000 had item 00001"),
        (lambda t: t.assign(rank=t["rank"].where(t["rank"] != 2, 1)), "rank 1 stands twice in the list of 0000"),
        (lambda t: t.assign(item=t["item"].where(t.index != 0, t["item"][1])), "item 00005 stands twice"),
        (lambda t: t.assign(rank=t["rank"] - 1), "rank '0' is none"),
        (lambda t: t.assign(rank="first"), "rank 'first' is none"),
        (lambda t: t.drop(columns="rank"), "no column 'rank'"),
        (lambda t: t.assign(item=t["item"].where(t.index != 2, None)), "row 3: no item"),
        (lambda t: t.assign(score="high"), "column 'score'"),
    ],
)
def test_lists_that_cannot_be_judged_say_why(
    tables: tuple[Catalogue, Purchases], tmp_path: Path, change, message: str
) -> None:
    change(shops_lists(tables, good=True)).to_csv(tmp_path / "theirs.csv", index=False)
    with pytest.raises(ValueError, match=message):
        judged(tables, tmp_path / "theirs.csv")
