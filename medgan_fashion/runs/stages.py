"""The stages that every image chain shares: encoder, GAN, synthetic images, and their judgement."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medgan_fashion.evaluation.encoder import Encoder, load_encoder, save_encoder, train_encoder
from medgan_fashion.evaluation.kid import kid
from medgan_fashion.gan import Progress, Recipe, Score, load_model, train
from medgan_fashion.gan.files import write_whole
from medgan_fashion.gan.plain import from_plain
from medgan_fashion.runs.folds import Fold, load_fold
from medgan_fashion.runs.stage import stage


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


def kid_score(encoder: Encoder, reals: NDArray[np.float32], seed: int) -> Score:
    """KID between samples and training reals, lower is better: chooses which weights an alarm leaves."""
    features = encoder.features(reals)

    def of(images: Tensor, labels: Tensor | None) -> float:
        return kid(features, encoder.features(images.numpy()), subsets=50, seed=seed).mean

    return Score(f"KID to the training rows by {encoder.name}", of)


def _journal(work: Path) -> Callable[[Progress], None]:
    """Keeps the history as JSON lines and the newest samples as an array, for `status` and the curious."""

    def note(progress: Progress) -> None:
        with (work / "history.jsonl").open("a") as lines:
            lines.write(json.dumps({"target": progress.target, **progress.row}) + "\n")
        samples = (progress.samples[:64].numpy().clip(0, 1) * 255).astype(np.uint8)
        write_whole(work / "samples.npy", lambda path: _save_array(path, samples))

    return note


def _save_array(path: Path, array: NDArray[Any]) -> None:
    with path.open("wb") as file:
        np.save(file, array)


@stage(version=1)
def train_gan(
    work: Path,
    training: Path,
    encoder: Path,
    recipe: dict[str, Any],
    images_seen: int,
    seed: int,
    label: int | None,
) -> None:
    """Trains on the fold's rows (of one class, if `label` is given); goes on from its own checkpoint after a kill."""
    if (work / "gan.json").exists():  # killed after the last line of an earlier try
        return
    fold = load_fold(training)
    chosen = np.arange(len(fold.labels)) if label is None else np.flatnonzero(fold.labels == label)
    views = fold.views[chosen]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    trained = train(
        from_plain(Recipe, recipe),
        views,
        labels=fold.labels[chosen] if label is None else None,
        classes=fold.classes if label is None else None,
        value_range=(0.0, 1.0),
        images_seen=images_seen,
        out=work,
        seed=seed,
        device=device,
        score=kid_score(load_encoder(encoder / "encoder.safetensors"), views, seed),
        callbacks=[_journal(work)],
        progress=False,
        provenance={"training_rows": fold.training_rows, "label": label, "synthetic": True},
    )
    about = {
        "alarm": trained.alarm,
        "images": len(views),
        **trained.model.facts,
        "training_rows": fold.training_rows,
    }
    write_whole(work / "gan.json", lambda path: path.write_text(json.dumps(about)))
    (work / "checkpoint.pt").unlink()


@stage(version=1)
def synthesise(work: Path, training: Path, gans: list[Path], n: int, seed: int) -> None:
    """n synthetic images whose classes follow the training rows' in any prefix, with their provenance.

    One conditional GAN, or one GAN for each class in class order.
    """
    fold = load_fold(training)
    order = np.random.default_rng((seed, 5)).permutation(len(fold.labels))
    labels = np.asarray(fold.labels)[order][np.arange(n) % len(order)]
    models = [load_model(path / "model.safetensors") for path in gans]
    images = np.empty((n, *models[0].card.shape), dtype=np.float32)
    if len(models) == 1:
        images[:] = models[0].generate(n, torch.from_numpy(labels), seed=seed).numpy()
    else:
        for label, model in enumerate(models):
            where = np.flatnonzero(labels == label)
            images[where] = model.generate(len(where), seed=seed + label).numpy()
    save_synthetic(work, images, labels, fold, [path.name for path in gans])


def save_synthetic(
    work: Path, images: NDArray[np.float32], labels: NDArray[np.int64], fold: Fold, models: list[str]
) -> None:
    """Synthetic images in [0, 1] with labels, marked as such, and bound to the rows that trained their model."""
    np.save(work / "images.npy", images.clip(0, 1).astype(np.float32))
    np.save(work / "labels.npy", labels)
    about = {"synthetic": True, "training_rows": fold.training_rows, "models": models}
    (work / "provenance.json").write_text(json.dumps(about))


def load_synthetic(folder: Path, fold: Fold) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Images and labels; ValueError when their model was trained on other rows than this fold's."""
    about = json.loads((folder / "provenance.json").read_text())
    if about["training_rows"] != fold.training_rows:
        raise ValueError(
            f"synthetic images {folder.name} come from a model of rows {about['training_rows']}, "
            f"not of this fold's rows {fold.training_rows}; make them from this fold's own GAN"
        )
    return np.load(folder / "images.npy", mmap_mode="r"), np.load(folder / "labels.npy")
