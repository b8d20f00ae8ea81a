"""What the page Ablation shows of one run: its tables in words, and its pictures fold by fold."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from medgan_fashion.medical.results.schema import AuditItem, Summary, check_summary
from medgan_fashion.report.ablation.page import near_copies
from medgan_fashion.report.numbers import NONE, arm_note, count, metric_name, metric_points, metric_value, p_value
from medgan_fashion.report.pictures import Arrays, Pair, Tile, grids, neighbours
from medgan_fashion.report.summaries import read_summary

Row = dict[str, str]


@dataclass(frozen=True)
class ClassPictures:
    """Pictures of one class: real and synthetic ones."""

    name: str
    real: tuple[Tile, ...]
    synthetic: tuple[Tile, ...]


def _ranged(value: str, low: str, high: str) -> str:
    return value if NONE in (low, high) else f"{value} ({low} to {high})"


def estimate_text(estimate: Mapping[str, Any], metric: str) -> str:
    """A metric with its interval, in percent (the Brier score as it is): 71.9 (66.7 to 77.1)."""
    value, low, high = (metric_value(estimate[key], metric) for key in ("value", "low", "high"))
    return _ranged(value, low, high)


def gap_text(gap: Mapping[str, Any] | None, metric: str) -> str:
    """A difference with its interval, in points: +1.7 (−1.7 to +5.4); a dash for None."""
    if gap is None:
        return NONE
    value, low, high = (metric_points(gap[key], metric) for key in ("estimate", "low", "high"))
    return _ranged(value, low, high)


def role(arm: str, summary: Summary) -> str:
    """What the arm is in the verdict: tested, comparator, or nothing."""
    verdict = summary["verdict"]
    return {verdict["against"]: "comparator", verdict["arm"]: "tested"}.get(arm, "")


def arms_rows(summary: Summary) -> list[Row]:
    """A row per arm: role, primary metric, difference to the comparator, p after Holm's correction."""
    metric, rows = summary["verdict"]["metric"], []
    for arm in summary["arms"]:
        gap, mine = arm["difference"], role(arm["arm"], summary)
        declared = gap is not None and mine == "tested" and gap["p_holm"] is None
        p = None if gap is None else gap["p"] if declared else gap["p_holm"]
        row = {
            "Arm": arm["arm"],
            "Role": mine or NONE,
            metric_name(metric): estimate_text(arm["metrics"][metric], metric),
        }
        row |= {"Difference to comparator": gap_text(gap, metric)}
        rows.append(
            row
            | {
                "p, Holm": f"{p_value(p)}, declared" if declared else p_value(p),
                "What it is for": arm_note(arm["arm"]) or NONE,
            }
        )
    return rows


def pool_rows(summary: Summary) -> list[Row]:
    """A row per arm: what its classifiers were trained on, mean over folds."""
    keys = {
        "Real": "n_real",
        "Classic": "n_classic",
        "GAN": "n_gan",
        "Pool": "pool",
        "Updates": "updates",
        "Runs": "runs",
    }
    return [{"Arm": arm["arm"], **{title: count(arm[key]) for title, key in keys.items()}} for arm in summary["arms"]]  # type: ignore[literal-required]


def dose_rows(summary: Summary) -> list[Row]:
    """A row per share of the reals and amount of synthetic images; [] where the run tried one amount only."""
    metric, rows = summary["verdict"]["metric"], []
    for dose in summary.get("dose", []):
        gap = {"estimate": dose["estimate"], "low": dose["difference_low"], "high": dose["difference_high"]}
        row = {"Real images": f"{100 * dose['real_fraction']:g} %", "Synthetic per real": f"{dose['ratio']:g}"}
        rows.append(row | {metric_name(metric): estimate_text(dose, metric), "Difference": gap_text(gap, metric)})
    return rows


def audit_failures(audit: Sequence[AuditItem]) -> list[Row]:
    """The checks against leakage that failed."""
    return [{"Check": item["check"], "Detail": item["detail"]} for item in audit if not item["passed"]]


def samples(summary: Summary, arrays: Arrays, fold: int) -> list[ClassPictures]:
    """Real and synthetic pictures of each class of a fold, as far as they are there."""
    kept = {key: value for key, value in arrays.items() if not key.endswith("_classic")}
    found = []
    for one in grids(kept, fold, summary["data"]["classes"]):
        rows = cast(dict[str, list[Tile]], one["rows"])
        found.append(ClassPictures(str(one["name"]), *(tuple(rows.get(kind, ())) for kind in ("real", "synthetic"))))
    return [one for one in found if one.real or one.synthetic]


def pairs(summary: Summary, arrays: Arrays, fold: int) -> list[Pair]:
    """Synthetic pictures of a fold with their nearest training images, the most similar first."""
    return neighbours(arrays, fold, near_copies(summary).get(fold, 0))


def data_hash(folder: Path) -> str:
    """Hash of the images that a run was declared for; empty where the run says none."""
    path = folder / "declared.json"
    try:
        return str(json.loads(path.read_text()).get("cases", ""))
    except FileNotFoundError:
        return ""
    except (json.JSONDecodeError, AttributeError):
        raise ValueError(f"{path} is damaged; run the chain again into another folder") from None


def read_study(folder: Path) -> Summary:
    """The checked summary of a run's folder; ValueError where it is absent or incomplete."""
    return check_summary(read_summary(folder / "results" / "summary.json"))
