"""How well a recommender ranks what was bought next, warm and cold; and a shop's own lists beside ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.classifiers.intervals import Interval
from medgan_fashion.evaluation.ranking import (
    METRICS,
    customer_interval,
    exposure,
    list_figures,
    paired_interval,
    rank_figures,
    sampled_auc,
)
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.purchases import Purchases, Split, customer_pseudonyms
from medgan_fashion.fashion.recommend.lists import NamedLists, read_lists

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from medgan_fashion.fashion.recommend.model import Recommender


# ---------------------------------------------------------------------------------------------------------------------
# How well a recommender ranks: what its customers bought next (warm), and garments that no training saw (cold).


Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Setting = Literal["warm", "validation", "cold"]
ColdAmong = Literal["held-out", "all"]
_CELLS = 8_000_000  # scores at a time


@dataclass(frozen=True)
class Task:
    """What is to be found, the same for every recommender.

    Args:
        names: pseudonyms of all U customers.
        setting: "warm" (the test purchases), "validation" or "cold" (purchases of held-out items).
        customers: int64 (B,), those with something to be found and at least one like in training.
        targets: B arrays of item rows.
        candidates: bool (N,), the items that are ranked.
        seen: csr (U, N), what is taken out of a customer's candidates.
        left_out: customers with something to be found but no like in training: nothing is known of their taste.
    """

    names: tuple[str, ...]
    setting: Setting
    customers: Ints
    targets: tuple[Ints, ...]
    candidates: NDArray[np.bool_]
    seen: "csr_matrix"
    left_out: int


@dataclass(frozen=True)
class RankQuality:
    """One recommender at one task.

    Args:
        values: figure -> float64 (B,) of the task's customers: "auc", "hit", "ndcg", "mrr" over all candidates and
            "auc_100" against 100 sampled ones, as the released code of DVBPR has it.
        coverage, gini: of the lists of k over the candidates.
    """

    model: str
    setting: Setting
    k: int
    n_candidates: int
    customers: Ints
    values: dict[str, Floats]
    coverage: float
    gini: float

    def interval(self, metric: str, seed: int = 0) -> Interval:
        """Mean over customers with its 95 % bootstrap interval."""
        return customer_interval(self.values[metric], seed)

    def better_than(self, other: "RankQuality", metric: str, seed: int = 0) -> Interval:
        """Mean of this less mean of the other, 95 % interval over the same customers."""
        if not np.array_equal(self.customers, other.customers) or self.n_candidates != other.n_candidates:
            raise ValueError(f"{self.model} and {other.model} were judged on different customers or candidates.")
        return paired_interval(self.values[metric], other.values[metric], seed)


@dataclass(frozen=True)
class RankingTable:
    """One recommender, warm and cold apart; None where it does not apply, and `note` says why."""

    model: str
    warm: RankQuality | None
    cold: RankQuality | None
    note: str = ""

    def rows(self, seed: int = 0) -> list[dict[str, str | float]]:
        """A row for each setting: model, setting, customers, candidates, each figure with low and high, coverage."""
        return [_row(quality, seed) for quality in (self.warm, self.cold) if quality]


def _row(quality: RankQuality, seed: int) -> dict[str, str | float]:
    row: dict[str, str | float] = {"model": quality.model, "setting": quality.setting, "k": quality.k}
    row |= {"customers": len(quality.customers), "candidates": quality.n_candidates}
    for metric in quality.values:
        found = quality.interval(metric, seed)
        row |= {metric: found.estimate, f"{metric}_low": found.low, f"{metric}_high": found.high}
    return row | {"coverage": quality.coverage, "gini": quality.gini}


def _wanted(targets: Purchases, train: Purchases) -> tuple[Ints, tuple[Ints, ...], int]:
    """Customers with targets and a like in training, their targets, and how many have no such like."""
    known = np.unique(train.customer[train.weight > 0])
    judged = np.flatnonzero(np.isin(targets.customer, known))
    order = judged[np.argsort(targets.customer[judged], kind="stable")]
    customers, first = np.unique(targets.customer[order], return_index=True)
    items = tuple(np.split(targets.item[order], first[1:])) if len(customers) else ()
    return customers, items, len(np.unique(targets.customer)) - len(customers)


def ranking_task(
    split: Split, catalogue: Catalogue, setting: Setting = "warm", cold_among: ColdAmong = "held-out"
) -> Task:
    """The task of a setting.

    Warm: the test purchase of each customer among all items that are not held out, without those that the customer
    had to do with in training or validation ("validation" ranks its own purchases, and leaves the test ones among
    the candidates). Cold: purchases of held-out items among the held-out ones alone, as the papers' cold tables have
    it, or among "all" items not yet seen, where a recommender may also bury a new garment under the old ones.
    """
    n = len(catalogue)
    if setting == "cold":
        candidates = catalogue.held_out if cold_among == "held-out" else np.ones(n, dtype=bool)
        targets, parts = split.cold, (split.train, split.validation, split.test)
    else:
        candidates = ~catalogue.held_out
        targets = split.test if setting == "warm" else split.validation
        parts = (split.train, split.validation) if setting == "warm" else (split.train,)
    seen = sum((part.seen(n) for part in parts[1:]), start=parts[0].seen(n))
    customers, items, left_out = _wanted(targets, split.train)
    return Task(split.train.customers, setting, customers, items, candidates, seen.tocsr(), left_out)


def check_fits(model: "Recommender", task: Task) -> None:
    """ValueError where a recommender's rows are not those of the task: it was fitted on other tables."""
    if model.customers != task.names or len(model.items) != len(task.candidates):
        raise ValueError(
            f"{model.name} knows {len(model.customers)} customers and {len(model.items)} items, the purchases "
            f"{len(task.names)} and {len(task.candidates)}, or others: fit it on these tables."
        )


