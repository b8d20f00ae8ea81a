"""A run folder says what it is for, what it was computed with, and how far it is."""

import json
import platform
from collections import Counter
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from medgan_fashion.base.files import write_whole
from medgan_fashion.base.plain import differences
from medgan_fashion.runs.engine.stage import claim

# ---------------------------------------------------------------------------------------------------------------------
# A run folder says what it is for before the first number is computed, and refuses to become something else.


def declare(run: Path, plain: dict[str, Any]) -> None:
    """Writes the whole configuration and the hash of the data to RUN/declared.json.

    ValueError shows what changed when the folder was declared for another configuration or other data.
    """
    path = run / "declared.json"
    if path.exists():
        changed = differences(json.loads(path.read_text()), plain)
        if changed:
            raise ValueError(f"{run} was declared for another study ({'; '.join(changed)}); choose another --out")
        return
    run.mkdir(parents=True, exist_ok=True)
    write_whole(path, lambda part: part.write_text(json.dumps(plain, indent=1)))


# ---------------------------------------------------------------------------------------------------------------------
# What a result was computed with.


SHARED = ("medgan-fashion", "torch", "numpy", "scipy", "scikit-learn")


def versions(*more: str) -> dict[str, str]:
    """Versions of Python, of what every chain uses, and of the packages in `more`; "not installed" where absent."""
    out = {"python": platform.python_version()}
    for package in (*SHARED, *more):
        try:
            out[package] = version(package)
        except PackageNotFoundError:
            out[package] = "not installed"
    return out


# ---------------------------------------------------------------------------------------------------------------------
# How far a run folder is, read from its stages alone.


def run_status(run: Path) -> list[str]:
    """Lines for a person: stages done, what is in progress, where the results lie. ValueError for another folder."""
    stages = run / "stages"
    if not stages.is_dir():
        raise ValueError(f"{run} is no run folder; give the one after --out")
    done = Counter(path.parents[1].name for path in stages.glob("*/[!.]*/stage.json"))
    lines = [f"{name}: {count} done" for name, count in sorted(done.items())]
    for work in sorted(stages.glob("*/.*.work")):
        with claim(work.with_suffix(".claim")) as free:
            state = "left by a process that died; the same command goes on from it" if free else "in progress"
        lines.append(f"{work.parent.name} {work.name.strip('.').removesuffix('.work')[:8]}: {state}{_training(work)}")
    report = run / "report" / "report.html"
    lines.append(f"report: {report}" if report.exists() else "no report yet")
    return lines


def _training(work: Path) -> str:
    history = work / "history.jsonl"
    lines = history.read_text().split("\n")[:-1] if history.exists() else []  # a line without its end is torn
    if not lines:
        return ""
    last = json.loads(lines[-1])
    return f", {last['images_seen']:,} of {last['target']:,} images seen"
