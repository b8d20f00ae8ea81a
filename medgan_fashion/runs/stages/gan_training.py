"""One GAN trained inside a stage: resumable, chosen by KID where an alarm ends it, described beside its weights."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medgan_fashion.base.files import write_whole
from medgan_fashion.evaluation.encoder import Encoder
from medgan_fashion.evaluation.images.kid import kid
from medgan_fashion.gan import Progress, Recipe, Score, train

SCORED = 2000  # about as many training rows at most are compared by KID: its subsets are far smaller


def unit(images: NDArray[Any]) -> NDArray[np.float32]:
    """Images in [0, 1]: as they are, or uint8 divided by 255."""
    floats = np.asarray(images, dtype=np.float32)
    return floats / np.float32(255) if images.dtype == np.uint8 else floats


def kid_score(encoder: Encoder, reals: NDArray[Any], seed: int) -> Score:
    """KID between samples and training reals, lower is better: chooses which weights an alarm leaves."""
    features = encoder.features(unit(reals[:: max(1, len(reals) // SCORED)]))

    def of(images: Tensor, labels: Tensor | None) -> float:
        return kid(features, encoder.features(unit(images.numpy())), subsets=50, seed=seed).mean

    return Score(f"KID to the training rows by {encoder.name}", of)


def _journal(work: Path) -> Callable[[Progress], None]:
    """Keeps the history as JSON lines and the newest samples as an array, for `status` and the curious."""

    def note(progress: Progress) -> None:
        with (work / "history.jsonl").open("a") as lines:
            lines.write(json.dumps({"target": progress.target, **progress.row}) + "\n")
        samples = (unit(progress.samples[:64].numpy()).clip(0, 1) * 255).astype(np.uint8)
        write_whole(work / "samples.npy", lambda path: _save_array(path, samples))

    return note


def _save_array(path: Path, array: NDArray[Any]) -> None:
    with path.open("wb") as file:
        np.save(file, array)


@dataclass(frozen=True)
class Rows:
    """What one GAN is trained on: images (N, C, H, W), float32 in [0, 1] or uint8; labels (N,) into `classes`, or None
    for a GAN without condition; what its model file is to record."""

    images: NDArray[Any]
    labels: NDArray[np.int64] | None
    classes: tuple[str, ...]
    provenance: dict[str, Any]


def train_kept(work: Path, rows: Rows, recipe: Recipe, encoder: Encoder | None, images_seen: int, seed: int) -> None:
    """Trains into a stage's work folder: model.safetensors, gan.json with the facts, history and samples.

    Goes on from its own checkpoint after a kill; KID to the training rows by `encoder` chooses what an alarm leaves,
    without one the latest weights whose pictures had not become alike.
    """
    if (work / "gan.json").exists():  # killed after the last line of an earlier try
        return
    device = "cuda" if torch.cuda.is_available() else "cpu"
    trained = train(
        recipe,
        rows.images,
        labels=rows.labels,
        classes=None if rows.labels is None else rows.classes,
        value_range=(0.0, 255.0) if rows.images.dtype == np.uint8 else (0.0, 1.0),
        images_seen=images_seen,
        out=work,
        seed=seed,
        device=device,
        score=None if encoder is None else kid_score(encoder, rows.images, seed),
        callbacks=[_journal(work)],
        progress=False,
        provenance=rows.provenance,
    )
    facts = {"alarm": trained.alarm, "images": len(rows.images), "classes": rows.classes, **trained.model.facts}
    about = facts | {"training_rows": rows.provenance["training_rows"]}
    write_whole(work / "gan.json", lambda path: path.write_text(json.dumps(about)))
    (work / "checkpoint.pt").unlink()
