"""The studio's own models, where no run was named: a rendered sample shop and lesion phantoms, trained once."""

import json
from collections.abc import Callable
from pathlib import Path

from medgan_fashion.base.plain import from_plain
from medgan_fashion.runs.pipelines import find_pipeline, read_pipeline
from medgan_fashion.studio.runs import read_run

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
    from medgan_fashion.medical.study.run import run_ablation

    run_ablation(None, folder, from_plain(AblationConfig, settings), tell=tell)


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
