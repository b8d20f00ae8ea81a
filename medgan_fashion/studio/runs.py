"""The finished runs that the studio shows."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from medgan_fashion.studio.settings import Settings

Kind = Literal["garments", "ablation", "segmentation"]

KINDS: dict[str | None, Kind] = {"garments": "garments", "lesion_segmentation": "segmentation"}  # by a summary's chain


@dataclass(frozen=True)
class Run:
    """A finished run: its folder, its name (the folder's, which stands for it in the database), what it is of, and
    when its results were written."""

    folder: Path
    name: str
    kind: Kind
    stamp: float


@lru_cache(maxsize=64)
def _kind(summary: Path, stamp: float) -> Kind:
    """What a summary is of; read once for each time it was written."""
    try:
        chain = json.loads(summary.read_text()).get("chain")
    except (json.JSONDecodeError, AttributeError):
        raise ValueError(f"{summary} is damaged; run the chain again into its folder") from None
    return KINDS.get(chain, "ablation")


def read_run(folder: Path) -> Run | None:
    """The run of a folder, None where it has no results yet; ValueError for results that cannot be read."""
    summary, parts = folder / "results" / "summary.json", folder / "results" / "parts.json"
    if not summary.is_file():
        return None
    stamp = summary.stat().st_mtime
    kind = _kind(summary, stamp)
    return None if kind == "garments" and not parts.is_file() else Run(folder, folder.name, kind, stamp)


def named_runs(settings: Settings) -> list[Run]:
    """The runs that were named; ValueError for a folder without results, or two of one name."""
    found: dict[str, Run] = {}
    for name in settings.runs:
        folder = Path(name).resolve()
        run = read_run(folder)
        if run is None:
            raise ValueError(f"{name} holds no finished run: run the chain to its end, or leave --run out for a sample")
        if run.name in found:
            raise ValueError(f"two run folders are called {run.name}: rename one, likes are kept under that name")
        found[run.name] = run
    return list(found.values())


def find_runs(settings: Settings) -> list[Run]:
    """The runs that were named, or as many of the studio's own samples as are finished."""
    if settings.runs:
        return named_runs(settings)
    own = (read_run(folder) for folder in sorted((settings.folder / "samples").glob("*")) if folder.is_dir())
    return [run for run in own if run]
