"""The single steps on a finished run of garments, as a person at a terminal sees them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from medgan_fashion.base.files import write_whole
from medgan_fashion.base.plain import from_plain, merged
from medgan_fashion.fashion.config import DesignConfig, RestyleConfig, read_settings
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.check import check_catalogue, describe_catalogue, describe_purchases
from medgan_fashion.fashion.data.dvbpr_arrays import read_dvbpr
from medgan_fashion.fashion.data.photos import read_photo
from medgan_fashion.fashion.design.atelier import Atelier
from medgan_fashion.fashion.design.directions import apply_direction, find_direction, train_reader
from medgan_fashion.fashion.design.people import People, customer_rows, find_people
from medgan_fashion.fashion.design.search import Designed, design
from medgan_fashion.fashion.design.taste import Problem
from medgan_fashion.fashion.recommend.evaluate import evaluate_against
from medgan_fashion.fashion.recommend.lists import as_lists, export_vectors, write_lists
from medgan_fashion.fashion.recommend.model import FactorModel
from medgan_fashion.fashion.recommend.recommenders import Neighbourhood
from medgan_fashion.fashion.recommend.top_k import top_k
from medgan_fashion.fashion.restyle.invert import draw_photos, load_limits
from medgan_fashion.fashion.restyle.walk import Restyled, restyle
from medgan_fashion.fashion.run.forget import emptied_name
from medgan_fashion.fashion.run.open import Opened, open_run
from medgan_fashion.fashion.run.stages_recommend import load_split
from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.runs.single.generate import write_png

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


# ---------------------------------------------------------------------------------------------------------------------
# Designing and restyling on a finished run, as a person at a terminal sees it: marked pictures, and lines.


TURNS = (0.25, 0.5)  # how far a drawing is moved along an attribute's direction


def find(opened: Opened, atelier: Atelier, given: Given) -> People:
    """The people of a design or restyle."""
    return find_people(atelier.recommenders, opened.catalogue, opened.history, *given)


def changed_config(kind: Any, plain: dict[str, Any], settings: dict[str, Any]) -> Any:
    """A configuration of the run with changes; ValueError names an unknown key."""
    return from_plain(kind, merged(plain, settings), stored=True)


def design_step(run: Path, category: str, given: Given, out: Path, settings: dict[str, Any], seed: int) -> list[str]:
    """Designs for one customer, a segment or a new customer, as marked PNGs with designs.json."""
    opened = open_run(run)
    atelier = opened.atelier()
    people = find(opened, atelier, given)
    config = changed_config(DesignConfig, opened.parts.settings["design"], settings)
    problem = Problem(tuple(range(len(people.names))), category_number(opened.catalogue, category))
    made = design(atelier, people.tastes, people.seen, [problem], config, seed=seed)[0]
    out.mkdir(parents=True, exist_ok=True)
    _write_pictures(out, "design", made.images)
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


def _write_pictures(out: Path, name: str, images: NDArray[np.float32]) -> None:
    for number, image in enumerate(images):
        write_png(out / f"{name}_{number + 1}.png", (image * 255).round().astype(np.uint8))


def _photo(opened: Opened, photo: Path | None, item: str | None) -> tuple[NDArray[np.float32], int]:
    """The picture (3, S, S) in [0, 1] to restyle, and its row in the catalogue, -1 for a file."""
    if (photo is None) == (item is None):
        raise ValueError("say what to restyle: --photo FILE or --item ID")
    if item is not None:
        row = int(opened.catalogue.rows((item,))[0])
        return opened.catalogue.floats([row])[0], row
    assert photo is not None
    try:
        return read_photo(photo, opened.catalogue.size).astype(np.float32) / np.float32(255), -1
    except UnreadableError as error:
        raise ValueError(f"{photo.name}: {error}") from None


def restyle_step(
    run: Path,
    category: str,
    photo: Path | None,
    item: str | None,
    given: Given,
    out: Path,
    settings: dict[str, Any],
    toward: str | None,
    seed: int,
) -> list[str]:
    """One photo drawn by the GAN, and walked towards the taste of a customer, a segment or a new customer; `toward`
    an attribute's value as well, such as colour=blue."""
    opened = open_run(run)
    picture, row = _photo(opened, photo, item)
    atelier = opened.atelier()
    people, number = find(opened, atelier, given), category_number(opened.catalogue, category)
    config = changed_config(RestyleConfig, opened.parts.settings["restyle"], settings)
    drawn = draw_photos(
        atelier, picture[None], [number], own=np.array([row]), encoder=opened.latent_encoder(), config=config, seed=seed
    )
    limits = load_limits(run / opened.parts.limits / "limits.json")
    wanted = from_plain(DesignConfig, opened.parts.settings["design"], stored=True)
    problem = Problem(tuple(range(len(people.names))), number)
    made = restyle(atelier, drawn, limits, people.tastes, people.seen, [problem], config, wanted, seed=seed)[0]
    out.mkdir(parents=True, exist_ok=True)
    _write_pictures(out, "restyled", made.images)
    about = restyle_facts(made) | {"for": people.names, "category": category, "seed": seed}
    write_whole(out / "restyled.json", lambda path: path.write_text(json.dumps(about, indent=1)))
    more = [] if toward is None else _turned(atelier, made.z[0], number, toward, out, seed)
    return [*people.notes, *_restyle_lines(about), *more, f"{len(made.images)} synthetic pictures in {out}"]


def _turned(atelier: Atelier, z: NDArray[np.float32], category: int, toward: str, out: Path, seed: int) -> list[str]:
    """The drawing of the photo moved along an attribute's direction, by latent arithmetic."""
    name, equals, value = toward.partition("=")
    if not equals:
        raise ValueError(f"--toward {toward}: write it as attribute=value, for example colour=blue")
    direction = find_direction(atelier, train_reader(atelier, name, seed=seed), value, category, seed=seed)
    start, latent = torch.as_tensor(z), atelier.model.latent
    moved = torch.stack([apply_direction(start, direction.vector, amount, latent) for amount in TURNS])
    _write_pictures(out, "toward", atelier.paint(moved, np.full(len(TURNS), category)))
    _, before, after = direction.effect
    return [f"towards {toward}: random drawings that show it go from {before:.0%} to {after:.0%} at the full turn"]


def restyle_facts(made: Restyled) -> dict[str, Any]:
    """What is said of a walk, as plain data; the first of `steps` is the drawing of the photo itself."""
    steps = [
        {
            "z": float(made.scores.z[i]),
            "held_out_z": float(made.scores.held_out[i].mean()),
            "apart": float(made.apart[i]),
        }
        for i in range(len(made.images))
    ]
    about = {"SyntheticData": "YES", "answer": made.answer, "reason": made.reason, "stopped": made.stopped}
    return about | {"steps": steps}


def _restyle_lines(about: dict[str, Any]) -> Sequence[str]:
    lines = [about["reason"]]
    for number, step in enumerate(about["steps"]):
        name = "the photo as the GAN draws it" if number == 0 else f"step {number}"
        lines.append(
            f"{name}: {step['z']:+.2f} sd of preference (held-out {step['held_out_z']:+.2f}), "
            f"{step['apart']:.3f} from the photo"
        )
    return [*lines, about["stopped"]] if about["stopped"] else lines
