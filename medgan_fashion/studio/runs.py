"""The finished runs that the studio shows, and the models of its own where none was named, trained once."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from medgan_fashion.base.plain import from_plain
from medgan_fashion.runs.pipelines import find_pipeline, read_pipeline
from medgan_fashion.studio.settings import Settings

# ---------------------------------------------------------------------------------------------------------------------
# The finished runs that the studio shows.


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


# ---------------------------------------------------------------------------------------------------------------------
# The studio's own models, where no run was named: a rendered sample shop and lesion phantoms, trained once.


Tell = Callable[[float, str], object]
RUN = "samples"  # under which their training stands in the queue
SHARES = {"garments": 0.6, "lesions": 0.4}  # of the whole time
_PIPELINES = {"garments": "studio_garments", "lesions": "demo"}
_WORDS = {"garments": "Setting up the sample shop", "lesions": "Setting up the sample study"}


def sample_folder(home: Path, name: str) -> Path:
    """Where a sample's run lies."""
    return home / "samples" / name


def missing(home: Path) -> list[str]:
    """Samples that are not finished."""
    return [name for name in SHARES if read_run(sample_folder(home, name)) is None]


def gan_progress(run: Path) -> float:
    """How far the GAN that is being trained in a run folder is, 0 to 1."""
    shares = []
    for history in run.glob("stages/*/.*.work/history.jsonl"):
        lines = history.read_text().split("\n")[:-1]  # a line without its end is torn
        if lines:
            last = json.loads(lines[-1])
            shares.append(last["images_seen"] / last["target"])
    return max(shares, default=0.0)


def _run(name: str, folder: Path, tell: Callable[[int, int], None]) -> None:
    settings = read_pipeline(find_pipeline(_PIPELINES[name]))
    if name == "garments":
        from medgan_fashion.fashion.config import read_settings
        from medgan_fashion.fashion.run.run import run_garments

        run_garments({}, folder, read_settings(settings), tell=tell)
        return
    from medgan_fashion.medical.config import AblationConfig
    from medgan_fashion.medical.study.run import run_study

    run_study(None, folder, from_plain(AblationConfig, settings), tell=tell)


def _telling(tell: Tell, name: str, folder: Path, before: float) -> Callable[[int, int], None]:
    """What a chain calls with (done, all): its stages and its GAN's training as a share of the whole time."""

    def told(done: int, total: int) -> None:
        part = min(1.0, (done + gan_progress(folder)) / max(total, 1))
        tell(before + SHARES[name] * part, _WORDS[name])

    return told


def train_samples(home: Path, tell: Tell) -> None:
    """Trains what is missing, one sample after the other; a call after a kill goes on where it stopped.

    `tell` is called from this thread with (0 to 1, what is being done) every half second or so.
    """
    before = 0.0
    for name, share in SHARES.items():
        folder = sample_folder(home, name)
        if read_run(folder) is None:
            _run(name, folder, _telling(tell, name, folder, before))
        before += share
    tell(1.0, "Done")
