"""The part of the summary that is about designs and restyles: figures of every arm, and who is shown what."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.fashion.config import GarmentsConfig
from medgan_fashion.fashion.design.design_files import load_designed
from medgan_fashion.fashion.design.search import Designed
from medgan_fashion.fashion.design.transfer import Arm, arm, summary, transfer_ratio
from medgan_fashion.fashion.run.plan import Plan
from medgan_fashion.fashion.run.shop import Shop

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
