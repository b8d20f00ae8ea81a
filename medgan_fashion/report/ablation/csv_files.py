"""The arms of a run as a table of comma-separated values, for spreadsheets and statistics programs."""

from __future__ import annotations

import csv
import io

from medgan_fashion.medical.results.schema import METRICS, Summary

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
