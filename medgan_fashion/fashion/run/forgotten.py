"""Whom a run folder has forgotten: kept as pseudonyms, so that the same tables do not bring them back."""

import json
from pathlib import Path

from medgan_fashion.base.files import write_whole
from medgan_fashion.fashion.data.purchases import Purchases
from medgan_fashion.fashion.run.forgetting import without_pairs

FILE = "forgotten.json"


def forgotten(run: Path) -> tuple[str, ...]:
    """Pseudonyms of the customers whom a run folder has forgotten, in order."""
    path = run / FILE
    return tuple(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else ()


def remember(run: Path, name: str) -> None:
    """Adds a pseudonym to RUN/forgotten.json."""
    names = json.dumps(sorted({*forgotten(run), name}), indent=1)
    write_whole(run / FILE, lambda draft: draft.write_text(names, encoding="utf-8"))


def without_forgotten(run: Path, purchases: Purchases) -> Purchases:
    """Purchases without names and pairs of those whom the folder has forgotten; their rows stay, empty."""
    for name in forgotten(run):
        if name in purchases.customers:
            purchases = without_pairs(purchases, name)
    return purchases


def check_forgotten(run: Path) -> None:
    """ValueError where a run has begun in a folder that has forgotten customers since: its tables are no longer what
    the run was declared for."""
    if (names := forgotten(run)) and (run / "declared.json").is_file():
        count = "a customer" if len(names) == 1 else f"{len(names)} customers"
        raise ValueError(
            f"{run} has forgotten {count} since it was begun, so it cannot be run again: take them out of the tables, "
            "and choose a new --out"
        )
