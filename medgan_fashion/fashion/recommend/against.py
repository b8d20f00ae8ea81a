"""A shop's own lists beside ours, on the same customers and purchases: which finds more of what was bought?"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.classifiers.intervals import Interval
from medgan_fashion.evaluation.ranking import customer_interval, list_figures, paired_interval
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.customer_ids import customer_pseudonyms
from medgan_fashion.fashion.data.purchases import Purchases
from medgan_fashion.fashion.data.split import Split
from medgan_fashion.fashion.recommend.evaluate import ColdAmong, Task, check_fits, ranking_task
from medgan_fashion.fashion.recommend.lists import NamedLists, read_lists

if TYPE_CHECKING:
    from medgan_fashion.fashion.recommend.model import Recommender

Ints = NDArray[np.int64]
FIGURES = {"hit": "HR", "ndcg": "NDCG", "mrr": "MRR"}


@dataclass(frozen=True)
class Figure:
    """One figure at k: theirs, ours, and ours less theirs over the same customers, each with a 95 % interval."""

    name: str
    theirs: Interval
    ours: Interval
    difference: Interval


@dataclass(frozen=True)
class Comparison:
    """An existing system's lists judged beside one of our recommenders.

    Args:
        figures: "hit", "ndcg" and "mrr" of the first k.
        removed: rows of their lists that name no candidate of the task, taken out before judging.
        short: customers for whom fewer than k of their items are left; what is missing counts as a miss.
        sentence: what came out, by NDCG; it may say that theirs is better.
    """

    file: str
    model: str
    k: int
    n_customers: int
    figures: dict[str, Figure]
    removed: int
    short: int
    sentence: str


def _numbers(values: Sequence[str], names: Sequence[str]) -> Ints:
    """Row of each value among the names, -1 where it is not there."""
    where = {name: row for row, name in enumerate(names)}
    return np.array([where.get(value, -1) for value in values], dtype=np.int64)


def _customers(lists: NamedLists, purchases: Purchases, file: str) -> Ints:
    """Customers by pseudonym or, where they have none, by the shop's ID under this user's key."""
    rows = _numbers(lists.customers, purchases.customers)
    if (rows < 0).any():
        named = customer_pseudonyms(dict.fromkeys(lists.customers[row] for row in np.flatnonzero(rows < 0)))
        rows = _numbers([named.get(customer, customer) for customer in lists.customers], purchases.customers)
    if (rows < 0).any():
        first = int(np.argmax(rows < 0))
        raise ValueError(
            f"{file}, row {first + 1}: customer '{lists.customers[first]}' has no purchase in the tables "
            f"({len({lists.customers[row] for row in np.flatnonzero(rows < 0)})} such customers): use the shop's IDs "
            "under the same key, or pseudonyms, and leave out customers that are not judged."
        )
    return rows


def _items(lists: NamedLists, catalogue: Catalogue, file: str) -> Ints:
    rows = _numbers(lists.items, catalogue.items)
    if (rows < 0).any():
        first = int(np.argmax(rows < 0))
        raise ValueError(
            f"{file}, row {first + 1}: no item '{lists.items[first]}' in the catalogue "
            f"({len({lists.items[row] for row in np.flatnonzero(rows < 0)})} such items): leading zeros count; "
            "take items out that the catalogue does not have."
        )
    return rows


def _check_once(customers: Ints, values: Ints, what: str, lists: NamedLists, file: str) -> None:
    """ValueError where a customer has a rank or an item twice."""
    order = np.lexsort((values, customers))
    again = (np.diff(customers[order]) == 0) & (np.diff(values[order]) == 0)
    if again.any():
        row = int(order[1:][again].min())
        value = lists.items[row] if what == "item" else lists.rank[row]
        raise ValueError(f"{file}, row {row + 1}: {what} {value} stands twice in the list of {lists.customers[row]}.")


def _check_unseen(customers: Ints, items: Ints, task: Task, lists: NamedLists, file: str) -> None:
    """ValueError where lists hold what the customer had already bought: such places could find nothing."""
    hit = np.asarray(task.seen[customers, items]).ravel() != 0
    if hit.any():
        row = int(np.argmax(hit))
        raise ValueError(
            f"{file}, row {row + 1}: customer {lists.customers[row]} had item {lists.items[row]} before the test "
            f"purchases ({int(hit.sum())} such rows): fill the lists with items that are new to them, as ours are."
        )


def _places(customers: Ints, rank: Ints) -> Ints:
    """Place 0, 1, ... of each row in its customer's list by rank, without gaps."""
    order = np.lexsort((rank, customers))
    ordered = customers[order]
    place = np.empty(len(rank), dtype=np.int64)
    place[order] = np.arange(len(rank)) - np.searchsorted(ordered, ordered)
    return place


