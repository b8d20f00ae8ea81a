"""A small finished ablation on phantoms with real GANs: what somebody else's classifier is given and compared on."""

from pathlib import Path

import pytest

from medgan_fashion.base.plain import from_plain
from medgan_fashion.medical.config import AblationConfig
from medgan_fashion.medical.study.run import run_study
from tests.made_once import made_once

SETTINGS = {
    "image": {"size": [16, 16]},
    "folds": 2,
    "repeats": 2,
    "classifier_seeds": 2,
    "arms": ["real+oversampled", "real+classic", "real+classic+gan", "real+classic+shuffled", "real+held-back"],
    "held_back": 0.25,
    "pool": 3.0,
    "gan": {"images_seen": 64, "changes": {"networks": {"width": 4, "max_width": 8}}},
    "classifier": {"updates": 5, "batch": 32},
    "encoder_updates": 10,
    "phantom_patients": 40,
}


def finished_run(factory: pytest.TempPathFactory) -> Path:
    """The run folder; made once for all of pytest's workers."""
    config = from_plain(AblationConfig, SETTINGS)
    return made_once(factory, "finished_run", lambda folder: run_study(None, folder, config, processes=0))
