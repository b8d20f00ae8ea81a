"""Collects a finished run of garments into results/: summary.json, pictures.npz, parts.json, recommendations."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from medgan_fashion.base.files import write_whole
from medgan_fashion.base.plain import to_plain
from medgan_fashion.fashion.config import GarmentsConfig
from medgan_fashion.fashion.data.check import describe_catalogue
from medgan_fashion.fashion.recommend.files import load_recommender
from medgan_fashion.fashion.recommend.lists import as_lists, write_lists
from medgan_fashion.fashion.run.collect_designs import (
    control_arms,
    design_section,
    restyle_section,
    shown_customers,
    trade_off_rows,
)
from medgan_fashion.fashion.run.findings import findings
from medgan_fashion.fashion.run.known_utility import known_utility
from medgan_fashion.fashion.run.open import Parts, write_parts
from medgan_fashion.fashion.run.plan import Plan
from medgan_fashion.fashion.run.shop import Shop
from medgan_fashion.runs.engine.declare import versions
from medgan_fashion.runs.engine.stage import Stored, Task

LISTED = 20  # items of each customer in recommendations.parquet


def _json(task: Task, run: Path, name: str) -> Any:
    return json.loads((task.folder(run) / name).read_text())


def _data(shop: Shop, plan: Plan) -> dict[str, Any]:
    items, bought = shop.catalogue, shop.purchases
    likes = np.bincount(bought.customer[bought.weight > 0], minlength=len(bought.customers))
    drawn = {items.categories[kind] for _, kind in plan.shown_for}
    rows = [
        {
            "name": name,
            "items": int((items.category == k).sum()),
            "held_out": int((items.held_out & (items.category == k)).sum()),
            "designed": name in drawn,
        }
        for k, name in enumerate(items.categories)
    ]
    return {
        "source": shop.source,
        "customers_are": shop.customers,
        "items": len(items),
        "styles": len(np.unique(items.style)),
        "size": items.size,
        "categories": rows,
        "customers": len(bought.customers),
        "without_likes": int((likes == 0).sum()),
        "likes": int(likes.sum()),
        "dislikes": int((bought.weight < 0).sum()),
        "judged": {name: len(part) for name, part in vars(shop.split).items()},
        "lines": describe_catalogue(items),
        "problems": [asdict(problem) for problem in shop.problems],
    }


def _gan(plan: Plan, run: Path, config: GarmentsConfig) -> dict[str, Any]:
    about = _json(plan.gan, run, "gan.json")
    kept = ("images_seen", "alarm", "selected", "classes", "seed")
    facts = {name: about.get(name) for name in kept}
    adopted = "adopted" in about
    facts |= {"recipe": "trained elsewhere" if adopted else config.gan.recipe, "adopted": adopted}
    facts |= _json(plan.gan_figures, run, "figures.json")
    if adopted and about.get("training_rows") != plan.catalogue.key:
        said = "the GAN was trained elsewhere: that it did not see the held-out photos is its maker's word"
        facts["notes"] = [said, *facts["notes"]]
    return facts


def _inversion(plan: Plan, run: Path) -> dict[str, Any]:
    limits = _json(plan.limits, run, "limits.json")
    planted = _json(plan.planted, run, "planted.json")
    missing = (plan.limits.folder(run) / "missing.txt").read_text()
    return {"limits": limits, "planted": planted, "missing": missing}


def _relative(item: Task | Stored, run: Path) -> str:
    folder = item.folder(run) if isinstance(item, Task) else item.folder
    return str(folder.relative_to(run))


def _parts(run: Path, plan: Plan, config: GarmentsConfig) -> Parts:
    return Parts(
        catalogue=_relative(plan.catalogue, run),
        shelf=_relative(plan.shelf, run),
        split=tuple(_relative(part, run) for part in plan.split),
        history=_relative(plan.history, run),
        encoder=_relative(plan.encoder, run),
        gan=_relative(plan.gan, run),
        latent_encoder=_relative(plan.latent_encoder, run),
        limits=_relative(plan.limits, run),
        models={name: _relative(task, run) for name, task in plan.models.items()},
        ensemble=tuple(_relative(task, run) for task in plan.ensemble),
        held_out=tuple(_relative(task, run) for task in plan.held_out),
        settings=to_plain(config),
    )


def _recommendations(run: Path, shop: Shop, plan: Plan) -> None:
    """Lists of the first member of the ensemble for every customer, without what they have had to do with."""
    model = load_recommender(plan.ensemble[0].folder(run) / "recommender.safetensors")
    everyone = np.arange(len(model.customers))
    rows, scores = model.recommend(everyone, LISTED, exclude=shop.purchases.seen(len(shop.catalogue)))
    lists = as_lists(everyone, rows, scores)
    path = run / "results" / "recommendations.parquet"
    write_whole(path, lambda part: _as_parquet(part, lists, model.customers, shop.catalogue.items))


def _as_parquet(part: Path, lists: Any, customers: tuple[str, ...], items: tuple[str, ...]) -> None:
    # write_lists chooses by the name's ending, which a half-written part does not have
    draft = part.with_suffix(".parquet")
    write_lists(draft, lists, customers, items)
    draft.replace(part)


def collect(run: Path, shop: Shop, config: GarmentsConfig, plan: Plan) -> dict[str, Any]:
    """Writes RUN/results/ and returns the summary."""
    (run / "results").mkdir(parents=True, exist_ok=True)
    arms, arm_pictures = control_arms(run, plan, config)
    known = None if shop.tastes is None else known_utility(run, shop, plan, arm_pictures)
    shown, pictures = shown_customers(run, shop, plan)
    restyled, more = restyle_section(run, shop, plan)
    summary: dict[str, Any] = {
        "chain": config.chain,
        "title": config.title,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "data": _data(shop, plan),
        "ranking": _json(plan.ranking, run, "ranking.json"),
        "new_customers": None if plan.newcomers is None else _json(plan.newcomers, run, "new_customers.json"),
        "gan": _gan(plan, run, config),
        "design": design_section(plan, config, arms),
        "trade_off": trade_off_rows(run, plan),
        "known_utility": known,
        "customers": shown,
        "inversion": _inversion(plan, run),
        "restyled": restyled,
        "config": to_plain(config),
        "versions": versions("implicit", "pandas", "pyarrow"),
    }
    summary["findings"] = findings(summary)
    with np.load(plan.gan_figures.folder(run) / "grids.npz") as grids:
        pictures |= {f"grid_{name}": grids[name] for name in grids.files}
    pictures |= more | {f"arm_{name}": images for name, images in arm_pictures.items()}
    write_whole(run / "results" / "pictures.npz", lambda path: _save_arrays(path, pictures))
    write_parts(run, _parts(run, plan, config))
    _recommendations(run, shop, plan)
    write_whole(run / "results" / "summary.json", lambda path: path.write_text(json.dumps(summary, indent=1)))
    return summary


def _save_arrays(path: Path, arrays: dict[str, Any]) -> None:
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)