def judge_task(model: "Recommender", task: Task, k: int = 10, seed: int = 0) -> RankQuality | None:
    """Full-ranking figures of a recommender at a task; None where it can rank no candidate, or nobody is judged."""
    check_fits(model, task)
    if not len(task.customers) or not model.known[task.candidates].any():
        return None
    parts: list[dict[str, Floats]] = []
    lists = []
    step = max(_CELLS // len(task.candidates), 1)
    for at in range(0, len(task.customers), step):
        customers, targets = task.customers[at : at + step], task.targets[at : at + step]
        scores, seen = model.score_items(customers), task.seen[customers]
        masked = seen.toarray() != 0
        figures = rank_figures(scores, task.candidates, targets, k, masked)
        sampled = sampled_auc(scores, task.candidates, targets, masked, seed=seed, address=customers)
        parts.append({name: getattr(figures, name) for name in METRICS} | {"auc_100": sampled})
        lists.append(model.recommend(customers, k, exclude=seen, allowed=task.candidates)[0])
    values = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    shown = exposure(np.concatenate(lists), task.candidates)
    count = int(task.candidates.sum())
    return RankQuality(model.name, task.setting, k, count, task.customers, values, *shown)


def rank_quality(
    model: "Recommender",
    split: Split,
    catalogue: Catalogue,
    k: int = 10,
    seed: int = 0,
    cold_among: ColdAmong = "held-out",
) -> RankingTable:
    """Full ranking of a recommender that was fitted on `split.train`, warm and cold apart.

    A recommender that learns from purchases alone cannot rank held-out items: its `cold` is None. A warm item that
    it does not know (nobody bought it in training) stands below all that it knows.
    """
    warm = judge_task(model, ranking_task(split, catalogue, "warm"), k, seed)
    cold_task = ranking_task(split, catalogue, "cold", cold_among)
    blind = not model.known[catalogue.held_out].any()
    cold = None if blind else judge_task(model, cold_task, k, seed)
    notes = [] if warm else ["no customer has a purchase to test on: the warm figures are missing"]
    if not len(cold_task.customers):
        notes.append("nobody bought a held-out item: the cold figures are missing")
    elif blind:
        notes.append(f"{model.name} cannot rank items that nobody has bought: n/a")
    return RankingTable(model.name, warm, cold, "; ".join(notes))


# ---------------------------------------------------------------------------------------------------------------------
# A shop's own lists beside ours, on the same customers and purchases: which finds more of what was bought?


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
