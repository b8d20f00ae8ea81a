"""Forgetting a customer, the pictures of the report: those that nothing in the summary refers to any more."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from medgan_fashion.base.files import write_whole

_OF_CUSTOMERS = ("design_", "restyled_", "arm_")  # the others show items and the GAN's drawings for nobody


def referred(summary: dict[str, Any]) -> set[str]:
    """Keys of pictures that the summary's customers and restyled photos name."""
    keys = {part["pictures"] for one in summary.get("customers", []) for part in one.get("categories", [])}
    for row in summary.get("restyled", []):
        keys |= {row["pictures"], f"{row['pictures']}_photo"}
    return keys


def forget_pictures(run: Path) -> list[str]:
    """Takes pictures made for customers who are no longer in results/summary.json out of results/pictures.npz.

    Those of the arms go altogether: they hold one picture for each judged customer, without saying whose.
    """
    path, summary = run / "results" / "pictures.npz", run / "results" / "summary.json"
    if not path.is_file() or not summary.is_file():
        return []
    kept = referred(json.loads(summary.read_text(encoding="utf-8")))
    with np.load(path) as arrays:
        left = {k: arrays[k] for k in arrays.files if k in kept or not k.startswith(_OF_CUSTOMERS)}
        gone = len(arrays.files) - len(left)
    if not gone:
        return []
    write_whole(path, lambda draft: _save(draft, left))
    return [f"removed {gone} pictures made for customers from {path.relative_to(run)}"]


def _save(path: Path, arrays: dict[str, Any]) -> None:
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)
