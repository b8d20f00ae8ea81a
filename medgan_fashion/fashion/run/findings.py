"""Findings in sentences, by stated rules; and what designs are truly worth where taste is known."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.classifiers.intervals import Interval
from medgan_fashion.evaluation.ranking import mean_interval
from medgan_fashion.fashion.design.search import load_designed
from medgan_fashion.fashion.run.plan import Plan
from medgan_fashion.fashion.run.shop import Shop
from medgan_fashion.fashion.sample.customers import KnownTastes, utility

# ---------------------------------------------------------------------------------------------------------------------
# Findings in sentences, by stated rules: what a reader takes home, whatever came out.


TRANSFERS = 0.7  # a transfer ratio from here on: what was gained is there for a recommender that was not climbed
_RANKED = {"warm": "what customers bought next", "cold": "garments that no training saw"}
AGREES = 0.95  # share of drawings that look like their category to the encoder


def _interval(row: dict[str, Any], form: str = "+.2f") -> str:
    """Estimate and interval in words; None is an end that could not be told."""
    if row["low"] is None or row["high"] is None or row["estimate"] is None:
        return "an amount that so few customers cannot tell"
    return f"{row['estimate']:{form}} ({row['low']:{form}} to {row['high']:{form}})"


def _unmeasured(ranking: dict[str, Any], setting: str) -> str:
    """Why a setting has no figures: what was noted of the random order, which could rank everything."""
    said = next((note for note in ranking["notes"] if note.startswith("random: ")), "")
    why = [part for part in said.removeprefix("random: ").split("; ") if setting in part]
    return f"Ranking {_RANKED[setting]} was not measured: {why[0] if why else 'nobody can be judged'}."


def _best(ranking: dict[str, Any], setting: str) -> list[str]:
    rows = sorted((r for r in ranking["rows"] if r["setting"] == setting), key=lambda r: -r["ndcg"])
    if not rows:
        return [_unmeasured(ranking, setting)]
    order = ", ".join(f"{r['model']} {r['ndcg']:.3f}" for r in rows)
    return [f"Ranking {_RANKED[setting]}, NDCG@{ranking['k']} over all candidates: {order}."]


def _designs(summary: dict[str, Any]) -> list[str]:
    arms = {row["name"]: row for row in summary["design"]["arms"]}
    own, hack, real = (arms.get(name) for name in ("designs", "pixel ascent", "best real items"))
    found = []
    if own is not None and own["transfer"]["low"] is not None and own["transfer"]["estimate"] is not None:
        ratio = own["transfer"]
        verdict = "carries over to" if ratio["estimate"] >= TRANSFERS else "is mostly lost under"
        text = f"What designs gain {verdict} a recommender that no search saw: transfer ratio {_interval(ratio, '.2f')}"
        beside = [
            f"{one['name']} {one['transfer']['estimate']:.2f}"
            for one in (real, hack)
            if one is not None and one["transfer"]["estimate"] is not None
        ]
        found.append(f"{text}; {', '.join(beside)}.")
    elif own is not None and own["problems"] < 2:
        asked = summary["design"]["problems"]
        found.append(
            f"Designs that pass for garments were found for {own['problems']} of {asked} customers: too few to judge."
        )
    known = summary["known_utility"]
    if known is not None:
        gap = known["differences"]["designs - best real items"]
        more = "worth more" if gap["low"] > 0 else "worth less" if gap["high"] < 0 else "not shown to be worth more"
        found.append(f"By customers' known taste designs are {more} than the recommended top item: {_interval(gap)}.")
    return found


def _gan(gan: dict[str, Any]) -> str:
    enough = "look like" if gan["agreement"] >= AGREES else "do not reliably look like"
    told = f"Drawings {enough} their category to a classifier: {gan['agreement']:.1%} agree"
    if gan["near_copies"] is not None:
        told += f"; {gan['near_copies']} of {gan['n']} are near copies of training pictures"
    return "; ".join([told, *gan.get("notes", [])]) + "."


def _new(found: dict[str, Any] | None) -> list[str]:
    if found is None:
        return ["How new customers are served was not measured: too few have both likes to tell and a test purchase."]
    return [
        f"A new customer known by {found['likes']} likes gets {_interval(found['ratio'], '.2f')} of what training on "
        f"all purchases gains over popularity (NDCG@{found['k']}, {found['customers']} customers)."
    ]


def findings(summary: dict[str, Any]) -> list[str]:
    """Sentences for the top of the report."""
    data, inversion = summary["data"], summary["inversion"]
    first = []
    if data["customers_are"] == "simulated":
        first = ["Customers are simulated: these figures say how the method works, and nothing about real people."]
    if unknown := data.get("without_likes"):
        first.append(f"Of {unknown} customers no like is known: they are served by the average taste.")
    planted = inversion["planted"]
    return [
        *first,
        *_best(summary["ranking"], "warm"),
        *_best(summary["ranking"], "cold"),
        *_new(summary["new_customers"]),
        _gan(summary["gan"]),
        *_designs(summary),
        f"Inversion: {inversion['missing']}; drawings of the GAN itself come back at {planted['median']:.1f} dB "
        f"(floor without search: {planted['median_floor']:.1f} dB).",
        *([] if summary["restyled"] else ["No photo of what the GAN draws is held out: none was restyled."]),
    ]


# ---------------------------------------------------------------------------------------------------------------------
# What designs are truly worth, where customers' taste is known because it was made up.


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
