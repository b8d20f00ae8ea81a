"""How well a recommender ranks: what its customers bought next (warm), and garments that no training saw (cold)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.classifiers.intervals import Interval
from medgan_fashion.evaluation.ranking import (
    METRICS,
    customer_interval,
    exposure,
    paired_interval,
    rank_figures,
    sampled_auc,
)
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.purchases import Purchases
from medgan_fashion.fashion.data.split import Split

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from medgan_fashion.fashion.recommend.model import Recommender

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
