"""Frechet distance between two feature clouds, exact for few images, and its value without the bias of few."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

from medgan_fashion.evaluation.images.kid import feature_pair

# ---------------------------------------------------------------------------------------------------------------------
# Frechet distance between two feature clouds, exact also when there are fewer images than features.


Floats = NDArray[np.float64]


def enough_for_fid(n: int, d: int) -> bool:
    """Whether n images suffice for d features (n >= 10 d): below that the distance is mostly bias."""
    return n >= 10 * d


def _root(features: Floats) -> Floats:
    """R (min(n, d), d) with R'R = covariance: the QR factor of the centred rows."""
    centred = (features - features.mean(axis=0)) / np.sqrt(len(features) - 1)
    return np.asarray(np.linalg.qr(centred, mode="r"), dtype=np.float64)


def fid(real: ArrayLike, fake: ArrayLike) -> float:
    """Frechet distance >= 0 of Gaussians fitted to real (N, d) and fake (M, d) (Heusel et al. 2017).

    |m1 - m2|^2 + tr(S1 + S2) - 2 tr((S1 S2)^(1/2)), where the last trace is the nuclear norm of A1 A2' for
    S = A'A: no matrix square root, and no d x d singular covariance to fight. Biased upwards by about d / n.
    """
    first, second = feature_pair(real, fake)
    root1, root2 = _root(first), _root(second)
    shift = ((first.mean(axis=0) - second.mean(axis=0)) ** 2).sum()
    overlap = np.linalg.svd(root1 @ root2.T, compute_uv=False).sum()
    return max(float(shift + (root1**2).sum() + (root2**2).sum() - 2 * overlap), 0.0)


# ---------------------------------------------------------------------------------------------------------------------
# FID without its bias from few images: FID at several N, a line through them against 1/N, its value at 1/N = 0.
#
# Chong & Forsyth 2020 (Effectively unbiased FID and Inception Score). They keep the reals' statistics fixed, having
# 50 000 of them; here there are hundreds, whose own bias is as large, so both sets are taken at N and extrapolated.


Ints = NDArray[np.int64]
MOST_PARTS = 4  # the smallest N is a quarter of all images
GROUPS = 10  # of the jackknife


@dataclass(frozen=True)
class FidInfinity:
    """The intercept `value`, which may lie below 0 by chance, with a 95 % interval `low`..`high` over the images;
    `sizes` N and their mean `fids`, what the line goes through."""

    value: float
    low: float
    high: float
    sizes: tuple[int, ...]
    fids: tuple[float, ...]


def enough_for_fid_infinity(n: int, d: int) -> bool:
    """Whether n images suffice for d features: halves of two images per feature or more, where the bias is a line."""
    return n >= 4 * d


def intercept(sizes: ArrayLike, fids: ArrayLike) -> float:
    """Value at 1/N = 0 of the least-squares line through FIDs against 1/N; at least two different sizes."""
    n, values = np.asarray(sizes, dtype=np.float64), np.asarray(fids, dtype=np.float64)
    design = np.stack([np.ones_like(n), 1 / n], axis=1)
    return float(np.linalg.lstsq(design, values, rcond=None)[0][0])


def _curve(real: Floats, fake: Floats, orders: list[tuple[Ints, Ints]], parts: int) -> tuple[list[int], list[float]]:
    """FID of all rows, of halves, thirds, ...: sizes, and means over the disjoint parts of every random order."""
    n = min(min(len(first), len(second)) for first, second in orders)
    sizes = [n // k for k in range(1, parts + 1)]
    means = []
    for size in sizes:
        starts = range(0, n - size + 1, size)
        cuts = [(a[s : s + size], b[s : s + size]) for a, b in orders for s in starts]
        means.append(float(np.mean([fid(real[a], fake[b]) for a, b in cuts])))
    return sizes, means


def _without(orders: list[tuple[Ints, Ints]], groups: tuple[Ints, Ints], group: int) -> list[tuple[Ints, Ints]]:
    return [(a[groups[0][a] != group], b[groups[1][b] != group]) for a, b in orders]


def fid_infinity(real: ArrayLike, fake: ArrayLike, *, draws: int = 4, seed: int = 0) -> FidInfinity:
    """Frechet distance of features (N, d) and (M, d) as if there were endlessly many images.

    FID is taken of all min(N, M), of halves, thirds and quarters (as far as these hold 2 d images), over `draws` random
    orders. The interval is that of the delete-a-group jackknife with 10 groups, t with 9 degrees of freedom: it covers
    the chance of the images, not that of the encoder. ValueError for fewer than 4 d images.
    """
    first, second = feature_pair(real, fake)
    n, d = min(len(first), len(second)), first.shape[1]
    if not enough_for_fid_infinity(n, d):
        raise ValueError(f"FID-infinity needs at least {4 * d} images of each kind for {d} features; there are {n}.")
    rng, parts = np.random.default_rng((seed, 31)), min(MOST_PARTS, n // (2 * d))
    groups = (rng.permutation(len(first)) % GROUPS, rng.permutation(len(second)) % GROUPS)
    # one set of orders for all: else the noise of drawing anew would enter the jackknife many times over
    orders = [(rng.permutation(len(first)), rng.permutation(len(second))) for _ in range(draws)]
    sizes, fids = _curve(first, second, orders, parts)
    value = intercept(sizes, fids)
    left = [intercept(*_curve(first, second, _without(orders, groups, g), parts)) for g in range(GROUPS)]
    se = float(np.sqrt((GROUPS - 1) * np.var(left)))
    half = float(student.ppf(0.975, GROUPS - 1)) * se
    return FidInfinity(value, value - half, value + half, tuple(sizes), tuple(fids))
