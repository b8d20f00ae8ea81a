"""The stages that every image chain shares: encoder, GAN, synthetic images bound to the rows behind them."""

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
from medgan_fashion.evaluation.encoder import Encoder, load_encoder, save_encoder, train_encoder
from medgan_fashion.evaluation.images.kid import kid
from medgan_fashion.gan import Progress, Recipe, Score, load_model, train
from medgan_fashion.gan.recipe.spelling import read_recipe
from medgan_fashion.imaging.prepare.imageset import class_and_view
from medgan_fashion.runs.engine.stage import stage
from medgan_fashion.runs.stages.folds import Fold, load_fold

# ---------------------------------------------------------------------------------------------------------------------
# One GAN trained inside a stage: resumable, chosen by KID where an alarm ends it, described beside its weights.


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


UNKNOWN_VIEW = -1


@stage(version=1)
def fold_encoder(work: Path, training: Path, varied: Path, updates: int, seed: int) -> None:
    """The small classifier whose features the image figures use, trained on the training rows and on classic
    variations of them (`varied`: images.npy, labels.npy): without these it knows its few images by heart, and
    training reals would look foreign beside held-out ones."""
    fold = load_fold(training)
    images = np.concatenate([fold.views, np.load(varied / "images.npy")])
    labels = np.concatenate([fold.labels, np.load(varied / "labels.npy")])
    save_encoder(
        train_encoder(images, labels, len(fold.classes), updates=updates, seed=seed),
        work / "encoder.safetensors",
    )


def gan_classes(fold: Fold, by_view: bool) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """What a conditional GAN is told of each row (N,), and the names of that: the class, or class and View Position."""
    if not by_view:
        return np.asarray(fold.labels), fold.classes
    return class_and_view(fold.labels, fold.view_positions, fold.classes, fold.position_names)


@stage(version=2)
def train_gan(
    work: Path,
    training: Path,
    encoder: Path,
    recipe: dict[str, Any],
    images_seen: int,
    seed: int,
    label: int | None,
    by_view: bool,
) -> None:
    """Trains on the fold's rows; goes on from its own checkpoint after a kill.

    With `label` on the rows of that class alone; else conditioned on the class, or with `by_view` on class and view.
    """
    fold = load_fold(training)
    chosen = np.arange(len(fold.labels)) if label is None else np.flatnonzero(fold.labels == label)
    labels, names = gan_classes(fold, by_view)
    rows = Rows(
        fold.views[chosen],
        labels if label is None else None,
        names if label is None else (fold.classes[label],),
        {"training_rows": fold.training_rows, "label": label, "synthetic": True},
    )
    train_kept(work, rows, read_recipe(recipe), load_encoder(encoder / "encoder.safetensors"), images_seen, seed)


@stage(version=2)
def synthesise(work: Path, training: Path, gans: list[Path], n: int, seed: int, by_view: bool) -> None:
    """n synthetic images whose classes (and views) follow the training rows' in any prefix, with their provenance.

    One conditional GAN, or one GAN for each class in class order.
    """
    fold = load_fold(training)
    save_drawn(work, fold, drawn_rows(fold, n, seed), gans, seed, by_view)


def drawn_rows(fold: Fold, n: int, seed: int) -> NDArray[np.int64]:
    """n training rows (repeated) whose classes and views synthetic images take over; any prefix is mixed alike."""
    return np.random.default_rng((seed, 5)).permutation(len(fold.labels))[np.arange(n) % len(fold.labels)]


def save_drawn(work: Path, fold: Fold, rows: NDArray[np.int64], gans: list[Path], seed: int, by_view: bool) -> None:
    """One synthetic image for each of these training rows, of its class (and view), saved with its provenance."""
    labels, (told, _) = np.asarray(fold.labels)[rows], gan_classes(fold, by_view)
    models = [load_model(path / "model.safetensors") for path in gans]
    images = np.empty((len(rows), *models[0].card.shape), dtype=np.float32)
    if len(models) == 1:
        images[:] = models[0].generate(len(rows), torch.from_numpy(told[rows]), seed=seed).numpy()
    else:
        for label in np.unique(labels).tolist():
            where = np.flatnonzero(labels == label)
            images[where] = models[label].generate(len(where), seed=seed + label).numpy()
    # a GAN that was not told the view may have drawn any: only where there is but one is it known
    known = by_view or len(np.unique(fold.view_positions)) == 1
    positions = np.asarray(fold.view_positions)[rows] if known else None
    save_synthetic(work, images, labels, fold, [path.name for path in gans], positions)


@dataclass(frozen=True)
class Synthetic:
    """Synthetic images float32 (N, C, H, W) in [0, 1], their labels (N,), and their view positions (N,) as the fold
    numbers them, UNKNOWN_VIEW where the GAN was not told one."""

    images: NDArray[np.float32]
    labels: NDArray[np.int64]
    view_positions: NDArray[np.int64]


def save_synthetic(
    work: Path,
    images: NDArray[np.float32],
    labels: NDArray[np.int64],
    fold: Fold,
    models: list[str],
    positions: NDArray[np.int64] | None = None,
) -> None:
    """Synthetic images in [0, 1] with labels, marked as such, and bound to the rows that trained their model."""
    np.save(work / "images.npy", images.clip(0, 1).astype(np.float32))
    np.save(work / "labels.npy", labels)
    np.save(work / "positions.npy", np.full(len(labels), UNKNOWN_VIEW) if positions is None else positions)
    about = {"synthetic": True, "training_rows": fold.training_rows, "models": models}
    (work / "provenance.json").write_text(json.dumps(about))


def load_synthetic(folder: Path, fold: Fold) -> Synthetic:
    """What `save_synthetic` wrote; ValueError when the model was trained on other rows than this fold's."""
    about = json.loads((folder / "provenance.json").read_text())
    if about["training_rows"] != fold.training_rows:
        raise ValueError(
            f"synthetic images {folder.name} come from a model of rows {about['training_rows']}, "
            f"not of this fold's rows {fold.training_rows}; make them from this fold's own GAN"
        )
    images = np.load(folder / "images.npy", mmap_mode="r")
    return Synthetic(images, np.load(folder / "labels.npy"), np.load(folder / "positions.npy"))
