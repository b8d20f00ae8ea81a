"""The summary of a run of garments as the report takes it: whole, in plain numbers, and fit to be shared."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

from medgan_fashion.report.summaries import without_paths

KEYS = (
    *("title", "created", "data", "ranking", "new_customers", "gan", "design", "trade_off", "known_utility"),
    *("customers", "inversion", "restyled", "config", "versions", "findings"),
)
REMOVED = (
    "customers' pseudonyms (they are numbered instead)",
    "what customers bought: pictures and item IDs",
    "rows of the tables that were not used",
    "customers and paths in the configuration",
)


def _finite(value: Any) -> Any:
    """Plain data with None for every number that is not finite."""
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def check_garments(summary: dict[str, Any]) -> dict[str, Any]:
    """The summary with None for what is not finite; ValueError names the first key that is missing."""
    for key in KEYS:
        if key not in summary:
            raise ValueError(f"summary.json has no '{key}'; run the chain garments again.")
    return _finite(summary)


def shareable_garments(summary: dict[str, Any]) -> dict[str, Any]:
    """The summary without what `REMOVED` names. What is recommended, designed or to buy stays, as do its pictures."""
    numbers = {one["customer"]: f"Customer {i + 1}" for i, one in enumerate(summary["customers"])}
    shown = [one | {"customer": numbers[one["customer"]], "bought": []} for one in summary["customers"]]
    restyled = [row | {"customer": numbers.get(row["customer"], "a customer")} for row in summary["restyled"]]
    bare = [one | {"item": "", "reason": ""} for one in summary["data"]["problems"]]
    return summary | {
        "data": summary["data"] | {"problems": bare},
        "customers": shown,
        "restyled": restyled,
        "config": without_paths(summary["config"]) | {"customers": []},
    }


def ranking_csv(summary: dict[str, Any]) -> str:
    """One line per recommender and setting; unrounded, empty where nothing could be estimated."""
    rows = summary["ranking"]["rows"]
    text = io.StringIO()
    columns = list(dict.fromkeys(key for row in rows for key in row)) or ["model", "setting"]
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
