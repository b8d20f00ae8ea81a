"""A run folder says what it is for, what it was computed with, and how far it is."""

import json
import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Generic, TypeVar

from medgan_fashion.base.files import write_whole
from medgan_fashion.base.plain import differences, from_plain, to_plain
from medgan_fashion.runs.engine.stage import claim

# ---------------------------------------------------------------------------------------------------------------------
# A run folder says what it is for before the first number is computed, and refuses to become something else.


T = TypeVar("T")
OLDEST = "0.1.0 or older"  # versions that did not write down which they were


@dataclass(frozen=True)
class Declared(Generic[T]):
    """What a run folder is for: its configuration, the hashes of its inputs by name, and the version that wrote it."""

    config: T
    inputs: dict[str, str]
    version: str


def read_declared(run: Path, kind: type[T], chains: Sequence[str] = ()) -> Declared[T]:
    """RUN/declared.json, read through the configuration's class: fields that are younger than the file take the value
    that stands for their absence.

    ValueError where there is none, one of another chain than `chains`, or one that this version cannot read: it names
    the version that wrote it.
    """
    path = run / "declared.json"
    plain: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
    if not plain or (chains and plain["config"].get("chain") not in chains):
        raise ValueError(f"{run} holds no run of chain {' or '.join(chains)}; give the folder that `run` wrote")
    config, wrote = plain.pop("config"), plain.pop("version", OLDEST)
    try:
        return Declared(from_plain(kind, config, stored=True), plain, wrote)
    except ValueError as error:
        raise ValueError(
            f"{run} was declared by version {wrote}, and version {version('medgan-fashion')} cannot read it ({error}); "
            "go on with that version, or choose another --out"
        ) from None


def declare(run: Path, config: Any, inputs: dict[str, str]) -> None:
    """Writes the whole configuration (a dataclass) and the hashes of the data to RUN/declared.json, once.

    ValueError shows what changed when the folder was declared for another configuration or other data.
    """
    path = run / "declared.json"
    if path.exists():
        before = read_declared(run, type(config))
        changed = differences(to_plain(before.config) | before.inputs, to_plain(config) | inputs)
        if changed:
            raise ValueError(
                f"{run} was declared for another study ({'; '.join(changed)}); set back what changed, or choose "
                "another --out"
            )
        return
    run.mkdir(parents=True, exist_ok=True)
    plain = {"version": version("medgan-fashion"), "config": to_plain(config), **inputs}
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
