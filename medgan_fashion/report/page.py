"""The page of the report: what goes into the templates, rendered to one self-contained HTML text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from medgan_fashion.medical.summary import METRICS, Summary
from medgan_fashion.report.figures import (
    arms_figure,
    calibration_figure,
    class_figure,
    dose_figure,
    interval,
)
from medgan_fashion.report.figures_images import kid_figure
from medgan_fashion.report.numbers import FILTERS
from medgan_fashion.report.pictures import Arrays, folds, grids, neighbours

TEMPLATES = Path(__file__).parent / "templates"
SECTIONS = (  # id, which is the template's name, and title
    ("arms", "Arms compared"),
    ("dose", "Benefit against amount"),
    ("confusion", "Confusion matrices"),
    ("classes", "Sensitivity and specificity"),
    ("calibration", "Calibration"),
    ("pictures", "Real and synthetic images"),
    ("judge", "How good the images are"),
    ("neighbours", "Nearest training images"),
    ("gans", "GANs"),
    ("audit", "Leakage audit"),
    ("tests", "Secondary tests"),
    ("data", "Data"),
    ("checklist", "Reporting checklists"),
    ("config", "Configuration and versions"),
)


def near_copies(summary: Summary) -> dict[int, int]:
    """Per fold of the first repeat, which is the one with pictures, the number of near copies found."""
    return {j["fold"]: j["near_copies"] for j in summary.get("judge", []) if j["repeat"] == 0}


def _figures(summary: Summary) -> dict[str, str]:
    arms, verdict = summary["arms"], summary["verdict"]
    out = {
        "arms": arms_figure(arms, verdict),
        "sensitivity": class_figure(arms, verdict, "sensitivity"),
        "specificity": class_figure(arms, verdict, "specificity"),
    }
    if dose := summary.get("dose"):
        out["dose_value"] = dose_figure(dose, verdict["metric"], difference=False)
        out["dose_difference"] = dose_figure(dose, verdict["metric"], difference=True)
    if calibration := summary.get("calibration"):
        out["calibration"] = calibration_figure(calibration, verdict)
    if judge := summary.get("judge"):
        out["kid"] = kid_figure(judge)
    return out


def _pictures(summary: Summary, arrays: Arrays) -> dict[str, Any]:
    found = [{"fold": f, "classes": grids(arrays, f, summary["data"]["classes"])} for f in folds(arrays)]
    pairs = [{"fold": f, "pairs": neighbours(arrays, f, near_copies(summary).get(f, 0))} for f in folds(arrays)]
    return {
        "has_pictures": bool(arrays),
        "grids": [g for g in found if any(c["rows"] for c in g["classes"])],
        "galleries": [g for g in pairs if g["pairs"]],
    }


def _context(summary: Summary, arrays: Arrays, shareable: bool) -> dict[str, Any]:
    from plotly.offline import get_plotlyjs

    lists = {k: [] for k in ("dose", "judge", "tests", "gans", "calibration", "checklist")}
    data = {"views": [], "notes": [], "case_word": "lesions"} | summary["data"]
    metric = summary["verdict"]["metric"]
    return {
        "s": lists | summary | {"data": data},
        "v": summary["verdict"],
        "unit": "" if metric == "brier" else " points",
        "created": summary["created"][:16].replace("T", " "),
        "other_metrics": [m for m in METRICS if m != metric],
        "cases": data["case_word"],
        "has_swd": any(j.get("swd") for j in summary.get("judge", [])),
        "views": sorted({w["view"] for j in summary.get("judge", []) for w in j.get("views", [])}),
        "copies": sum(j["near_copies"] for j in summary.get("judge", [])),
        "config_text": json.dumps(summary["config"], indent=2, ensure_ascii=False),
        "interval": interval(summary["verdict"]),
        "figures": _figures(summary),
        "sections": SECTIONS,
        "shareable": shareable,
        "css": (TEMPLATES / "style.css").read_text(encoding="utf-8"),
        "plotly_js": get_plotlyjs(),
        **_pictures(summary, arrays),
    }


def page(summary: Summary, arrays: Arrays, *, shareable: bool) -> str:
    """HTML of the whole report. `arrays` are those of samples.npz; nothing is loaded from a network.

    ValueError where the arrays do not fit the classes. For a shareable page pass what `without_real` leaves.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters.update(FILTERS)
    return environment.get_template("report.html.j2").render(_context(summary, arrays, shareable))
