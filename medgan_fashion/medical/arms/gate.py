"""The quality gate as a stage: candidates of the fold's own GAN in, the accepted ones and the reasons out."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.encoder import load_encoder
from medgan_fashion.evaluation.screening.gate import Gated, Reals, gate
from medgan_fashion.evaluation.screening.thresholds import REASONS, GateConfig
from medgan_fashion.runs.engine.stage import stage
from medgan_fashion.runs.stages.copies import load_copies
from medgan_fashion.runs.stages.folds import Fold, load_fold
from medgan_fashion.runs.stages.images import Synthetic, drawn_rows, load_synthetic, save_synthetic

SHOWN = 8  # pictures of each strip
ACCEPTED = "accepted"


def strip_key(reason: str) -> str:
    """Where the pictures of a reason lie in samples.npz, behind the fold."""
    return f"gate_{reason.replace(' ', '_')}"


def _rates(names: tuple[str, ...], numbers: NDArray[np.int64], passed: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """Candidates and passed ones of each kind that occurs; names by number, -1 unknown."""
    return [
        {
            "name": (names[k] if k >= 0 else "") or "unknown",
            "candidates": int((numbers == k).sum()),
            "passed": int(passed[numbers == k].sum()),
        }
        for k in np.unique(numbers).tolist()
    ]


def _facts(found: Gated, made: Synthetic, fold: Fold, names: tuple[str, ...]) -> dict[str, Any]:
    reasons = found.reasons
    return {
        "candidates": len(made.labels),
        "wanted": len(found.wanted),
        "accepted": len(found.accepted),
        "passed": int(found.passed.sum()),
        "copy_threshold": found.copy_threshold,
        "reasons": {reason: reasons.count(reason) for reason in REASONS},
        "classes": _rates(names, made.labels, found.passed),
        "views": _rates(fold.position_names, made.view_positions, found.passed),
    }


def _strips(found: Gated, images: NDArray[np.float32]) -> dict[str, Any]:
    """uint8 (SHOWN at most, h, w) of the accepted and of those rejected for each reason; a near copy, whatever else
    speaks against it, is shown as such or not at all: shareable reports leave near copies out."""
    reasons = np.array(found.reasons)
    copies, own = found.failed[:, REASONS.index("near copy")], np.full(len(reasons), True)
    rows = {ACCEPTED: found.accepted} | {
        reason: np.flatnonzero((reasons == reason) & (own if reason == "near copy" else ~copies)) for reason in REASONS
    }
    middle = images.shape[1] // 2
    return {
        strip_key(name): (np.clip(images[at[:SHOWN], middle], 0, 1) * 255).astype(np.uint8) for name, at in rows.items()
    }


@stage(version=2)
def gated_images(
    work: Path,
    training: Path,
    candidates: Path,
    copies: Path,
    encoder: Path,
    n: int,
    gate_config: GateConfig,
    seed: int,
) -> None:
    """Lets candidates fill n places whose classes follow the training rows' in any prefix, as `synthesise` draws them.
    Pairs of image and mask have no classes, and keep their masks.

    Writes what `save_synthetic` writes, places.npy (A,) with the place of each image, gate.json and strips.npz.
    """
    fold, masks = load_fold(training), candidates / "masks.npy"
    made, labels = load_synthetic(candidates, fold), np.asarray(fold.labels)
    labels = np.zeros_like(labels) if masks.exists() else labels
    reals = Reals(
        np.asarray(fold.canvases), fold.size, labels, np.asarray(fold.groups), np.asarray(fold.view_positions)
    )
    images, wanted = np.asarray(made.images), labels[drawn_rows(fold, n, seed)]
    names = ("pairs",) if masks.exists() else fold.classes
    judge, near = load_encoder(encoder / "encoder.safetensors"), load_copies(copies)
    found = gate(images, made.labels, made.view_positions, wanted, reals, near, judge, gate_config)
    rows, models = found.accepted, json.loads((candidates / "provenance.json").read_text())["models"]
    save_synthetic(work, images[rows], made.labels[rows], fold, models, made.view_positions[rows])
    if masks.exists():
        np.save(work / "masks.npy", np.load(masks, mmap_mode="r")[rows])
    np.save(work / "places.npy", np.flatnonzero(found.chosen >= 0))
    (work / "gate.json").write_text(json.dumps(_facts(found, made, fold, names)))
    np.savez(work / "strips.npz", **_strips(found, images))
