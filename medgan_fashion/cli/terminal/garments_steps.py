"""The single steps on a finished run of garments, as a person at a terminal sees them: lines, and files beside them."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from medgan_fashion.fashion.config import read_settings
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.check import check_catalogue, describe_catalogue, describe_purchases
from medgan_fashion.fashion.data.dvbpr_arrays import read_dvbpr
from medgan_fashion.fashion.design.people import customer_rows, find_people
from medgan_fashion.fashion.recommend.evaluate import evaluate_against
from medgan_fashion.fashion.recommend.lists import as_lists, export_vectors, write_lists
from medgan_fashion.fashion.recommend.model import FactorModel
from medgan_fashion.fashion.recommend.neighbourhood import Neighbourhood
from medgan_fashion.fashion.recommend.top_k import top_k
from medgan_fashion.fashion.run.forget import emptied_name
from medgan_fashion.fashion.run.open import Opened, open_run
from medgan_fashion.fashion.run.stages_recommend import load_split

PRINTED = 5  # customers whose lists are printed where no file is asked for
Given = tuple[list[str], list[str], list[str]]  # customers, likes, dislikes


@dataclass(frozen=True)
class Filters:
    """What may be recommended."""

    category: str | None = None
    in_stock: bool = False
    max_price: float | None = None

    def allowed(self, catalogue: Catalogue) -> np.ndarray:
        """bool (N,): items that pass; one whose stock or price is unknown passes. ValueError where none is left."""
        may = np.ones(len(catalogue), dtype=bool)
        if self.category is not None:
            may &= catalogue.category == category_number(catalogue, self.category)
        if self.in_stock:
            may &= ~(catalogue.stock <= 0)
        if self.max_price is not None:
            may &= ~(catalogue.price > self.max_price)
        if not may.any():
            raise ValueError("no item passes these filters: drop --in-stock, raise --max-price or change --category")
        return may


def category_number(catalogue: Catalogue, name: str) -> int:
    """The number of a category; ValueError lists the names."""
    if name not in catalogue.categories:
        raise ValueError(f"no category '{name}'; the catalogue has {', '.join(catalogue.categories)}")
    return catalogue.categories.index(name)


def check_lines(table: Path, purchases: Path | None, settings: dict[str, Any]) -> list[str]:
    """What `catalogue check` prints, of tables or of a file of the DVBPR layout."""
    config = read_settings(settings)
    if table.suffix == ".npy":
        left_out: list[str] = []
        catalogue, bought = read_dvbpr(table, replace(config.catalogue, skip_unreadable=True), left_out.append)
        return [f"{table.name}:", *describe_catalogue(catalogue), *describe_purchases(bought, catalogue), *left_out]
    return check_catalogue(table, config.catalogue, purchases, config.purchases)


def _lists(opened: Opened, model: Any, customers: np.ndarray, k: int, may: np.ndarray) -> tuple[Any, tuple[str, ...]]:
    """Lists of those customers, and a note on those of whom the model has learned nothing.

    A model with vectors gives them the average taste, item-kNN, which has none, what is popular.
    """
    seen = opened.history.seen(len(opened.catalogue))[customers]
    rows, scores = model.recommend(customers, k, exclude=seen, allowed=may)
    strangers, instead = ~_learned(model)[customers], "the average taste"
    if isinstance(model, Neighbourhood) and strangers.any():
        likes, instead = np.asarray(model.likes.sum(axis=0), dtype=np.float32).ravel(), "what is popular"
        flat = np.zeros((int(strangers.sum()), 0), np.float32), np.zeros((len(likes), 0), np.float32)
        found = top_k(*flat, likes, k, exclude=seen[np.flatnonzero(strangers)], allowed=may & model.known)
        rows[strangers], scores[strangers] = found
    said = f"{int(strangers.sum())} customers have no purchase to learn from and get {instead}"
    return as_lists(customers, rows, scores), (said,) if strangers.any() else ()


def _learned(model: Any) -> np.ndarray:
    """bool (U,): customers with a like that the model has learned from."""
    if isinstance(model, Neighbourhood):
        return np.diff(model.likes.indptr) > 0
    return np.ones(len(model.customers), dtype=bool) if model.trained is None else model.trained


def _everyone(model: Any) -> np.ndarray:
    """Rows of all customers but those who were forgotten."""
    return np.flatnonzero([name != emptied_name(row) for row, name in enumerate(model.customers)])


def _new_lists(opened: Opened, model: Any, given: Given, k: int, may: np.ndarray) -> tuple[Any, Any, tuple[str, ...]]:
    if not isinstance(model, FactorModel):
        raise ValueError(f"'{model.name}' cannot serve a new customer: take a model with vectors, such as dvbpr")
    people = find_people([model], opened.catalogue, opened.history, *given)
    may = may & model.known
    rows, scores = top_k(people.tastes[0], model.phi, model.bias, k, exclude=people.seen, allowed=may)
    return as_lists(np.zeros(1, dtype=np.int64), rows, scores), people.names, people.notes


def recommend_step(
    run: Path, customers: list[str], likes: list[str], dislikes: list[str], name: str, k: int, filters: Filters,
    out: Path | None, vectors: Path | None,
) -> list[str]:  # fmt: skip
    """Lists for customers of the run or for one new customer; to a file, or the first ones as lines."""
    opened = open_run(run)
    model, may = opened.model(name), filters.allowed(opened.catalogue)
    if likes or dislikes:
        lists, names, notes = _new_lists(opened, model, (customers, likes, dislikes), k, may)
    else:
        rows = customer_rows(customers, model.customers) if customers else _everyone(model)
        (lists, notes), names = _lists(opened, model, rows, k, may), model.customers
    lines = list(notes)
    if vectors is not None:
        if not isinstance(model, FactorModel):
            raise ValueError(f"'{name}' has no vectors to export: take als, bpr, vbpr or dvbpr")
        export_vectors(model, vectors)
        lines.append(f"vectors of {len(model.items)} items and {len(model.customers)} customers in {vectors}")
    if out is not None:
        write_lists(out, lists, names, opened.catalogue.items)
        return [*lines, f"{len(lists)} rows (customer, rank, item, score) in {out}"]
    for customer in np.unique(lists.customer)[:PRINTED]:
        mine = lists.of(int(customer))
        shown = ", ".join(f"{opened.catalogue.items[i]} ({s:.2f})" for i, s in zip(mine.item, mine.score, strict=True))
        lines.append(f"{names[customer]}: {shown}")
    return lines


def similar_step(run: Path, item: str, name: str, k: int) -> list[str]:
    """The items most like one."""
    opened = open_run(run)
    rows, scores = opened.model(name).similar(int(opened.catalogue.rows((item,))[0]), k)
    found = [f"{opened.catalogue.items[r]}  {s:.3f}" for r, s in zip(rows, scores, strict=True) if r >= 0]
    return found or [f"{name} knows no item like {item}: nobody has bought it, or nothing beside it"]


def against_step(run: Path, lists: Path, name: str, k: int) -> list[str]:
    """Another system's lists beside ours."""
    opened = open_run(run)
    split = load_split([run / folder for folder in opened.parts.split])
    found = evaluate_against(lists, split, opened.catalogue, opened.history, opened.model(name), k)
    lines = [
        f"{f.name}: theirs {_spread(f.theirs)}, {found.model} {_spread(f.ours)}, difference {_spread(f.difference)}"
        for f in found.figures.values()
    ]
    if found.figures["hit"].theirs.estimate == 0:
        lines.append(
            "their lists hold no test purchase at all: lists that leave out whatever customers have bought by now, as "
            "those of `recommend` do, cannot find it; leave out only what was bought before"
        )
    return [*lines, found.sentence]


def _spread(interval: Any) -> str:
    return f"{interval.estimate:.3f} ({interval.low:.3f} to {interval.high:.3f})"
