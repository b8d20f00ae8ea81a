"""Generators planted in the GAN's place: fresh truth, copies of the training rows, and truth with shuffled labels."""

from pathlib import Path

import numpy as np

from medgan_fashion.medical.materials import Materials
from medgan_fashion.medical.phantoms import draw_lesions
from medgan_fashion.runs.folds import load_fold
from medgan_fashion.runs.stage import Task, stage
from medgan_fashion.runs.stages import save_synthetic


@stage(version=1)
def planted(work: Path, training: Path, n: int, seed: int, kind: str) -> None:
    fold = load_fold(training)
    order = np.random.default_rng(seed).permutation(len(fold.labels))[np.arange(n) % len(fold.labels)]
    labels = np.asarray(fold.labels)[order]
    if kind == "copies":
        images = fold.views[order]
    else:
        images = draw_lesions(labels, fold.size, seed + 77_000_000)
    if kind == "shuffled":
        labels = np.random.default_rng(seed).permutation(labels)
    save_synthetic(work, images, labels, fold, [f"planted {kind}"])


def fresh_truth(materials: Materials, n: int, seed: int) -> Task:
    return planted.task(training=materials.training, n=n, seed=seed, kind="truth")


def copies(materials: Materials, n: int, seed: int) -> Task:
    return planted.task(training=materials.training, n=n, seed=seed, kind="copies")


def shuffled(materials: Materials, n: int, seed: int) -> Task:
    return planted.task(training=materials.training, n=n, seed=seed, kind="shuffled")
