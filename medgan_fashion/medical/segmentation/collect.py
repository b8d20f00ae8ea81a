"""Collects a finished segmentation ablation into results/summary.json and pictures.npz."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.base.files import write_whole
from medgan_fashion.base.plain import to_plain
from medgan_fashion.imaging.prepare.prepare import Prepared
from medgan_fashion.medical.results.audit import Audited, audit_sets
from medgan_fashion.medical.results.findings import data_section
from medgan_fashion.medical.segmentation.config import SegmentationConfig
from medgan_fashion.medical.segmentation.plan import PairSet, SegmentationPlan
from medgan_fashion.medical.segmentation.scores import SegmentationScores
from medgan_fashion.runs.engine.declare import versions
from medgan_fashion.runs.stages.folds import load_fold

SHOWN = 8  # pictures of a kind in the report


def _audited(plan: SegmentationPlan) -> list[Audited]:
    return [
        Audited(
            part.name,
            part.materials.rows,
            part.materials.training,
            tuple(part.materials.synthetic.values()),
            part.unseen,
        )
        for part in plan.sets
    ]


def _gans(run: Path, part: PairSet) -> list[dict[str, Any]]:
    """Every GAN of a training set: what it saw, and how many of its masks were as large as a real one."""
    out = []
    for name, gan in part.materials.gans.items():
        folder = gan.folder(run)
        about = json.loads((folder / "gan.json").read_text())
        drawn = json.loads((part.materials.synthetic[name].folder(run) / "accepted.json").read_text())
        kept = {key: about[key] for key in ("images_seen", "alarm", "selected", "training_rows")}
        out.append(
            {
                "generator": name,
                "name": f"{name} GAN of {part.name}",
                "repeat": part.repeat,
                "fold": part.fold,
                "real_fraction": part.real_fraction,
                **kept,
                "training_images": about["images"],
                "accepted": drawn,
                "seconds": json.loads((folder / "stage.json").read_text())["seconds"],
            }
        )
    return out


def _bytes(images: NDArray[Any]) -> NDArray[np.uint8]:
    return (np.clip(np.asarray(images), 0, 1) * 255).round().astype(np.uint8)


def _pictures(run: Path, plan: SegmentationPlan, scores: SegmentationScores) -> dict[str, NDArray[np.uint8]]:
    """Of the first fold of the first repeat: reals and synthetic pairs at each share of the patients, and test images
    with the true mask and the masks of both arms of the declared contrast; grey (M, H, W), masks 0 or 255."""
    out: dict[str, NDArray[np.uint8]] = {}
    for part in (part for part in plan.sets if part.repeat == 0 and part.fold == 0):
        fold, where = load_fold(part.materials.training.folder(run)), f"{100 * part.real_fraction:g}"
        out[f"{where}_real_images"] = _bytes(fold.views[:SHOWN, 0])
        out[f"{where}_real_masks"] = _bytes(fold.mask_views[:SHOWN, 0] > 0.5)
        for name, task in part.materials.synthetic.items():
            for kind in ("images", "masks"):
                made = np.load(task.folder(run) / f"{kind}.npy", mmap_mode="r")[:SHOWN, 0]
                out[f"{where}_{name}_{kind}"] = _bytes(made)
    first = [next(c for c in scores.places[place] if c.repeat == c.fold == 0) for place in scores.primary]
    held_out = load_fold(first[0].task.inputs["test"].folder(run))
    worst_first = np.argsort(np.load(first[0].task.folder(run) / "dice.npy"), kind="stable")
    rows = worst_first[np.linspace(0, len(worst_first) - 1, SHOWN).round().astype(int)]
    out["test_images"], out["test_masks"] = _bytes(held_out.views[rows, 0]), _bytes(held_out.mask_views[rows, 0] > 0.5)
    for key, cell in zip(("arm", "against"), first, strict=True):
        out[f"test_{key}"] = _bytes(np.load(cell.task.folder(run) / "predicted.npy")[rows])
    return out


def _save_arrays(path: Path, arrays: dict[str, Any]) -> None:
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)


def collect_segmentation(
    run: Path, name: str, prepared: Prepared, config: SegmentationConfig, plan: SegmentationPlan
) -> dict[str, Any]:
    """Writes RUN/results/pictures.npz and summary.json, the latter last: where it lies, the run is finished."""
    scores = SegmentationScores(run, prepared.images, config, plan)
    summary: dict[str, Any] = {
        "chain": config.chain,
        "title": config.title,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "data": data_section(name, prepared, "images"),
        "verdict": scores.verdict(),
        "cells": scores.cells(),
        "gans": [row for part in plan.sets for row in _gans(run, part)],
        "audit": audit_sets(prepared.images, plan.partitions, _audited(plan), run),
        "config": to_plain(config),
        "versions": versions("albumentations", "monai", "pydicom"),
    }
    results = run / "results"
    results.mkdir(parents=True, exist_ok=True)
    write_whole(results / "pictures.npz", lambda path: _save_arrays(path, _pictures(run, plan, scores)))
    write_whole(results / "summary.json", lambda path: path.write_text(json.dumps(summary, indent=1)))
    return summary
