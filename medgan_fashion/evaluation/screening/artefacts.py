"""Artefacts by low-level statistics: what lies outside the limits that real images of the same view keep to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.float64]
Images = NDArray[np.float32]

STATISTICS = (
    "mean",
    "spread",
    "share at the floor",
    "share at the ceiling",
    "gradient energy",
    "roughness",
    "grain",
    "checkerboard",
    "straight edge",
    "specks",
)
FEWEST = 8  # reals of a view that limits are taken from; with fewer, those of all views
EDGE = 0.02  # how near 0 or 1 a pixel is at the floor or the ceiling: an output layer comes close, and seldom there
TO_SD = 1.4826  # of a normal distribution: standard deviation over median absolute deviation


@dataclass(frozen=True)
class Limits:
    """Lowest and highest value (S,) that each of STATISTICS may have."""

    low: Floats
    high: Floats

    def outside(self, values: Floats) -> NDArray[np.bool_]:
        """(N, S): which statistics of values (N, S) lie outside."""
        return (values < self.low) | (values > self.high)


def _energy(images: Images, order: int) -> Floats:
    """(N,): mean square of the differences of this order along rows and columns."""
    return np.add(*(np.square(np.diff(images, order, axis=axis)).mean((1, 2, 3)) for axis in (-2, -1))).astype(float)


def _alternation(images: Images) -> Floats:
    """(N,): power at the Nyquist frequency over that just below it, the largest of rows, columns and both: what the
    overlap of strided convolutions leaves (Odena et al. 2016). The spectrum of a picture has no peak there."""
    h, w = images.shape[-2:]
    windowed = (images - images.mean((-2, -1), keepdims=True)) * np.hanning(h)[:, None] * np.hanning(w)
    power = np.square(np.abs(np.fft.fft2(windowed))).mean(1)
    reach = 1.5 / min(h, w)  # the window widens a peak to three places
    top, wide = 0.5 - reach, max(0.1, 2 / min(h, w))
    places = [np.abs(np.fft.fftfreq(n)) for n in (h, w)]
    (low_y, low_x), (peak_y, peak_x) = [at <= reach for at in places], [at >= top for at in places]
    near_y, near_x = [(at < top - reach) & (at >= top - reach - wide) for at in places]
    pairs = (
        ((peak_y, low_x), (near_y, low_x)),
        ((low_y, peak_x), (low_y, near_x)),
        ((peak_y, peak_x), (near_y, near_x)),
    )
    ratios = [power[:, np.outer(*at)].mean(1) / (power[:, np.outer(*below)].mean(1) + 1e-9) for at, below in pairs]
    return np.max(ratios, axis=0)


def _edge(images: Images) -> Floats:
    """(N,): the largest step that a quarter of a row, or of a column, takes all at once and in one direction: the rim
    of a lost block, a lost line. Outlines in pictures bend."""
    found = []
    for axis, along in ((-2, -1), (-1, -2)):
        steps, length = np.diff(images, axis=axis), max(3, images.shape[along] // 4)
        both = [ndimage.minimum_filter1d(sign * steps, length, axis=along) for sign in (1, -1)]
        found.append(np.max(both, axis=(0, 2, 3, 4)))
    return np.max(found, axis=0).clip(0)


def _specks(images: Images) -> Floats:
    """(N,): energy of what a median over 3 x 3 pixels takes away: single pixels that stand alone."""
    return np.power(images - ndimage.median_filter(images, (1, 1, 3, 3)), 4).mean((1, 2, 3), dtype=np.float64)


def statistics(images: Images) -> Floats:
    """STATISTICS (N, S) of images (N, C, h, w) in [0, 1]; shares and energies as logarithms, where limits are even."""
    pixel = 1.0 / images[0].size
    first, second = _energy(images, 1) + 1e-7, _energy(images, 2) + 1e-7
    columns = [
        images.mean((1, 2, 3), dtype=np.float64),
        np.log(images.std((1, 2, 3), dtype=np.float64) + 1e-3),
        np.log((images <= EDGE).mean((1, 2, 3)) + pixel),
        np.log((images >= 1 - EDGE).mean((1, 2, 3)) + pixel),
        np.log(first),
        np.log(first / (images.var((1, 2, 3), dtype=np.float64) + 1e-6)),
        np.log(second / first),
        np.log(_alternation(images) + 1e-3),
        np.log(_edge(images) + 0.01),
        np.log(_specks(images) + 1e-7),
    ]
    return np.stack(columns, axis=1)


def robust_limits(values: Floats, sds: float) -> Limits:
    """Median plus and minus `sds` standard deviations (S,) of values (N, S), each side from its own median deviation,
    and never inside what nineteen of twenty reals have."""
    middle = np.median(values, axis=0)
    low, high = np.quantile(values, [0.025, 0.975], axis=0)
    sides = []
    for sign in (-1.0, 1.0):
        away = np.where(sign * (values - middle) >= 0, sign * (values - middle), np.nan)
        sides.append(TO_SD * np.nanmedian(away, axis=0))
    # where most reals share one value (no pixel at the floor), the deviation is 0: the quantile's then counts
    below, above = np.maximum(sides[0], (middle - low) / 2), np.maximum(sides[1], (high - middle) / 2)
    return Limits(middle - sds * below - 1e-9, middle + sds * above + 1e-9)


def artefacts(
    images: Images,
    views: NDArray[np.int64],
    reals: Images,
    real_views: NDArray[np.int64],
    *,
    sds: float = 6.0,
) -> NDArray[np.bool_]:
    """(N, S): which of STATISTICS of images (N, C, h, w) in [0, 1] lie outside the limits of reals of the same view.

    Args:
        views, real_views: View Position of each, as numbers; a view that no real has, such as -1 for an unknown one,
            or fewer than FEWEST, is held against all reals.
        sds: how many robust standard deviations the limits lie from the median.
    """
    known, found = statistics(reals), statistics(images)
    everyone, out = robust_limits(known, sds), np.zeros(found.shape, dtype=bool)
    for view in np.unique(views):
        mine, here = real_views == view, views == view
        limits = robust_limits(known[mine], sds) if mine.sum() >= FEWEST else everyone
        out[here] = limits.outside(found[here])
    return out
