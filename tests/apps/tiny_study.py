"""A finished ablation in seconds: phantoms of 16 x 16 pixels and a real, hardly trained GAN."""

from pathlib import Path

import pytest

from medgan_fashion.base.plain import from_plain
from medgan_fashion.medical.config import AblationConfig
from medgan_fashion.medical.study.run import run_study
from tests.made_once import made_once

TINY = {
    "image": {"size": [16, 16]},
    "folds": 2,
    "repeats": 1,
    "classifier_seeds": 1,
    "arms": ["real+classic", "real+classic+gan"],
    "pool": 2.0,
    "gan": {"images_seen": 32, "changes": {"networks": {"width": 4, "max_width": 8}}},
    "classifier": {"updates": 5, "batch": 16},
    "encoder_updates": 5,
    "phantom_patients": 18,
}


def tiny_study(folder: Path) -> Path:
    """Runs it in this process into `folder`, which becomes the run, and answers that folder."""
    run_study(None, folder, from_plain(AblationConfig, TINY), processes=0)
    return folder


def shared_study(factory: pytest.TempPathFactory) -> Path:
    """That run, once for the whole session; no test may change it."""
    return made_once(factory, "tiny_study", lambda folder: tiny_study(folder / "tiny")) / "tiny"
