"""What designs are truly worth, where customers' taste is known because it was made up."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.classifiers.intervals import Interval
from medgan_fashion.evaluation.ranking import mean_interval
from medgan_fashion.fashion.design.design_files import load_designed
from medgan_fashion.fashion.run.plan import Plan
from medgan_fashion.fashion.run.shop import Shop
from medgan_fashion.fashion.sample.known_taste import KnownTastes, utility

Floats = NDArray[np.float64]


def _true(tastes: KnownTastes, images: NDArray[np.float32], customers: list[int], names: list[str]) -> Floats:
    """True utility (P,) of picture p for customer p, as a garment of category p."""
    found = np.empty(len(images))
    for name in sorted(set(names)):
        rows = [p for p, other in enumerate(names) if other == name]
        worth = utility(tastes.take([customers[p] for p in rows]), images[rows], name)
        found[rows] = np.diagonal(worth)
    return found


def _plain(interval: Interval) -> dict[str, float]:
    return {"estimate": interval.estimate, "low": interval.low, "high": interval.high}


def known_utility(run: Path, shop: Shop, plan: Plan, arms: dict[str, NDArray[np.uint8]]) -> dict[str, Any] | None:
    """Mean true utility (0 is a customer's ideal, below 0 all else) of each arm's first picture, the difference of
    designs and the recommended top-1 with its interval over customers, and the catalogue's optimum beside them.

    None where fewer than two customers got a design: there is no interval over one.
    """
    assert shop.tastes is not None
    tastes, items = shop.tastes, shop.catalogue
    made = load_designed(plan.designs[_eta(plan)].folder(run))
    there = [p for p, one in enumerate(made) if len(one.images) and len(one.real)]
    if len(there) < 2:
        return None
    who = [plan.judged[p][0] for p in there]
    names = [items.categories[plan.judged[p][1]] for p in there]
    worth = {
        name: _true(tastes, images[there].astype(np.float32) / np.float32(255), who, names)
        for name, images in arms.items()
    }
    worth["catalogue's optimum"] = _optimum(shop, who, names)
    differences = {
        f"designs - {name}": _plain(mean_interval(worth["designs"] - value))
        for name, value in worth.items()
        if name != "designs"
    }
    means = {name: _plain(mean_interval(value)) for name, value in worth.items()}
    return {"customers": len(there), "means": means, "differences": differences}


def _eta(plan: Plan) -> float:
    """The weight of realism at which the arms were compared."""
    return next(eta for eta, task in plan.designs.items() if task is plan.controls.inputs["designs"])


def _optimum(shop: Shop, who: list[int], names: list[str]) -> Floats:
    """True utility (P,) of the best item of the category that customer p has not bought, of all where none is left."""
    assert shop.tastes is not None
    items, seen = shop.catalogue, shop.split.train.seen(len(shop.catalogue))
    best = np.empty(len(who))
    for name in sorted(set(names)):
        rows = np.flatnonzero(items.category == items.categories.index(name))
        mine = [p for p, other in enumerate(names) if other == name]
        worth = utility(shop.tastes.take([who[p] for p in mine]), items.floats(rows), name)
        had = seen[[who[p] for p in mine]][:, rows].toarray() > 0
        had[had.all(axis=1)] = False  # nothing of the category is left: what there is counts, as in a design
        best[mine] = np.where(had, -np.inf, worth).max(axis=1)
    return best
