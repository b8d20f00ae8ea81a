"""The page of a run of garments: what goes into the templates, rendered to one self-contained HTML text."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

from medgan_fashion.report.charts import divs
from medgan_fashion.report.garments.figures import (
    ANSWERS,
    HOW,
    WORDS,
    gains_figure,
    planted_figure,
    ranking_figure,
    trade_off_figure,
    utility_figure,
)
from medgan_fashion.report.garments.pictures import (
    arm_rows,
    category_grids,
    customer_cards,
    hero,
    load_pictures,
    walks,
)
from medgan_fashion.report.pictures import Arrays
from medgan_fashion.report.summaries import without_paths

# ---------------------------------------------------------------------------------------------------------------------
# The summary of a run of garments as the report takes it: whole, in plain numbers, and fit to be shared.


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


TEMPLATES = Path(__file__).parents[1] / "templates"
SECTIONS = (  # id, which is the template's name behind "garments_", and title
    ("data", "Data"),
    ("ranking", "Recommenders compared"),
    ("newcomers", "New customers"),
    ("gan", "Drawn garments"),
    ("designs", "Designs, and whether they please"),
    ("tradeoff", "What realism costs"),
    ("utility", "True worth of the designs"),
    ("customers", "Customers, one by one"),
    ("restyles", "Restyled garments"),
    ("inversion", "How faithfully photos are drawn"),
    ("config", "Configuration and versions"),
)
SIMULATED = "Customers are simulated"  # how the finding begins that stands in a banner instead


def _figures(s: dict[str, Any]) -> dict[str, str]:
    rows, k = s["ranking"]["rows"], s["ranking"]["k"]
    out = {
        "ranking_ndcg": ranking_figure(rows, "ndcg", f"NDCG@{k}"),
        "ranking_auc": ranking_figure(rows, "auc", "AUC"),
        "gains": gains_figure(s["design"]["arms"]),
        "trade_preference": trade_off_figure(s["trade_off"], realism=False),
        "trade_realism": trade_off_figure(s["trade_off"], realism=True),
        "planted": planted_figure(s["inversion"]["planted"]),
    }
    if s["known_utility"]:
        out["utility"] = utility_figure(s["known_utility"]["means"])
    return divs(out)


def _ranked(ranking: dict[str, Any]) -> list[dict[str, Any]]:
    """Warm and cold apart: the rows, and which recommenders are left out (their notes say why)."""
    names = list(dict.fromkeys(row["model"] for row in ranking["rows"]))
    found = []
    for setting in ("warm", "cold"):
        mine = {row["model"]: row for row in ranking["rows"] if row["setting"] == setting}
        best = max((row["ndcg"] for row in mine.values() if row["ndcg"] is not None), default=None)
        gaps = [row for row in ranking["differences"] if row["setting"] == setting]
        found.append({"setting": setting, "rows": mine, "names": names, "best": best, "differences": gaps})
    return found


def _notes(notes: list[str]) -> dict[str, str]:
    """Recommender -> why it has no figures, from `name: why`; the name and "n/a" are not said again."""
    pairs = (note.partition(": ")[::2] for note in notes)
    return {name: why.removesuffix(": n/a").removeprefix(f"{name} ") for name, why in pairs}


def _context(summary: dict[str, Any], arrays: Arrays, shareable: bool) -> dict[str, Any]:
    from plotly.offline import get_plotlyjs

    cards = customer_cards(arrays, summary["customers"])
    absent = {"utility": summary["known_utility"], "newcomers": summary["new_customers"]}
    css = [(TEMPLATES / name).read_text(encoding="utf-8") for name in ("style.css", "garments.css")]
    return {
        "s": summary,
        "arms": {row["name"]: row for row in summary["design"]["arms"]},
        "ranked": _ranked(summary["ranking"]),
        "notes": _notes(summary["ranking"]["notes"]),
        "findings": [one for one in summary["findings"] if not one.startswith(SIMULATED)],
        "simulated": summary["data"]["customers_are"] == "simulated",
        "created": summary["created"][:16].replace("T", " "),
        "config_text": json.dumps(summary["config"], indent=2, ensure_ascii=False),
        "figures": _figures(summary),
        "cards": cards,
        "hero": hero(cards),
        "grids": category_grids(arrays, summary["gan"]["classes"] or []),
        "arm_rows": arm_rows(arrays, [row["name"] for row in summary["design"]["arms"]]),
        "walks": walks(arrays, summary["restyled"]),
        "how": HOW,
        "answers": ANSWERS,
        "sections": [one for one in SECTIONS if absent.get(one[0], True)],
        "shareable": shareable,
        "removed": REMOVED,
        "css": "\n".join(css),
        "plotly_js": get_plotlyjs(),
    }


def garments_page(summary: dict[str, Any], arrays: Arrays, *, shareable: bool) -> str:
    """HTML of the whole report. `arrays` are those of pictures.npz; nothing is loaded from a network.

    ValueError where the summary lacks something. For a shareable page pass what `shareable_garments` leaves.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, UndefinedError

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters.update(WORDS)
    try:
        return environment.get_template("garments.html.j2").render(_context(summary, arrays, shareable))
    except (KeyError, UndefinedError) as error:
        raise ValueError(f"summary.json is incomplete ({error}); run the chain garments again.") from None


def garments_files(raw: dict[str, Any], results: Path, *, shareable: bool) -> dict[str, str]:
    """Name -> text of report.html, report.csv (the ranking table) and report.json of a run of garments.

    `raw` is what results/summary.json holds; pictures are read from results/pictures.npz where it is there.
    """
    summary = check_garments(raw)
    if shareable:
        summary = shareable_garments(summary)
    arrays = load_pictures(results / "pictures.npz")
    return {
        "report.html": garments_page(summary, arrays, shareable=shareable),
        "report.csv": ranking_csv(summary),
        "report.json": json.dumps({**summary, "shareable": shareable}, indent=1, ensure_ascii=False),
    }
