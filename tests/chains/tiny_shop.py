"""A chain of garments that is over in seconds, and the sample's own tables as a user's."""

import csv
from pathlib import Path
from typing import Any

import pytest

from medgan_fashion.base.plain import merged
from medgan_fashion.cli.main import main
from medgan_fashion.fashion.config import read_settings
from medgan_fashion.fashion.run.run import run_garments

_PAIRS = {"updates": 20, "batch": 64}
_SMALL = {"factors": 8, "pairs": _PAIRS, "tower": {"size": 16, "width": 8}}
TINY: dict[str, Any] = {
    "catalogue": {"size": 16, "hold_out": 0.2},
    "sample": {"n_styles": 45, "n_customers": 60, "new_customers": 2},
    "gan": {"images_seen": 256, "encoder_images": 256, "least_pictures": 5},
    "recommenders": {
        **{"encoder_updates": 15, "dvbpr": _SMALL, "held_out": _SMALL, "vbpr": {"pairs": _PAIRS}},
        **{"bpr": {"iterations": 20}},
    },
    "design": {"starts": 2, "steps": 3, "candidates": 8, "fallback_draws": 8, "n_diverse": 2},
    "restyle": {"leashes": [16.0, 1.0], "walk_steps": 2, "panel": 8},
    **{"etas": [0, 1.0], "designed_for": 2, "judged_on": 4, "restyled": 2, "calibrated_on": 20, "planted": 2},
    "likes": 2,
}
Rows = list[dict[str, str]]
Capture = pytest.CaptureFixture[str]


def tiny_chain(inputs: dict[str, Path], run: Path, changes: dict[str, Any]) -> dict[str, Any]:
    """The chain with TINY's settings, changed, in this process alone."""
    return run_garments(inputs, run, read_settings(merged(TINY, changes)), processes=0)


def sample_folder(run: Path) -> Path:
    """The folder of a run's sample shop, as its own door reads it."""
    return next((run / "stages" / "sample_shop").glob("[!.]*"))


def gan_file(run: Path) -> Path:
    """The GAN of a run."""
    return next((run / "stages" / "garment_gan").glob("[!.]*/model.safetensors"))


def read_rows(path: Path) -> Rows:
    """Rows of a CSV table."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, rows: Rows) -> Path:
    """Writes a CSV table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def stamps(run: Path) -> dict[str, int]:
    """When each finished stage was written."""
    return {str(path.parent.relative_to(run)): path.stat().st_mtime_ns for path in run.glob("stages/*/*/stage.json")}


def told(capsys: Capture, *words: object, code: int = 0) -> list[str]:
    """What a command prints: to the terminal, or, refused, in one sentence."""
    assert main([str(word) for word in words]) == code
    captured = capsys.readouterr()
    return (captured.out if code == 0 else captured.err).splitlines()
