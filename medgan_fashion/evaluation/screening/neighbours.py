"""How near drawn images lie to training images, beside images that the generator never saw; under flips and turns."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist

Floats = NDArray[np.float64]
Images = NDArray[np.float32]
Encode = Callable[[Images], Floats]
CHUNK = 64  # synthetic images at a time: bounds the memory of the distance tables


def orientations(images: ArrayLike) -> list[Images]:
    """All 8 flips and turns of images (N, C, H, W); the 4 that keep the shape if not square."""
    values = np.asarray(images, dtype=np.float32)
    turns = range(4) if values.shape[-1] == values.shape[-2] else (0, 2)
    turned = [np.rot90(values, turn, axes=(-2, -1)) for turn in turns]
    return [np.ascontiguousarray(view) for image in turned for view in (image, image[..., ::-1])]


def pixels(images: ArrayLike) -> Floats:
    """Images (N, C, H, W) as rows of pixels (N, C H W): the default space."""
    values = np.asarray(images, dtype=np.float64)
    return values.reshape(len(values), -1)


def standardised(images: ArrayLike) -> Images:
    """Rows (N, C H W) of mean 0 and length 1: dot product = cross-correlation; a flat image is 0."""
    rows = pixels(images)
    rows = rows - rows.mean(axis=1, keepdims=True)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, length, out=np.zeros_like(rows), where=length > 1e-8).astype(np.float32)


def _distances(synthetic: Images, others: Floats, encode: Encode) -> Floats:
    """Smallest distance (N, M) over the orientations of each synthetic image."""
    return np.min([cdist(encode(view), others) for view in orientations(synthetic)], axis=0)


def correlations(synthetic: Images, train_rows: Images) -> NDArray[np.float32]:
    """Highest cross-correlation (N, M) over the orientations of each synthetic image."""
    return np.max([standardised(view) @ train_rows.T for view in orientations(synthetic)], axis=0)


def equal_minimum(distances: Floats, n: int, rng: np.random.Generator, draws: int = 10) -> Floats:
    """Mean nearest distance (N,) among n of the M columns: more images are nearer by chance alone."""
    if distances.shape[1] == n:
        return distances.min(axis=1)
    picks = [rng.choice(distances.shape[1], n, replace=False) for _ in range(draws)]
    return np.mean([distances[:, pick].min(axis=1) for pick in picks], axis=0)


def ratio_at_equal_numbers(near: Floats, far: Floats, rng: np.random.Generator) -> Floats:
    """Nearest of the distances `near` (N, P) over nearest of `far` (N, Q), as (N,), at equal numbers of columns; two
    zeros make 1."""
    n = min(near.shape[1], far.shape[1])
    first, second = equal_minimum(near, n, rng), equal_minimum(far, n, rng)
    return np.divide(first, second, out=np.where(first > 0, np.inf, 1.0), where=second > 0)


def checked(synthetic: ArrayLike, train: ArrayLike, holdout: ArrayLike) -> tuple[Images, Images, Images]:
    first, second, third = (np.asarray(images, dtype=np.float32) for images in (synthetic, train, holdout))
    shapes = [first.shape, second.shape, third.shape]
    if any(len(shape) != 4 or not shape[0] for shape in shapes) or len({shape[1:] for shape in shapes}) > 1:
        raise ValueError(f"synthetic, train and holdout are {shapes}: give (N, C, H, W) of one image shape.")
    return first, second, third


def neighbour_ratios(
    synthetic: ArrayLike, train: ArrayLike, holdout: ArrayLike, *, encode: Encode = pixels, seed: int = 0
) -> Floats:
    """Distance to the nearest training image over that to the nearest holdout image (N,), at equal numbers of both;
    images (N, C, H, W) in [0, 1]. About 1 is well, far below 1 means copying.

    `encode` maps images (N, C, H, W) to features (N, d); the default compares pixels. Memory grows with 64
    rows of the training set's size, time with synthetic x train.
    """
    made, known, unseen = checked(synthetic, train, holdout)
    known_features, unseen_features, rng = encode(known), encode(unseen), np.random.default_rng((seed, 8))
    parts = []
    for start in range(0, len(made), CHUNK):
        chunk = made[start : start + CHUNK]
        near, far = (_distances(chunk, features, encode) for features in (known_features, unseen_features))
        parts.append(ratio_at_equal_numbers(near, far, rng))
    return np.concatenate(parts)
