"""The page of the ablation's report, rendered to one self-contained HTML text, and the arms as CSV."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from pathlib import Path
from typing import Any

from medgan_fashion.medical.results.schema import METRICS, Summary
from medgan_fashion.report.ablation.figures import (
    arms_figure,
    calibration_figure,
    class_figure,
    dose_figure,
    interval,
    kid_figure,
)
from medgan_fashion.report.ablation.pictures import gate_strips, pair_galleries
from medgan_fashion.report.cards import checklists
from medgan_fashion.report.charts import divs
from medgan_fashion.report.numbers import FILTERS
from medgan_fashion.report.pictures import Arrays, folds, grids, neighbours

# ---------------------------------------------------------------------------------------------------------------------
# The page of the report: what goes into the templates, rendered to one self-contained HTML text.


TEMPLATES = Path(__file__).parents[1] / "templates"
SECTIONS = (  # id, which is the template's name, and title
    ("arms", "Arms compared"),
    ("dose", "Benefit against amount"),
    ("confusion", "Confusion matrices"),
    ("classes", "Sensitivity and specificity"),
    ("calibration", "Calibration"),
    ("pictures", "Real and synthetic images"),
    ("judge", "How good the images are"),
    ("neighbours", "Nearest training images"),
    ("privacy", "Privacy screening"),
    ("gate", "Quality gate"),
    ("gans", "GANs"),
    ("audit", "Leakage audit"),
    ("tests", "Secondary tests"),
    ("data", "Data"),
    ("checklist", "Reporting checklists"),
    ("config", "Configuration and versions"),
)
HUES = {"helps": "helps", "hurts": "hurts", "no evidence of help": "none"}  # of style.css


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
    return divs(out)


def _pictures(summary: Summary, arrays: Arrays) -> dict[str, Any]:
    found = [{"fold": f, "classes": grids(arrays, f, summary["data"]["classes"])} for f in folds(arrays)]
    pairs = [{"fold": f, "pairs": neighbours(arrays, f, near_copies(summary).get(f, 0))} for f in folds(arrays)]
    return {
        "has_pictures": bool(arrays),
        "grids": [g for g in found if any(c["rows"] for c in g["classes"])],
        "galleries": [g for g in pairs if g["pairs"]],
        "pairs": pair_galleries(arrays),
        "strips": gate_strips(arrays),
    }


def head(summary: Summary | dict[str, Any], shareable: bool) -> dict[str, Any]:
    """What the verdict's template needs, of any chain that ends in a verdict."""
    lists = {k: [] for k in ("dose", "judge", "tests", "gans", "privacy", "gate", "calibration", "checklist")}
    data = {"views": [], "notes": [], "case_word": "lesions"} | summary["data"]
    return {
        "s": lists | summary | {"data": data},
        "v": summary["verdict"],
        "unit": "" if summary["verdict"]["metric"] == "brier" else " points",
        "created": summary["created"][:16].replace("T", " "),
        "cases": data["case_word"],
        "interval": interval(summary["verdict"]),
        "hue": HUES.get(summary["verdict"]["verdict"], "few"),
        "shareable": shareable,
        "checklists": checklists(summary.get("checklist", [])),
    }


def _context(summary: Summary, arrays: Arrays, shareable: bool) -> dict[str, Any]:
    from plotly.offline import get_plotlyjs

    return {
        "other_metrics": [m for m in METRICS if m != summary["verdict"]["metric"]],
        "has_swd": any(j.get("swd") for j in summary.get("judge", [])),
        "views": sorted({w["view"] for j in summary.get("judge", []) for w in j.get("views", [])}),
        "copies": sum(j["near_copies"] for j in summary.get("judge", [])),
        "config_text": json.dumps(summary["config"], indent=2, ensure_ascii=False),
        "figures": _figures(summary),
        "sections": SECTIONS,
        "css": (TEMPLATES / "style.css").read_text(encoding="utf-8"),
        "plotly_js": get_plotlyjs(),
        **head(summary, shareable),
        **_pictures(summary, arrays),
    }


def render(template: str, context: dict[str, Any]) -> str:
    """A template of the report as text, everything in it escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters.update(FILTERS)
    return environment.get_template(template).render(context)


def _as_picture(drawing: str, css: str, head: dict[str, Any]) -> str:
    """The interval's SVG drawing as an `<img>`, for pages that let no SVG in. Nothing can be drawn beyond a picture's
    edge: a margin far to the right has its words on its left."""
    far = "text:first-of-type{text-anchor:end;transform:translateX(-6px)}" if head["interval"].margin > 60 else ""
    label = re.search('aria-label="([^"]*)"', drawing)
    root = (
        f'<svg xmlns="http://www.w3.org/2000/svg" font-family="system-ui, sans-serif" class="interval {head["hue"]}">'
    )
    own = re.sub("^<svg[^>]*>", lambda _: f"{root}<style>{css}{far}</style>", drawing)
    source = base64.b64encode(own.encode()).decode()
    return f'<img class="interval" src="data:image/svg+xml;base64,{source}" alt="{label[1] if label else ""}">'


def verdict_block(summary: Summary | dict[str, Any]) -> str:
    """HTML of the verdict alone, to stand in another page, its texts escaped.

    The report's style is nested, so that it touches nothing else there; ink and paper are its own, for dark pages.
    """
    css, known = (TEMPLATES / "style.css").read_text(encoding="utf-8"), head(summary, shareable=False)
    block = render("verdict.html.j2", known)
    block = re.sub("<svg.*?</svg>", lambda found: _as_picture(found[0], css, known), block, flags=re.DOTALL)
    nested = css.replace(":root", "&", 1) + "&{color:var(--ink);background:#fff;padding:2px}dl{padding:16px 0 0}"
    return f'<div class="medgan-verdict"><style>.medgan-verdict{{{nested}}}</style>{block}</div>'


def page(summary: Summary, arrays: Arrays, *, shareable: bool) -> str:
    """HTML of the whole report. `arrays` are those of samples.npz; nothing is loaded from a network.

    ValueError where the arrays do not fit the classes. For a shareable page pass what `without_real` leaves.
    """
    return render("report.html.j2", _context(summary, arrays, shareable))


# ---------------------------------------------------------------------------------------------------------------------
# The arms of a run as a table of comma-separated values, for spreadsheets and statistics programs.


COUNTS = ("n_real", "n_classic", "n_gan", "pool", "updates", "runs")
ENDS = {"value": "", "low": "_low", "high": "_high"}
DIFFERENCE = ("estimate", "low", "high", "p", "p_holm")


def _row(arm: dict, classes: list[str], role: str) -> dict[str, object]:
    scores = {c["class"]: c for c in arm["per_class"]}
    difference = arm["difference"] or {}
    row: dict[str, object] = {"arm": arm["arm"], "role": role} | {k: arm[k] for k in COUNTS}
    for metric in METRICS:
        row |= {metric + end: arm["metrics"][metric][k] for k, end in ENDS.items()}
    row |= {f"difference_{k}": difference.get(k) for k in DIFFERENCE}
    for kind in ("sensitivity", "specificity"):
        row |= {f"{kind}: {name}": scores.get(name, {}).get(kind) for name in classes}
    return row


def arms_csv(summary: Summary) -> str:
    """One line per arm; shares are fractions in [0, 1], unrounded; empty: could not be estimated."""
    verdict = summary["verdict"]
    roles = {verdict["against"]: "comparator", verdict["arm"]: "tested"}
    rows = [_row(dict(a), summary["data"]["classes"], roles.get(a["arm"], "")) for a in summary["arms"]]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
