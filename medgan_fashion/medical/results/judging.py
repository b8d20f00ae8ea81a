"""The stage that judges a fold's synthetic images: figures, sample grids, the gallery of nearest neighbours."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.encoder import Encoder, load_encoder
from medgan_fashion.evaluation.images.judge import blurred, judge_images, noisy
from medgan_fashion.evaluation.screening.neighbours import find_neighbours
from medgan_fashion.medical.results.views import Pictured, Sets, agreement, patch_distances, spread, view_figures
from medgan_fashion.runs.engine.stage import stage
from medgan_fashion.runs.stages.folds import Fold, load_fold
from medgan_fashion.runs.stages.images import Synthetic, load_synthetic

GRID = 6  # images of each class in a sample grid
PAIRS = 24  # nearest neighbours kept for the gallery
BLUR = 1 / 16  # sigma of the blurred reals, as a share of the view's height: what a bad generator's softness looks like
NOISE = 0.2  # sd of the noisy reals


def _thumbnails(images: NDArray[np.float32]) -> NDArray[np.uint8]:
    return (np.clip(images[:, images.shape[1] // 2], 0, 1) * 255).astype(np.uint8)


def _grid(images: NDArray[np.float32], labels: NDArray[np.int64], n_classes: int) -> NDArray[np.uint8]:
    """(K, GRID, h, w) uint8: the first of each class; places without an image stay black."""
    grid = np.zeros((n_classes, GRID, *images.shape[2:]), dtype=np.uint8)
    for k in range(n_classes):
        rows = np.flatnonzero(labels == k)[:GRID]
        grid[k, : len(rows)] = _thumbnails(np.asarray(images[rows]))
    return grid


def _sets(fold: Fold, held_out: Fold, made: Synthetic, extractor: Encoder, seed: int) -> Sets:
    """All images that the figures compare. The synthetic ones are as many as the larger of the real sets."""
    n = max(len(fold.labels), len(held_out.labels))
    train, known = fold.views, (np.asarray(fold.labels), np.asarray(fold.view_positions))
    given = {
        "synthetic": (np.asarray(made.images[:n]), made.labels[:n], made.view_positions[:n]),
        "train": (train, *known),
        "blurred": (blurred(train, BLUR * fold.size[0]), *known),
        "noisy": (noisy(train, NOISE, seed), *known),
        "test": (held_out.views, np.asarray(held_out.labels), np.asarray(held_out.view_positions)),
    }
    return {
        name: Pictured(images, labels, extractor.features(images), extractor.predict(images).argmax(1), positions)
        for name, (images, labels, positions) in given.items()
    }


@stage(version=5)
def judge(work: Path, training: Path, test: Path, synthetic: Path, classic: Path, encoder: Path, seed: int) -> None:
    """Image figures of one fold's synthetic images, all together and by view; its grids and neighbour gallery.
    Chooses nothing."""
    fold, held_out = load_fold(training), load_fold(test)
    extractor = load_encoder(encoder / "encoder.safetensors")
    sets = _sets(fold, held_out, load_synthetic(synthetic, fold), extractor, seed)
    features = [sets[name].features for name in ("synthetic", "train", "test", "blurred", "noisy")]
    figures = judge_images(*features, extractor=extractor.name, seed=seed)
    made = sets["synthetic"].images
    near = find_neighbours(made, fold.views, held_out.views, encode=extractor.features, seed=seed)
    n_classes = len(fold.classes)
    figures |= {"class_agreement": agreement(sets, n_classes), "diversity": spread(sets, seed)}
    figures |= {"near_copies": int(near.flags.sum()), "neighbour_ratio": float(np.median(near.ratios))}
    figures |= {"swd": patch_distances(sets, seed), "views": view_figures(sets, fold.position_names, n_classes, seed)}
    (work / "figures.json").write_text(json.dumps(figures))
    _save_samples(work, fold, sets["synthetic"], classic, near)


def _save_samples(work: Path, fold: Fold, made: Pictured, classic: Path, near: Any) -> None:
    n_classes, train = len(fold.classes), fold.views
    closest = np.argsort(-near.ncc)[:PAIRS]
    varied = np.load(classic / "images.npy", mmap_mode="r"), np.load(classic / "labels.npy")
    own = ~near.flags  # a near copy of a patient's image belongs into the gallery, not among the samples
    np.savez(
        work / "samples.npz",
        real=_grid(train, np.asarray(fold.labels), n_classes),
        synthetic=_grid(made.images[own], made.labels[own], n_classes),
        classic=_grid(*varied, n_classes),
        neighbour_synthetic=_thumbnails(made.images[closest]),
        neighbour_train=_thumbnails(train[near.copied_from[closest]]),
        neighbour_ncc=near.ncc[closest],
        neighbour_copy=near.flags[closest],
    )
