"""Every figure of one set of images against another, as plain numbers by name."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.images.diversity import feature_diversity, ssim_diversity
from medgan_fashion.evaluation.images.fid import enough_for_fid, fid
from medgan_fashion.evaluation.images.fid_infinity import enough_for_fid_infinity, fid_infinity
from medgan_fashion.evaluation.images.inception_score import inception_score
from medgan_fashion.evaluation.images.kid import kid_full
from medgan_fashion.evaluation.images.ms_ssim import pair_likeness
from medgan_fashion.evaluation.images.precision_recall import overlap
from medgan_fashion.evaluation.images.swd import swd
from medgan_fashion.evaluation.training import FloatImages

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Seen:
    """Images float32 (N, C, H, W) in [0, 1] with their features (N, d), class probabilities (N, K) or None, and
    labels (N,) or None."""

    images: FloatImages
    features: Floats
    probabilities: Floats | None
    labels: Ints | None

    def take(self, rows: Ints) -> "Seen":
        """The images of these rows."""
        probabilities = None if self.probabilities is None else self.probabilities[rows]
        return Seen(
            self.images[rows], self.features[rows], probabilities, None if self.labels is None else self.labels[rows]
        )


def feature_figures(real: Floats, other: Floats, seed: int) -> dict[str, float]:
    """Distances and overlap of two clouds of features (N, d); FID only where the images suffice for it."""
    n, d = min(len(real), len(other)), real.shape[1]
    found = {"KID x 1000": 1000 * kid_full(real, other)}
    if enough_for_fid(n, d):
        found["FID"] = fid(real, other)
    if enough_for_fid_infinity(n, d):
        found["FID-infinity"] = fid_infinity(real, other, draws=2, seed=seed).value
    near = overlap(real, other)
    found |= {name: getattr(near, name) for name in ("precision", "recall", "density", "coverage")}
    return found


def pixel_figures(real: FloatImages, other: FloatImages, seed: int) -> dict[str, float]:
    """Sliced Wasserstein distance by level: "SWD 64 px" is the finest texture of images of 64 pixels."""
    levels = swd(real, other, seed=seed, per_image=64, projections=256)
    return {f"SWD {side} px": value for side, value in levels.items()}


def lone_figures(other: Seen, pairs: int, seed: int) -> dict[str, float]:
    """What a set says of itself: how varied it is, all told and within its classes."""
    labels = np.zeros(len(other.images), dtype=np.int64) if other.labels is None else other.labels
    enough = np.bincount(labels)[labels] > 1  # a class of one image has no pair
    found = {"feature diversity": feature_diversity(other.features, seed=seed)}
    if other.probabilities is not None:
        found["Inception Score"] = inception_score(other.probabilities, seed=seed).mean
    if enough.any():
        images, kept = other.images[enough], labels[enough]
        found["MS-SSIM of pairs"] = pair_likeness(images, kept, pairs=pairs, seed=seed).mean
        found["SSIM diversity"] = ssim_diversity(images, kept, pairs=pairs, seed=seed).mean
    return found


def set_figures(real: Seen, other: Seen, *, pairs: int, seed: int) -> dict[str, float]:
    """All figures of `other` against `real`, both of at least 6 images of one shape; the names are those of the table
    in measure_rows.py."""
    return {
        **feature_figures(real.features, other.features, seed),
        **pixel_figures(real.images, other.images, seed),
        **lone_figures(other, pairs, seed),
    }
