"""Opens a finished run without its case table, whole or as the pilot of the next study."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medgan_fashion.evaluation.classifiers.planning import Pilot
from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.imaging.prepare.prepare import find_prepared
from medgan_fashion.medical.config import AblationConfig
from medgan_fashion.medical.design import Plan, Synthesis
from medgan_fashion.medical.results.schema import check_summary
from medgan_fashion.medical.study.run import plan_study
from medgan_fashion.runs.engine.declare import OLDEST, read_declared
from medgan_fashion.runs.engine.stage import Task

# ---------------------------------------------------------------------------------------------------------------------
# Opens a run folder again without its case table: the prepared cases that it keeps, its configuration, its plan.


CHAINS = ("lesions", "mammograms")


@dataclass(frozen=True)
class OpenRun:
    """A run of classifiers as it was declared: folder, cases, configuration, and the plan that follows from both."""

    folder: Path
    images: ImageSet
    config: AblationConfig
    plan: Plan


def open_run(run: Path, synthesis: Synthesis | None = None) -> OpenRun:
    """The run in a folder; nothing is computed, and the case table is not needed.

    ValueError where the folder holds no ablation of classifiers, one that this version cannot read, not the cases that
    it was declared for, or these cases under the row numbers of two case tables (the `case` of an exported list would
    be ambiguous).
    """
    declared = read_declared(run, AblationConfig, CHAINS)
    prepared = find_prepared(run / "prepared", declared.inputs["cases"])
    if prepared is None:
        raise ValueError(f"{run}/prepared lacks the cases that the run was declared for; run the chain on it again")
    plan = plan_study(run, prepared.images, declared.config, synthesis)
    return OpenRun(run, prepared.images, declared.config, plan)


def check_done(run: Path, tasks: Iterable[Task], what: str) -> None:
    """ValueError where one of the tasks has no result yet, or only one of another version, which is named."""
    wanted = list(tasks)
    missing = sorted({task.stage.name for task in wanted if not task.done(run)})
    if not missing:
        return
    done = {task.stage.name for task in wanted if task.done(run)}
    for name in missing:
        left = sorted((run / "stages" / name).glob("[!.]*/stage.json"))
        if left and name not in done:
            wrote = json.loads(left[0].read_text()).get("version", OLDEST)
            raise ValueError(
                f"{what} cannot read {name} of {run}, which version {wrote} computed in another form; run the chain on "
                "that folder again (what can be read is kept), or go on with that version"
            )
    raise ValueError(f"{what} needs {', '.join(missing)} of {run}; run the chain on that folder further")


# ---------------------------------------------------------------------------------------------------------------------
# A finished ablation as a pilot: its own variances, read from results/summary.json for planning the next study.


def read_pilot(run: Path) -> dict[str, Any]:
    """The summary of a finished ablation of classifiers or segmenters; ValueError for another folder or chain."""
    path = run / "results" / "summary.json"
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"{path} does not exist; give the folder of a finished run, or state --accuracy.") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is no JSON (line {error.lineno}); run the chain again.") from None
    if "verdict" not in summary or summary.get("chain") == "garments":
        raise ValueError(f"{path} has no verdict to plan from; give the folder of a finished ablation.")
    return summary if "chain" in summary else {**check_summary(summary)}


def pilot_of(summary: dict[str, Any], repeat_sd: float) -> Pilot:
    """The pilot's variances; `repeat_sd` (fraction) stands in where it had one repeat only."""
    data, verdict = summary["data"], summary["verdict"]
    found, n_repeats = verdict["components"], int(summary["config"].get("repeats", 1))
    of_classes = [row["patients"] for row in data["per_class"]]
    scarcest = data["patients"] if summary.get("chain") == "lesion_segmentation" else min(of_classes)
    if found["patients"] is None or found["repeats"] is None or scarcest < 2:
        raise ValueError("this run's summary names no variances of the primary difference; run it again.")
    noise = found.get("noise") or 0.0
    return Pilot(found["patients"], found["repeats"], noise, data["patients"], scarcest, n_repeats, repeat_sd)


def doubts(summary: dict[str, Any], pilot: Pilot) -> list[str]:
    """What a reader must know before believing a plan from this pilot, a sentence each."""
    verdict = summary["verdict"]
    said = [
        "The true difference is not the pilot's estimate "
        f"({100 * verdict['estimate']:+.1f} points): plan on the smallest difference that would matter, never on it.",
        "The pilot's variances are estimates too; the ranges are what 80 % intervals of both (chi-square) allow.",
    ]
    if pilot.n_repeats == 1:
        said.append(
            "It had one repeat: what other partitions and GAN seeds change is not known and was taken as "
            f"{100 * pilot.stated_repeat_sd:g} points (--repeat_sd); a pilot of three repeats would show it."
        )
    elif verdict["components"].get("noise") is None:
        said.append(
            "It was written by an older version: all of its variance between repeats was taken to stay, however many "
            "patients there are."
        )
    floor = 0.0 if "chain" in summary else 1 / (len(summary["data"]["classes"]) * pilot.n_scarcest)
    if pilot.patients <= 1.01 * floor**2:
        said.append("Its arms hardly ever disagreed: the variance over patients is the least that the interval allows.")
    if summary["data"]["grouping"] != "patient":
        said.append(f"Its rows name no patients (grouping: {summary['data']['grouping']}): read groups for patients.")
    return said
