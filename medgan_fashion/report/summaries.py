"""A run's summary as the reports take it: read whole, and without what must not leave."""

import json
import re
from pathlib import Path
from typing import Any

PATHLIKE = re.compile(r"[/\\]")


def without_paths(value: Any) -> Any:
    """Plain data with every text that looks like a path replaced."""
    if isinstance(value, dict):
        return {key: without_paths(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_paths(item) for item in value]
    return "(left out)" if isinstance(value, str) and PATHLIKE.search(value) else value


def shareable_summary(summary: dict[str, Any]) -> dict[str, Any]:
    """The summary without paths in its configuration and without reasons and remarks that may quote a case table."""
    skipped = [{"row": row["row"], "reason": ""} for row in summary["data"]["skipped"]]
    notes = [{"row": row["row"], "note": ""} for row in summary["data"].get("notes", [])]
    data = summary["data"] | {
        "skipped": skipped,
        "notes": notes,
        "external": without_paths(summary["data"]["external"]),
    }
    return summary | {"data": data, "config": without_paths(summary["config"])}


def read_summary(path: Path) -> dict[str, Any]:
    """What a run's results/summary.json holds, unchecked; ValueError where it is absent or no JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"{path} does not exist; run the chain to its end first.") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is no JSON (line {error.lineno}); run the chain again.") from None
