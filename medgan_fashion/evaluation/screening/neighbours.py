"""Did the generator copy: the nearest training image of each synthetic one, under flips and turns."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist
from scipy.stats import norm
from scipy.stats import t as student

Floats = NDArray[np.float64]
Images = NDArray[np.float32]
Encode = Callable[[Images], Floats]
ALIKE, SAME = 0.95, 0.995  # no copy lies below the first; whatever other patients' images do, one lies above the second
CHUNK = 64  # synthetic images at a time: bounds the memory of the distance tables


@dataclass(frozen=True)
class Neighbours:
    """One entry per synthetic image (N,).

    `indices`, `distances`: the nearest training image in the space of `encode`. `ratios`: distance to the
    nearest of the training images over that to the nearest holdout image, at equal numbers of both; about 1
    is well, far below 1 means copying. `copied_from`, `ncc`: the training image with the highest normalised
    cross-correlation of pixels, and that in [-1, 1]; `flags`: ncc above `threshold`.
    """

    indices: NDArray[np.int64]
    distances: Floats
    ratios: Floats
    copied_from: NDArray[np.int64]
    ncc: Floats
    flags: NDArray[np.bool_]
    threshold: float


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


def _threshold(unseen: Images, train_rows: Images) -> float:
    """How alike a copy must be: as far beyond what a holdout image's nearest training image is as four standard
    deviations are (Student's t for one more image: few say little about their spread), on Fisher's scale (atanh),
    where correlations spread evenly; within ALIKE and SAME."""
    chunks, n = [unseen[start : start + CHUNK] for start in range(0, len(unseen), CHUNK)], len(unseen)
    if n < 2:
        return SAME
    nearest = np.concatenate([correlations(chunk, train_rows).max(axis=1) for chunk in chunks])
    scale = np.arctanh(np.clip(nearest.astype(np.float64), 0, 0.999))
    far = float(student.isf(norm.sf(4), n - 1)) * (1 + 1 / n) ** 0.5
    return float(np.clip(np.tanh(scale.mean() + far * scale.std(ddof=1)), ALIKE, SAME))


def _ratios(to_known: Floats, to_unseen: Floats, rng: np.random.Generator) -> Floats:
    """Nearest distance to training over nearest distance to holdout (N,), at equal numbers of both."""
    n = min(to_known.shape[1], to_unseen.shape[1])
    near, far = equal_minimum(to_known, n, rng), equal_minimum(to_unseen, n, rng)
    return np.divide(near, far, out=np.ones_like(near), where=far > 0)


def checked(synthetic: ArrayLike, train: ArrayLike, holdout: ArrayLike) -> tuple[Images, Images, Images]:
    first, second, third = (np.asarray(images, dtype=np.float32) for images in (synthetic, train, holdout))
    shapes = [first.shape, second.shape, third.shape]
    if any(len(shape) != 4 or not shape[0] for shape in shapes) or len({shape[1:] for shape in shapes}) > 1:
        raise ValueError(f"synthetic, train and holdout are {shapes}: give (N, C, H, W) of one image shape.")
    return first, second, third


def find_neighbours(
    synthetic: ArrayLike,
    train: ArrayLike,
    holdout: ArrayLike,
    *,
    encode: Encode = pixels,
    seed: int = 0,
) -> Neighbours:
    """Nearest neighbours and near copies of `synthetic` in `train`; images (N, C, H, W) in [0, 1].

    A near copy is far more alike than holdout images (of other patients) are to training images, and than 0.95;
    above 0.995 it is one anyhow. Whole breasts on air, or smooth round masses, are alike without being copies.

    `encode` maps images (N, C, H, W) to features (N, d); the default compares pixels. Memory grows with 64
    rows of the training set's size, time with synthetic x train.
    """
    made, known, unseen = checked(synthetic, train, holdout)
    known_features, unseen_features, known_rows = encode(known), encode(unseen), standardised(known)
    rng = np.random.default_rng((seed, 8))
    parts: list[tuple[NDArray, ...]] = []
    for start in range(0, len(made), CHUNK):
        chunk = made[start : start + CHUNK]
        alike = correlations(chunk, known_rows).astype(np.float64)
        to_known = _distances(chunk, known_features, encode)
        to_unseen = _distances(chunk, unseen_features, encode)
        ratios = _ratios(to_known, to_unseen, rng)
        parts.append((to_known.argmin(1), to_known.min(1), ratios, alike.argmax(1), alike.max(1)))
    indices, distances, ratios, copied_from, ncc = (np.concatenate(part) for part in zip(*parts, strict=True))
    threshold = _threshold(unseen, known_rows)
    return Neighbours(indices, distances, ratios, copied_from, ncc, ncc > threshold, threshold)
