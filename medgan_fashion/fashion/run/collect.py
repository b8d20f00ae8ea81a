"""Collects a finished run of garments into results/: summary.json, pictures.npz, parts.json, recommendations."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.base.files import write_whole
from medgan_fashion.base.plain import to_plain
from medgan_fashion.fashion.config import GarmentsConfig
from medgan_fashion.fashion.data.check import describe_catalogue
from medgan_fashion.fashion.design.search import Designed, load_designed
from medgan_fashion.fashion.design.transfer import Arm, arm, summary, transfer_ratio
from medgan_fashion.fashion.recommend.files import load_recommender
from medgan_fashion.fashion.recommend.lists import as_lists, write_lists
from medgan_fashion.fashion.run.findings import findings, known_utility
from medgan_fashion.fashion.run.open import Parts, write_parts
from medgan_fashion.fashion.run.plan import Plan
from medgan_fashion.fashion.run.shop import Shop
from medgan_fashion.runs.engine.declare import versions
from medgan_fashion.runs.engine.stage import Stored, Task

# ---------------------------------------------------------------------------------------------------------------------
# The part of the summary that is about designs and restyles: figures of every arm, and who is shown what.


Pictures = dict[str, NDArray[np.uint8]]
_BOUGHT = 6  # of a customer's own purchases that the report shows


def _arm(plain: dict[str, Any]) -> Arm:
    """An arm as its stage wrote it; None was NaN."""
    arrays = {k: np.array([np.nan if x is None else x for x in v]) for k, v in plain.items() if k != "name"}
    return Arm(plain["name"], **arrays)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def arm_row(one: Arm, seed: int) -> dict[str, Any]:
    """Means over problems and the transfer ratio with its interval, as plain data."""
    found = {name: _number(value) for name, value in summary(one).items()}
    problems = int((np.isfinite(one.climbed) & np.isfinite(one.held_out)).sum())
    interval: dict[str, float | None] = dict.fromkeys(("estimate", "low", "high"))
    if problems > 1:  # an interval is over customers
        ratio = transfer_ratio(one, seed)
        interval = {name: _number(getattr(ratio, name)) for name in interval}
    return {"name": one.name, "problems": problems, **found, "transfer": interval}


def control_arms(run: Path, plan: Plan, config: GarmentsConfig) -> tuple[list[dict[str, Any]], Pictures]:
    """Rows of the arms, and the first picture of each arm for each problem."""
    folder = plan.controls.folder(run)
    rows = [arm_row(_arm(plain), config.seed) for plain in json.loads((folder / "arms.json").read_text())]
    with np.load(folder / "arms.npz") as arrays:
        return rows, {name: arrays[name] for name in arrays.files}


def design_section(plan: Plan, config: GarmentsConfig, arms: list[dict[str, Any]]) -> dict[str, Any]:
    """What was designed, at which weight of realism, and how the arms compare."""
    members = {"climbed": len(plan.ensemble), "held_out": len(plan.held_out)}
    return {"eta": config.design.eta, "problems": len(plan.judged), **members, "arms": arms}


def trade_off_rows(run: Path, plan: Plan) -> list[dict[str, Any]]:
    """For each eta: preference, held-out preference, realism, variety, and how often the search was not the answer."""
    rows = []
    for eta, task in sorted(plan.designs.items()):
        made = load_designed(task.folder(run))
        one = arm("designs", [d.scores for d in made], [d.images for d in made])
        how = {"fallbacks": float(np.mean([d.how != "searched" for d in made]))}
        rows.append({"eta": eta, **arm_row(one, 0), **how})
    return rows


def _design_rows(made: Designed, shop: Shop) -> list[dict[str, Any]]:
    items, scores = shop.catalogue.items, made.scores
    return [
        {
            "z": float(scores.z[i]),
            "held_out_z": float(scores.held_out[i].mean()),
            "nearer_photos": float(scores.quantile[i]),
            "judge": float(scores.judge[i]),
            "to_buy": [items[row] for row in scores.nearest[i]],
            "to_buy_rows": [int(row) for row in scores.nearest[i]],
        }
        for i in range(len(scores))
    ]


def _bought(shop: Shop, customer: int) -> list[int]:
    """Rows of what a customer bought, the first few."""
    train = shop.split.train
    mine = (train.customer == customer) & (train.weight > 0)
    return [int(row) for row in train.item[mine][:_BOUGHT]]


def shown_customers(run: Path, shop: Shop, plan: Plan) -> tuple[list[dict[str, Any]], Pictures]:
    """What each shown customer bought, is recommended and gets designed, category by category; their pictures."""
    made, pictures = load_designed(plan.shown.folder(run)), {}
    found: dict[int, dict[str, Any]] = {}
    for number, ((customer, category), one) in enumerate(zip(plan.shown_for, made, strict=True)):
        name = shop.purchases.customers[customer]
        entry = found.setdefault(customer, {"customer": name, "bought": _bought(shop, customer), "categories": []})
        key = f"design_{number}"
        pictures[key] = (one.images * 255).round().astype(np.uint8)
        best = [
            {"item": shop.catalogue.items[row], "row": int(row), "z": float(z), "held_out_z": float(h.mean())}
            for row, z, h in zip(one.real, one.real_scores.z, one.real_scores.held_out, strict=True)
        ]
        about = {"category": shop.catalogue.categories[category], "pictures": key, "how": one.how}
        entry["categories"].append(
            about | {"reason": one.reason, "designs": _design_rows(one, shop), "best_real": best}
        )
    rows = sorted({row for entry in found.values() for row in _rows(entry)})
    pictures |= {f"item_{row}": np.asarray(shop.catalogue.images[row]) for row in rows}
    return list(found.values()), pictures


def _rows(entry: dict[str, Any]) -> set[int]:
    """Catalogue rows whose pictures an entry shows."""
    shown = set(entry["bought"])
    for part in entry["categories"]:
        shown |= {row for one in part["designs"] for row in one["to_buy_rows"]}
        shown |= {one["row"] for one in part["best_real"]}
    return shown


def restyle_section(run: Path, shop: Shop, plan: Plan) -> tuple[list[dict[str, Any]], Pictures]:
    """Every restyled photo with its answer and its walk; the pictures."""
    folder, pictures = plan.restyled.folder(run), {}
    rows = json.loads((folder / "restyled.json").read_text())["photos"]
    with np.load(folder / "restyled.npz") as arrays:
        for number, row in enumerate(rows):
            row["customer"] = shop.purchases.customers[row["customer"]]
            row["pictures"] = f"restyled_{number}"
            pictures[f"restyled_{number}"] = arrays[f"{number}_images"]
            pictures[f"restyled_{number}_photo"] = arrays["photos"][number]
    return rows, pictures


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
