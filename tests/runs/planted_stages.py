"""Stages for the tests of the machinery itself."""

import json
import time
from pathlib import Path
from typing import Any

from medgan_fashion.runs.engine.stage import stage


@stage(version=1)
def number(work: Path, value: int, seconds: float = 0.0) -> None:
    time.sleep(seconds)
    (work / "value.txt").write_text(str(value))
    with (work.parent.parent.parent / "log.txt").open("a") as log:
        log.write(f"number {value}\n")


@stage(version=1)
def total(work: Path, parts: list[Path]) -> None:
    (work / "value.txt").write_text(str(sum(int((part / "value.txt").read_text()) for part in parts)))


@stage(version=1)
def counts_slowly(work: Path, until: int) -> None:
    """Goes on from what a killed predecessor left in the work folder."""
    done = work / "steps.txt"
    for step in range(len(done.read_text()) if done.exists() else 0, until):
        time.sleep(0.05)
        with done.open("a") as file:
            file.write(".")
        (work / "last_pid_step.txt").write_text(str(step))


@stage(version=1)
def fails(work: Path) -> None:
    raise ValueError("row 7 is missing; add it")


@stage(version=1)
def from_config(work: Path, config: Any) -> None:
    (work / "config.json").write_text(json.dumps(config, default=str))
