"""Hardly trained models in the folders where an ablation keeps them."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from medgan_fashion.gan import train
from medgan_fashion.gan.recipe.table import changed_recipe
from medgan_fashion.studio.generate.models import Listed, list_models
from medgan_fashion.studio.runs import read_run
from tests.report.conftest import make_summary, write_run

ROWS = "sha256:" + "0a9c4e1d" * 8  # of the first fold's GAN in the fabricated summary


def plant_gan(
    run: Path,
    key: str,
    recipe: str,
    classes: tuple[str, ...],
    rows: str,
    *,
    size: int = 16,
    label: str = "",
    changes: dict[str, Any] | None = None,
    **facts: Any,
) -> Path:
    """A stage's folder: a model of grey images in [0, 1], and gan.json. With `label` it was trained on that class."""
    folder = run / "stages" / "train_gan" / key
    images = np.random.default_rng(0).uniform(0, 1, (12, 1, size, size)).astype(np.float32)
    told: dict[str, Any] = {"labels": np.arange(12) % len(classes), "classes": classes} if classes else {}
    train(
        changed_recipe(recipe, changes or {}),
        images,
        images_seen=12,
        out=folder,
        value_range=(0.0, 1.0),
        progress=False,
        **told,
    )
    about = {"alarm": None, "classes": [label] if label else list(classes), "training_rows": rows} | facts
    (folder / "gan.json").write_text(json.dumps(about))
    return folder


def plant_run(folder: Path, **parts: Any) -> Path:
    """A fabricated ablation's results, with `parts` of its summary changed; no model yet."""
    return write_run(folder, make_summary() | parts, None)


def models_of(*runs: Path) -> list[Listed]:
    """The models of the runs, none of which may be damaged."""
    found = [run for run in map(read_run, runs) if run]
    models, damaged = list_models(tuple(found))
    assert not damaged
    return models
