"""The synthetic sets of a finished ablation, for their data cards: what is in each, and which models drew it."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from medgan_fashion.medical.design import Plan
from medgan_fashion.runs.engine.stage import Task


def _model_hash(gan: Task, run: Path) -> str:
    with (gan.folder(run) / "model.safetensors").open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def synthetic_sets(plan: Plan, run: Path) -> list[dict[str, Any]]:
    """One row per fold's own set (see `SyntheticSet` in summary_images.py); those of dose figures have none."""
    rows = []
    for part in plan.training_sets:
        if part.purpose:
            continue
        made, classes = part.materials.synthetic, part.materials.gans
        folder = made.folder(run)
        labels = np.load(folder / "labels.npy")
        about = json.loads((folder / "provenance.json").read_text())
        fold = json.loads((part.materials.training.folder(run) / "fold.json").read_text())
        counted = np.bincount(labels, minlength=len(fold["classes"])).tolist()
        shape = np.load(folder / "images.npy", mmap_mode="r").shape[1:]
        rows.append(
            {
                "repeat": part.repeat,
                "fold": part.fold,
                "images": len(labels),
                "shape": list(shape),
                "per_class": [{"class": c, "images": n} for c, n in zip(fold["classes"], counted, strict=True)],
                "models": [{"name": gan.key, "sha256": _model_hash(gan, run)} for gan in classes],
                "made_by": [] if classes else about["models"],
                "training_rows": about["training_rows"],
            }
        )
    return rows
