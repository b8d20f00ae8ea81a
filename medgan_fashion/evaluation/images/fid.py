"""Frechet distance between two feature clouds, exact also when there are fewer images than features."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medgan_fashion.evaluation.images.kid import feature_pair

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
