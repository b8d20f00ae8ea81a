"""What `catalogue check` says: what of a shop's tables can be used, what not, and why."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from medgan_fashion.fashion.config import CatalogueConfig, PurchaseConfig
from medgan_fashion.fashion.data.catalogue import Catalogue, read_catalogue
from medgan_fashion.fashion.data.purchases import LEAST, Purchases, read_purchases
from medgan_fashion.fashion.data.tables import Problem

_LISTED = 20


def problem_lines(problems: Sequence[Problem]) -> list[str]:
    """What was left out, then what is only worth knowing; each list is cut after twenty, with its count."""
    lines = []
    for left_out, title in ((True, "left out"), (False, "worth knowing")):
        some = [problem for problem in problems if problem.left_out == left_out]
        if some:
            lines.append(f"{title}: {len(some)}")
            lines += [f"  {problem}" for problem in some[:_LISTED]]
            lines += [f"  and {len(some) - _LISTED} more"] * (len(some) > _LISTED)
    return lines


def describe_catalogue(catalogue: Catalogue) -> list[str]:
    """Lines on items, styles, categories, hold-out and what else is known."""
    n, held_out = len(catalogue), catalogue.held_out
    counts = np.bincount(catalogue.category, minlength=len(catalogue.categories))
    cold = np.bincount(catalogue.category[held_out], minlength=len(catalogue.categories))
    cold_styles = len(np.unique(catalogue.style[held_out]))
    width = max(map(len, catalogue.categories))
    lines = [
        f"{n} items in {len(np.unique(catalogue.style))} styles, pictures {catalogue.size}x{catalogue.size}",
        f"held out: {int(held_out.sum())} items in {cold_styles} styles, which no training sees",
        f"categories: {len(catalogue.categories)}",
    ]
    named = zip(catalogue.categories, counts, cold, strict=True)
    lines += [f"  {name:{width}} {count:6d}, {out} held out" for name, count, out in named]
    for name, values in catalogue.attributes.items():
        filled = [value for value in values if value]
        lines.append(f"attribute {name}: {len(set(filled))} values, known of {len(filled)} items")
    for name, numbers in (("price", catalogue.price), ("stock", catalogue.stock)):
        if np.isfinite(numbers).any():
            low, high = np.nanmin(numbers), np.nanmax(numbers)
            lines.append(f"{name}: {low:g} to {high:g}, known of {int(np.isfinite(numbers).sum())} items")
    return lines


def describe_purchases(purchases: Purchases, catalogue: Catalogue) -> list[str]:
    """Lines on customers, likes for each of them, and those who have too few."""
    liked = purchases.weight > 0
    cold = catalogue.held_out[purchases.item]
    n = len(purchases.customers)
    likes = np.bincount(purchases.customer[liked], minlength=n)
    warm = np.bincount(purchases.customer[liked & ~cold], minlength=n)
    quartiles = ", ".join(f"{q:g}" for q in np.quantile(likes, (0, 0.25, 0.5, 0.75, 1)))
    bought = len(np.unique(purchases.item[liked]))
    return [
        f"{len(purchases)} pairs of {n} customers and {len(catalogue)} items: {int(liked.sum())} likes, "
        f"{int((purchases.weight < 0).sum())} dislikes",
        f"likes of each customer (least, quartiles, most): {quartiles}",
        f"customers with fewer than {LEAST} likes of items that are not held out: {int((warm < LEAST).sum())} "
        "(trained on, but not judged)",
        f"customers without any like: {int((likes == 0).sum())} (they get what is popular)",
        f"items that nobody likes: {len(catalogue) - bought}; likes of held-out items: {int((liked & cold).sum())}",
        f"times known of {int(np.isfinite(purchases.time).sum())} pairs"
        + ("" if np.isfinite(purchases.time).all() else ": the others are split by chance, as the oldest"),
    ]


def check_catalogue(
    table: Path,
    config: CatalogueConfig,
    purchases: Path | None = None,
    purchase_config: PurchaseConfig | None = None,
    tell: Callable[[str], object] = lambda line: None,
) -> list[str]:
    """Lines that say what of a catalogue and its purchases can be used, and what not and why.

    Raises:
        ValueError: nothing can be used: missing columns, no readable item, no purchase of a known item.
    """
    catalogue, problems = read_catalogue(table, replace(config, skip_unreadable=True), tell)
    lines = [f"{table.name}:", *describe_catalogue(catalogue), *problem_lines(problems)]
    if purchases is not None:
        bought, problems = read_purchases(purchases, catalogue, purchase_config or PurchaseConfig())
        lines += ["", f"{purchases.name}:", *describe_purchases(bought, catalogue), *problem_lines(problems)]
    return lines
