"""Arms of equal classes: rare ones filled up with classic images, or with GAN images of the rare classes alone."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.base.plain import from_plain
from medgan_fashion.medical.arms.classic import augmented_set
from medgan_fashion.medical.config import ClassicConfig
from medgan_fashion.runs.engine.stage import stage
from medgan_fashion.runs.stages.folds import Fold, load_fold
from medgan_fashion.runs.stages.images import save_drawn


def equal_shares(counts: NDArray[np.int64], pool: float) -> NDArray[np.int64]:
    """Images (K,) of each class in a pool of `pool` times all real images, as equal as whole numbers are."""
    total, k = round(pool * int(counts.sum())), len(counts)
    return np.array([total // k + (at < total % k) for at in range(k)])


def missing(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Images (K,) that each class lacks to the largest one."""
    return counts.max() - counts


def check_imbalance(counts: NDArray[np.int64], pool: float) -> None:
    """ValueError where there is nothing to balance, or the largest class alone is more than its share of the pool."""
    if counts.max() == counts.min():
        raise ValueError(
            f"arms balanced+... have nothing to fill up: all {len(counts)} classes have {counts.max()} training "
            "images; leave these arms out"
        )
    if equal_shares(counts, pool).min() < counts.max():
        needed = np.ceil(10 * counts.max() * len(counts) / counts.sum()) / 10
        raise ValueError(
            f"a pool of {pool:g} x the real images has no room for {counts.max()} images of every class; "
            f"set pool to at least {needed:g}"
        )


def _of_class(fold: Fold, label: int, n: int, config: ClassicConfig, seed: int) -> tuple[Any, NDArray[np.int64], list]:
    rows = np.flatnonzero(fold.labels == label)
    made = augmented_set(
        np.asarray(fold.canvases[rows]),
        np.asarray(fold.labels)[rows],
        np.asarray(fold.diameters)[rows],
        n_images=n,
        size=fold.size,
        config=config,
        seed=seed,
    )
    return made.images, rows[made.source], made.parameters


@stage(version=1)
def balanced_classic(work: Path, training: Path, pool: float, policy: dict[str, Any], seed: int) -> None:
    """Classic variations that bring every class to an equal share of the pool; files as those of `classic_images`."""
    fold, config = load_fold(training), from_plain(ClassicConfig, policy)
    counts = np.bincount(fold.labels, minlength=len(fold.classes))
    parts = [
        _of_class(fold, label, int(n), config, seed) for label, n in enumerate(equal_shares(counts, pool) - counts)
    ]
    order = np.random.default_rng((seed, 43)).permutation(sum(len(part[1]) for part in parts))
    source, parameters = np.concatenate([part[1] for part in parts])[order], [p for part in parts for p in part[2]]
    np.save(work / "images.npy", np.concatenate([part[0] for part in parts])[order])
    np.save(work / "labels.npy", np.asarray(fold.labels)[source])
    np.save(work / "source.npy", source)
    (work / "parameters.json").write_text(json.dumps([parameters[at] for at in order]))


@stage(version=1)
def rare_images(work: Path, training: Path, gans: list[Path], seed: int, by_view: bool) -> None:
    """Synthetic images of the rarer classes alone, as many as each lacks to the largest one."""
    fold = load_fold(training)
    counts, labels, rng = np.bincount(fold.labels, minlength=len(fold.classes)), fold.labels, np.random.default_rng
    rows = [
        rng((seed, 44, label)).permutation(np.flatnonzero(labels == label))[np.arange(n) % counts[label]]
        for label, n in enumerate(missing(counts).tolist())
        if n
    ]
    save_drawn(work, fold, rng((seed, 45)).permutation(np.concatenate(rows)), gans, seed, by_view)
