"""How different the images of a class are from each other: SSIM, also over several scales, and distance of features."""

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


def _pairs(first: ArrayLike, second: ArrayLike) -> tuple[Floats, Floats]:
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if x.ndim != 4 or x.shape != y.shape:
        raise ValueError(f"images {x.shape} and {y.shape} must both be the same (N, C, H, W).")
    return x, y


def _terms(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Mean SSIM and mean contrast-structure term (N,) of one scale; K1 = 0.01, K2 = 0.03 of the range 1."""
    mean_x, mean_y = smoothed(x), smoothed(y)
    spread = (smoothed(x * x) - mean_x**2) + (smoothed(y * y) - mean_y**2)  # so that like images have exactly 1
    structure = (2 * (smoothed(x * y) - mean_x * mean_y) + 0.03**2) / (spread + 0.03**2)
    luminance = (2 * mean_x * mean_y + 0.01**2) / (mean_x**2 + mean_y**2 + 0.01**2)
    return (luminance * structure).mean(axis=(1, 2, 3)), structure.mean(axis=(1, 2, 3))


def ssim(first: ArrayLike, second: ArrayLike) -> Floats:
    """Structural similarity (N,) of image pairs (N, C, H, W) in [0, 1], at most 1 (Wang et al. 2004).

    Gaussian window of sd 1.5 and up to 11 x 11 pixels, K1 = 0.01, K2 = 0.03, mean over channels and pixels.
    """
    return _terms(*_pairs(first, second))[0]


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


# ---------------------------------------------------------------------------------------------------------------------
# Structural similarity over several scales, and its mean over pairs of a class: 1 = all alike.


WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # finest first; Wang et al. 2003, by what people saw
WINDOW = 11  # pixels a side of the Gaussian window; a smaller scale is left out


@dataclass(frozen=True)
class PairLikeness:
    """`per_class` {class: mean MS-SSIM of its pairs} and their `mean`, in [0, 1]; `weights` of the scales in use."""

    mean: float
    per_class: dict[int, float]
    weights: tuple[float, ...]


def scale_weights(size: tuple[int, int]) -> tuple[float, ...]:
    """Weights of the scales of an image of (H, W): five from 176 pixels a side on, one below 22.

    A scale whose shorter side is below the window's 11 pixels is left out, and the weights of the others are divided
    by their sum, so that they still sum to 1.
    """
    kept = [weight for k, weight in enumerate(WEIGHTS) if k == 0 or min(size) // 2**k >= WINDOW]
    return tuple(weight / sum(kept) for weight in kept)


def _halved(images: Floats) -> Floats:
    """Mean of every 2 x 2 pixels; an odd last row or column is left out."""
    height, width = (side // 2 * 2 for side in images.shape[-2:])
    cut = images[..., :height, :width]
    return cut.reshape(*cut.shape[:-2], height // 2, 2, width // 2, 2).mean(axis=(-3, -1))


def ms_ssim(first: ArrayLike, second: ArrayLike) -> Floats:
    """Multi-scale structural similarity (N,) in [0, 1] of image pairs (N, C, H, W) in [0, 1]; 1 = identical.

    The product over the scales, each weighted (`scale_weights`), of the contrast-structure term, and of the whole SSIM
    at the coarsest (Wang, Simoncelli & Bovik 2003). A negative term counts as 0. ValueError for shapes that differ.
    """
    x, y = _pairs(first, second)
    weights, found = scale_weights((x.shape[-2], x.shape[-1])), np.ones(len(x))
    for k, weight in enumerate(weights):
        whole, structure = _terms(x, y)
        last = k == len(weights) - 1
        found *= np.maximum(whole if last else structure, 0) ** weight
        if not last:
            x, y = _halved(x), _halved(y)
    return found


def pair_likeness(
    images: ArrayLike, labels: ArrayLike | None = None, *, pairs: int = 200, seed: int = 0
) -> PairLikeness:
    """Mean MS-SSIM of `pairs` random pairs of each class (Odena et al. 2017); images (N, C, H, W) in [0, 1].

    Well above the reals' figure means that a class is always drawn alike (a collapse). It is blind to classes that
    are missing and to bad pictures: noise has a low one. Without labels (N,) all images are one class. A class of a
    single image is left out; ValueError where no class has two.
    """
    values = np.asarray(images)
    truth = np.zeros(len(values), dtype=np.int64) if labels is None else np.asarray(labels, dtype=np.int64)
    if values.ndim != 4 or truth.shape != (len(values),):
        raise ValueError(f"images {values.shape} and labels {truth.shape} do not fit: give (N, C, H, W) and (N,).")
    rng, found = np.random.default_rng((seed, 32)), {}
    for k in np.unique(truth):
        rows = np.flatnonzero(truth == k)
        if len(rows) > 1:
            chosen = random_pairs(rows, pairs, rng)
            found[int(k)] = float(ms_ssim(values[chosen[:, 0]], values[chosen[:, 1]]).mean())
    if not found:
        raise ValueError("no class has two images: likeness needs a pair.")
    return PairLikeness(float(np.mean(list(found.values()))), found, scale_weights(values.shape[-2:]))
