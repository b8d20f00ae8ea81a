"""How real the fakes are and how much of the reals they cover: k-nearest-neighbour balls in feature space."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist

from medgan_fashion.evaluation.images.kid import feature_pair

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Overlap:
    """`precision`, `recall`, `coverage` in [0, 1]; `density` >= 0, about 1 for equal distributions."""

    precision: float
    recall: float
    density: float
    coverage: float


def _radii(features: Floats, k: int) -> Floats:
    """Distance of each row to its k-th nearest other row (N,)."""
    distances = np.asarray(cdist(features, features), dtype=np.float64)
    np.fill_diagonal(distances, np.inf)
    return np.partition(distances, k - 1, axis=1)[:, k - 1]


def expected_coverage(n_real: int, n_fake: int, k: int = 5) -> float:
    """Coverage of two samples of one distribution, 1 - P(k nearest others all real) (Naeem et al. 2020)."""
    steps = np.arange(1, k + 1)
    return float(1 - np.prod((n_real - steps) / (n_real + n_fake - steps)))


def overlap(real: ArrayLike, fake: ArrayLike, *, k: int = 3, k_coverage: int = 5) -> Overlap:
    """Precision, recall (k; Kynkaanniemi et al. 2019), density, coverage (k_coverage; Naeem et al. 2020).

    `real` (N, d), `fake` (M, d). Also for real against real, which is the ceiling to print beside it.
    ValueError when a set has no k-th neighbour.
    """
    first, second = feature_pair(real, fake, at_least=max(k, k_coverage) + 1)
    across = cdist(first, second)
    narrow, wide = _radii(first, k), _radii(first, k_coverage)
    return Overlap(
        precision=float((across < narrow[:, None]).any(axis=0).mean()),
        recall=float((across < _radii(second, k)[None, :]).any(axis=1).mean()),
        density=float((across < wide[:, None]).sum() / (k_coverage * len(second))),
        coverage=float((across.min(axis=1) < wide).mean()),
    )
