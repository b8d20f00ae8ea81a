"""The single steps on a finished run of garments, as a person at a terminal sees them: lines, and files beside them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from medgan_fashion.fashion.against import evaluate_against
from medgan_fashion.fashion.atelier import Atelier
from medgan_fashion.fashion.catalogue import Catalogue
from medgan_fashion.fashion.catalogue_check import check_catalogue
from medgan_fashion.fashion.design import Designed, design
from medgan_fashion.fashion.design_config import DesignConfig
from medgan_fashion.fashion.garments_config import read_settings
from medgan_fashion.fashion.lists import as_lists, export_vectors, write_lists
from medgan_fashion.fashion.parts import Opened, open_run
from medgan_fashion.fashion.people import People, customer_rows, find_people
from medgan_fashion.fashion.preference import Problem
from medgan_fashion.fashion.recommender import FactorModel
from medgan_fashion.fashion.stages_recommend import load_split
from medgan_fashion.fashion.top_k import top_k
from medgan_fashion.gan.files import write_whole
from medgan_fashion.gan.plain import from_plain, merged
from medgan_fashion.runs.generate import write_png

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
    """What `catalogue check` prints."""
    config = read_settings(settings)
    return check_catalogue(table, config.catalogue, purchases, config.purchases)


def _lists(opened: Opened, model: Any, customers: np.ndarray, k: int, may: np.ndarray) -> tuple[Any, tuple[str, ...]]:
    seen = opened.history.seen(len(opened.catalogue))[customers]
    rows, scores = model.recommend(customers, k, exclude=seen, allowed=may)
    return as_lists(customers, rows, scores), model.customers


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
    model, may, notes = opened.model(name), filters.allowed(opened.catalogue), ()
    if likes or dislikes:
        lists, names, notes = _new_lists(opened, model, (customers, likes, dislikes), k, may)
    else:
        everyone = np.arange(len(model.customers))
        rows = customer_rows(customers, model.customers) if customers else everyone
        lists, names = _lists(opened, model, rows, k, may)
        notes = _strangers(model, rows)
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


def _strangers(model: Any, rows: np.ndarray) -> tuple[str, ...]:
    trained = getattr(model, "trained", None) if isinstance(model, FactorModel) else None
    unknown = 0 if trained is None else int((~trained[rows]).sum())
    return (f"{unknown} customers have no purchase to learn from and get the average taste",) if unknown else ()


def similar_step(run: Path, item: str, name: str, k: int) -> list[str]:
    """The items most like one."""
    opened = open_run(run)
    rows, scores = opened.model(name).similar(int(opened.catalogue.rows((item,))[0]), k)
    return [f"{opened.catalogue.items[row]}  {score:.3f}" for row, score in zip(rows, scores, strict=True)]


def against_step(run: Path, lists: Path, name: str, k: int) -> list[str]:
    """Another system's lists beside ours."""
    opened = open_run(run)
    split = load_split([run / folder for folder in opened.parts.split])
    found = evaluate_against(lists, split, opened.catalogue, opened.history, opened.model(name), k)
    lines = [
        f"{f.name}: theirs {_spread(f.theirs)}, {found.model} {_spread(f.ours)}, difference {_spread(f.difference)}"
        for f in found.figures.values()
    ]
    return [*lines, found.sentence]


def _spread(interval: Any) -> str:
    return f"{interval.estimate:.3f} ({interval.low:.3f} to {interval.high:.3f})"


def find(opened: Opened, atelier: Atelier, given: Given) -> People:
    """The people of a design or restyle."""
    return find_people(atelier.recommenders, opened.catalogue, opened.history, *given)


def changed_config(kind: Any, plain: dict[str, Any], settings: dict[str, Any]) -> Any:
    """A configuration of the run with changes; ValueError names an unknown key."""
    return from_plain(kind, merged(plain, settings))


def design_step(run: Path, category: str, given: Given, out: Path, settings: dict[str, Any], seed: int) -> list[str]:
    """Designs for one customer, a segment or a new customer, as marked PNGs with designs.json."""
    opened = open_run(run)
    atelier = opened.atelier()
    people = find(opened, atelier, given)
    config = changed_config(DesignConfig, opened.parts.settings["design"], settings)
    problem = Problem(tuple(range(len(people.names))), category_number(opened.catalogue, category))
    made = design(atelier, people.tastes, people.seen, [problem], config, seed=seed)[0]
    out.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(made.images):
        write_png(out / f"design_{number + 1}.png", (image * 255).round().astype(np.uint8))
    about = design_facts(made, opened.catalogue) | {"for": people.names, "category": category, "seed": seed}
    write_whole(out / "designs.json", lambda path: path.write_text(json.dumps(about, indent=1)))
    return [*people.notes, *_design_lines(about), f"{len(made.images)} synthetic pictures in {out}"]


def design_facts(made: Designed, catalogue: Catalogue) -> dict[str, Any]:
    """What is said of designs, as plain data."""
    rows = [
        {
            "z": float(made.scores.z[i]),
            "held_out_z": float(made.scores.held_out[i].mean()),
            "nearer_photos": float(made.scores.quantile[i]),
            "to_buy": [catalogue.items[row] for row in made.scores.nearest[i]],
        }
        for i in range(len(made.images))
    ]
    real = [
        {"item": catalogue.items[row], "z": float(z), "held_out_z": float(h.mean())}
        for row, z, h in zip(made.real, made.real_scores.z, made.real_scores.held_out, strict=True)
    ]
    return {"SyntheticData": "YES", "how": made.how, "reason": made.reason, "designs": rows, "best_real_items": real}


def _design_lines(about: dict[str, Any]) -> Sequence[str]:
    lines = [about["reason"]] if about["reason"] else []
    for number, row in enumerate(about["designs"], start=1):
        lines.append(
            f"design {number}: {row['z']:+.2f} sd of preference (held-out recommender {row['held_out_z']:+.2f}); "
            f"{row['nearer_photos']:.0%} of held-out photos are nearer to the catalogue; "
            f"to buy: {', '.join(row['to_buy'])}"
        )
    for row in about["best_real_items"][:1]:
        lines.append(f"best real item {row['item']}: {row['z']:+.2f} (held-out {row['held_out_z']:+.2f})")
    return lines