def _their_lists(path: Path, catalogue: Catalogue, purchases: Purchases, task: Task, k: int) -> tuple[Ints, int]:
    """Items (B, k) of the task's customers, padded with -1, and how many rows were no candidates."""
    lists = read_lists(path)
    customers, items = _customers(lists, purchases, path.name), _items(lists, catalogue, path.name)
    _check_once(customers, lists.rank, "rank", lists, path.name)
    _check_once(customers, items, "item", lists, path.name)
    judged = np.flatnonzero(np.isin(customers, task.customers))
    missing = np.setdiff1d(task.customers, customers)
    if len(missing):
        raise ValueError(
            f"{path.name} has no list for {len(missing)} of the {len(task.customers)} customers with a test purchase, "
            f"the first is {purchases.customers[missing[0]]}: give every one of them a list."
        )
    _check_unseen(customers, items, task, lists, path.name)
    kept = judged[task.candidates[items[judged]]]
    place = _places(customers[kept], lists.rank[kept])
    table = np.full((len(task.customers), k), -1, dtype=np.int64)
    inside = place < k
    table[np.searchsorted(task.customers, customers[kept][inside]), place[inside]] = items[kept][inside]
    return table, len(judged) - len(kept)


def _sentence(figure: Figure, file: str, model: str, k: int, n: int) -> str:
    found = figure.difference
    told = (
        f"Over {n} customers the lists of {file} reach NDCG@{k} {figure.theirs.estimate:.4f}, {model} "
        f"{figure.ours.estimate:.4f}: {found.estimate:+.4f} (95 % interval {found.low:+.4f} to {found.high:+.4f}). "
    )
    if found.low > 0:
        return told + f"{model} is better."
    if found.high < 0:
        return told + f"The lists of {file} are better: keep them."
    return told + "Which is better cannot be told from these customers."


def evaluate_against(
    lists: Path,
    split: Split,
    catalogue: Catalogue,
    purchases: Purchases,
    ours: "Recommender",
    k: int = 10,
    *,
    seed: int = 0,
    setting: Literal["warm", "cold"] = "warm",
    cold_among: ColdAmong = "held-out",
) -> Comparison:
    """Judges an existing system's lists (customer, rank, item[, score]) and ours by HR, NDCG and MRR at k.

    Both are lists of k for the same customers, of the same candidates (`ranking_task`), without what a customer had
    bought in training and validation. Their rows that are no candidates (held-out items, when warm) are taken out
    and the list closes up. Customers are named by the shop's ID or by pseudonym. That their system was not trained
    on the test purchases cannot be seen in the lists: the split says which purchases those are.

    ValueError names a row with an unknown customer or item, one twice in a list, one bought before, and customers
    without a list.
    """
    task = ranking_task(split, catalogue, setting, cold_among)
    if len(task.customers) < 2:
        raise ValueError(f"{len(task.customers)} customers have a {setting} test purchase: there is nothing to judge.")
    check_fits(ours, task)
    theirs, removed = _their_lists(lists, catalogue, purchases, task, k)
    own = ours.recommend(task.customers, k, exclude=task.seen[task.customers], allowed=task.candidates)[0]
    found, against = list_figures(own, task.targets), list_figures(theirs, task.targets)
    figures = {
        name: Figure(
            f"{FIGURES[name]}@{k}",
            customer_interval(against[name], seed),
            customer_interval(found[name], seed),
            paired_interval(found[name], against[name], seed),
        )
        for name in FIGURES
    }
    n, short = len(task.customers), int((theirs < 0).any(axis=1).sum())
    sentence = _sentence(figures["ndcg"], lists.name, ours.name, k, n)
    return Comparison(lists.name, ours.name, k, n, figures, removed, short, sentence)
