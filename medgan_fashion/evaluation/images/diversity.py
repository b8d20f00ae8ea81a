"""How different the images of a class are from each other: 1 - mean SSIM, and mean distance of features."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import correlate1d

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Diversity:
    """`per_class` {class: 1 - mean SSIM of its pairs} and their `mean`: 0 = all alike; compare with reals."""

    mean: float
    per_class: dict[int, float]


def _window(side: int, sigma: float = 1.5) -> Floats:
    """Normalised Gaussian taps: 11 of them, fewer for a side of fewer than 11 pixels."""
    reach = min(5, (side - 1) // 2)
    taps = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma**2))
    return taps / taps.sum()


def smoothed(images: Floats) -> Floats:
    """Gaussian mean at every pixel whose window lies inside the image."""
    vertical, horizontal = _window(images.shape[-2]), _window(images.shape[-1])
    once = correlate1d(images, vertical, axis=-2)
    both = correlate1d(once, horizontal, axis=-1)
    top, left = len(vertical) // 2, len(horizontal) // 2
    return both[..., top : images.shape[-2] - top, left : images.shape[-1] - left]


def ssim(first: ArrayLike, second: ArrayLike) -> Floats:
    """Structural similarity (N,) of image pairs (N, C, H, W) in [0, 1], at most 1 (Wang et al. 2004).

    Gaussian window of sd 1.5 and up to 11 x 11 pixels, K1 = 0.01, K2 = 0.03, mean over channels and pixels.
    """
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if x.ndim != 4 or x.shape != y.shape:
        raise ValueError(f"images {x.shape} and {y.shape} must both be the same (N, C, H, W).")
    mean_x, mean_y = smoothed(x), smoothed(y)
    var_x, var_y = smoothed(x * x) - mean_x**2, smoothed(y * y) - mean_y**2
    covariance = smoothed(x * y) - mean_x * mean_y
    steady1, steady2 = 0.01**2, 0.03**2
    likeness = (2 * mean_x * mean_y + steady1) * (2 * covariance + steady2)
    likeness /= (mean_x**2 + mean_y**2 + steady1) * (var_x + var_y + steady2)
    return likeness.mean(axis=(1, 2, 3))


def random_pairs(rows: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """`count` pairs (count, 2) of different rows, or all pairs where there are no more than that."""
    total = len(rows) * (len(rows) - 1) // 2
    if total <= count:
        first, second = np.triu_indices(len(rows), 1)
    else:
        first = rng.integers(0, len(rows), count)
        second = (first + rng.integers(1, len(rows), count)) % len(rows)
    return np.stack([rows[first], rows[second]], axis=1)


def ssim_diversity(images: ArrayLike, labels: ArrayLike, *, pairs: int = 200, seed: int = 0) -> Diversity:
    """1 - mean SSIM over random `pairs` within each class; images (N, C, H, W) in [0, 1], labels (N,).

    ValueError for a class with a single image. (Kang et al. 2017 call this opposite mean SSIM.)
    """
    values, truth = np.asarray(images), np.asarray(labels, dtype=np.int64)
    rng = np.random.default_rng((seed, 6))
    found = {}
    for k in np.unique(truth):
        rows = np.flatnonzero(truth == k)
        if len(rows) < 2:
            raise ValueError(f"class {k} has one image: diversity needs two.")
        chosen = random_pairs(rows, pairs, rng)
        found[int(k)] = 1 - float(ssim(values[chosen[:, 0]], values[chosen[:, 1]]).mean())
    if not found:
        raise ValueError("there are no images: give at least two of a class.")
    return Diversity(float(np.mean(list(found.values()))), found)


def feature_diversity(features: ArrayLike, *, pairs: int = 5000, seed: int = 0) -> float:
    """Mean Euclidean distance of random pairs of rows of features (N, d), in the features' unit."""
    values = np.asarray(features, dtype=np.float64)
    if values.ndim != 2 or len(values) < 2:
        raise ValueError(f"features of shape {values.shape} must be (N, d) with at least two rows.")
    chosen = random_pairs(np.arange(len(values)), pairs, np.random.default_rng((seed, 7)))
    return float(np.linalg.norm(values[chosen[:, 0]] - values[chosen[:, 1]], axis=1).mean())
