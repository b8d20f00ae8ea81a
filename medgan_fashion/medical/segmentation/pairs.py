"""Training pools of images with masks: equal totals in every arm but `real`."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.medical.arms.pools import Counts, compose
from medgan_fashion.medical.segmentation.config import SYNTHETIC


@dataclass(frozen=True)
class Pairs:
    """Images float32 (N, C, H, W) in [0, 1] with masks (N, 1, H, W) in [0, 1]."""

    images: NDArray[np.float32]
    masks: NDArray[np.float32]


def counts_of(arm: str, n_real: int, pool: float, ratio: float) -> Counts:
    """How many images of each source an arm takes, by the rule of the classifier's ablation."""
    return compose("real+classic+gan" if arm in SYNTHETIC else arm, n_real, pool, ratio)


def fill_pairs(
    counts: Counts, real: Pairs, classic: Pairs | None, gan: Pairs | None, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    """(images, masks, is-real) of a pool: reals in a seeded order, then classic and GAN images.

    Where a GAN made fewer pairs than counted, it gives what it has again: totals stay equal.
    """
    order = np.random.default_rng((seed, 41)).permutation(len(real.images))
    parts = [(real, order[np.arange(counts.real) % len(order)])]
    for source, n in ((classic, counts.classic), (gan, counts.gan)):
        if n:
            assert source is not None
            parts.append((source, np.arange(n) % len(source.images)))
    images, masks = (
        np.concatenate([np.asarray(getattr(source, name)[rows]) for source, rows in parts])
        for name in ("images", "masks")
    )
    return images, masks, np.arange(len(images)) < counts.real
