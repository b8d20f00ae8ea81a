"""Sliced Wasserstein distance between the patches of two image sets, level by level of a Laplacian pyramid.

Karras et al. 2018 (Progressive growing of GANs), section 5; the slices are those of Rabin et al. 2011.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import correlate1d

Images = NDArray[np.float32]
Floats = NDArray[np.float64]
PATCH = 7  # pixels a side
SMALLEST = 16  # the pyramid ends with the last level of at least so many pixels on its shorter side
_TAPS = np.array([1, 4, 6, 4, 1], dtype=np.float32) / 16
_AT_ONCE = 128  # projections: bounds the memory of a level


def _smooth(images: Images, gain: float = 1.0) -> Images:
    once = correlate1d(images, _TAPS * gain, axis=-2, mode="mirror")
    return np.asarray(correlate1d(once, _TAPS * gain, axis=-1, mode="mirror"), dtype=np.float32)


def pyramid(images: ArrayLike) -> list[Images]:
    """Laplacian pyramid (Burt and Adelson 1983) of images (N, C, H, W), finest first; the last is the low-pass.

    Each level halves both sides (rounding up) while the shorter stays at 16 pixels or more.
    """
    levels = [np.asarray(images, dtype=np.float32)]
    while (min(levels[-1].shape[-2:]) + 1) // 2 >= SMALLEST:
        fine = levels[-1]
        levels.append(np.ascontiguousarray(_smooth(fine)[..., ::2, ::2]))
        spread = np.zeros_like(fine)
        spread[..., ::2, ::2] = levels[-1]
        levels[-2] = fine - _smooth(spread, gain=2.0)  # per axis: half of the places are empty
    return levels


def patches(images: Images, per_image: int, rng: np.random.Generator) -> Images:
    """`per_image` random 7 x 7 patches of each image (N, C, H, W), as rows (N per_image, C 49).

    Normalised over all patches to mean 0 and sd 1 per channel; a channel without any spread is 0.
    """
    n, _, height, width = images.shape
    at = np.repeat(np.arange(n), per_image)
    top = rng.integers(0, height - PATCH + 1, len(at))
    left = rng.integers(0, width - PATCH + 1, len(at))
    windows = np.lib.stride_tricks.sliding_window_view(images, (PATCH, PATCH), axis=(2, 3))
    found = windows[at, :, top, left].astype(np.float32)
    found -= found.mean(axis=(0, 2, 3), keepdims=True, dtype=np.float64).astype(np.float32)
    sd = found.std(axis=(0, 2, 3), keepdims=True, dtype=np.float64).astype(np.float32)
    found = np.divide(found, sd, out=np.zeros_like(found), where=sd > 1e-8)
    return found.reshape(len(at), -1)


def wasserstein_1d(first: ArrayLike, second: ArrayLike) -> Floats:
    """First Wasserstein distances (K,) between rows (K, N) and (K, M) of samples: the area between the two
    quantile functions; for N = M the mean difference of the sorted values."""
    a, b = (np.sort(np.asarray(x), axis=-1) for x in (first, second))
    n, m = a.shape[-1], b.shape[-1]
    if n == m:
        return np.abs(a - b).mean(-1, dtype=np.float64)
    edges = np.union1d(np.arange(n + 1) / n, np.arange(m + 1) / m)
    middle, share = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    return np.abs(a[:, (middle * n).astype(np.int64)] - b[:, (middle * m).astype(np.int64)]) @ share


def _sliced(first: Images, second: Images, projections: int, rng: np.random.Generator) -> float:
    """Mean distance along random unit directions; patches (N, d) and (M, d)."""
    found = []
    for start in range(0, projections, _AT_ONCE):
        directions = rng.standard_normal((min(_AT_ONCE, projections - start), first.shape[1]), dtype=np.float32)
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        found.append(wasserstein_1d(directions @ first.T, directions @ second.T))
    return float(np.concatenate(found).mean())


def _check(images: ArrayLike) -> Images:
    values = np.asarray(images, dtype=np.float32)
    if values.ndim != 4 or len(values) == 0 or min(values.shape[-2:]) < PATCH:
        raise ValueError(f"images of shape {values.shape} must be (N, C, H, W) of at least {PATCH} pixels a side.")
    if not np.isfinite(values).all():
        raise ValueError("images hold NaN or infinity: check where they come from.")
    return values


def swd(
    real: ArrayLike, fake: ArrayLike, *, seed: int, per_image: int = 128, projections: int = 512
) -> dict[int, float]:
    """{shorter side of the level in pixels: distance x 1000} of images (N, C, H, W) and (M, C, H, W), finest first.

    High levels are about texture, the last about large shapes. Both sets' patches are normalised by themselves, so a
    linear change of grey values does not count. Fewer patches give larger figures: compare at equal n only, and
    beside the figure of two real sets. ValueError for images that differ in shape or are smaller than a patch.
    """
    first, second = _check(real), _check(fake)
    if first.shape[1:] != second.shape[1:]:
        raise ValueError(f"images {first.shape[1:]} and {second.shape[1:]} differ in shape: cut both alike.")
    found = {}
    for level, pair in enumerate(zip(pyramid(first), pyramid(second), strict=True)):
        rows = [
            patches(images, per_image, np.random.default_rng((seed, 8, level, at))) for at, images in enumerate(pair)
        ]
        distance = _sliced(rows[0], rows[1], projections, np.random.default_rng((seed, 9, level)))
        found[min(pair[0].shape[-2:])] = 1000 * distance
    return found
