"""Opens a run folder again without its case table: the prepared cases that it keeps, its configuration, its plan."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from medgan_fashion.base.plain import from_plain
from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.imaging.prepare.prepare import find_prepared
from medgan_fashion.medical.config import AblationConfig
from medgan_fashion.medical.design import Plan, Synthesis
from medgan_fashion.medical.study.plan import Planner
from medgan_fashion.runs.engine.stage import Task

CHAINS = ("lesions", "mammograms")


@dataclass(frozen=True)
class OpenRun:
    """A run as it was declared: its folder, cases, configuration, and the plan that follows from both."""

    folder: Path
    images: ImageSet
    config: AblationConfig
    plan: Plan


def open_run(run: Path, synthesis: Synthesis | None = None) -> OpenRun:
    """The run in a folder; nothing is computed, and the case table is not needed.

    ValueError where the folder holds no ablation, not the cases that it was declared for, or these cases under the row
    numbers of two case tables (the `case` of an exported list would be ambiguous).
    """
    path = run / "declared.json"
    declared = json.loads(path.read_text()) if path.is_file() else {}
    plain = declared.get("config", {})
    if plain.get("chain") not in CHAINS:
        raise ValueError(f"{run} holds no run of chain {' or '.join(CHAINS)}; give the folder that `run` wrote")
    prepared = find_prepared(run / "prepared", declared["cases"])
    if prepared is None:
        raise ValueError(f"{run}/prepared lacks the cases that the run was declared for; run the chain on it again")
    config = from_plain(AblationConfig, plain)
    return OpenRun(run, prepared.images, config, Planner(run, prepared.images, config, synthesis).plan())


def check_done(run: Path, tasks: Iterable[Task], what: str) -> None:
    """ValueError where one of the tasks has no result yet."""
    missing = {task.stage.name for task in tasks if not task.done(run)}
    if missing:
        raise ValueError(f"{what} needs {', '.join(sorted(missing))} of {run}; run the chain on that folder further")
