"""Random parts of a set of images of which no group (patient, source picture) lies in two."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]


def deal(groups: ArrayLike, parts: int, seed: int, labels: ArrayLike | None = None) -> Ints:
    """Part 0..parts-1 of every image (N,): groups (N,) are shuffled and dealt in turn, class by class.

    `labels` (N,) spread each class evenly over the parts, a group counting as what its first image is. ValueError for
    fewer groups than parts.
    """
    names, first, inverse = np.unique(np.asarray(groups), return_index=True, return_inverse=True)
    if not 1 <= parts <= len(names):
        raise ValueError(f"{len(names)} groups of images cannot be dealt into {parts} parts: give more images.")
    order = np.random.default_rng((seed, 33)).permutation(len(names))
    if labels is not None:
        order = order[np.argsort(np.asarray(labels)[first][order], kind="stable")]
    part = np.empty(len(names), dtype=np.int64)
    part[order] = np.arange(len(names)) % parts
    return part[inverse]


def one_per_group(groups: ArrayLike, seed: int) -> Ints:
    """Rows (G,), sorted: a random image of each group, so that they are independent of each other."""
    ids = np.asarray(groups)
    order = np.random.default_rng((seed, 34)).permutation(len(ids))
    return np.sort(order[np.unique(ids[order], return_index=True)[1]])
