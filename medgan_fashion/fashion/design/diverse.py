"""Choosing a few designs that please and differ: maximal marginal relevance."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medgan_fashion.evaluation.images.diversity import ssim


def pairwise_ssim(images: NDArray[np.float32]) -> NDArray[np.float64]:
    """Structural similarity (B, B) of pictures (B, C, H, W) in [0, 1] to each other, 1 on the diagonal."""
    alike = np.eye(len(images))
    first, second = np.triu_indices(len(images), 1)
    if len(first):
        alike[first, second] = alike[second, first] = ssim(images[first], images[second])
    return alike


def variety(images: NDArray[np.float32]) -> float:
    """1 - mean SSIM over the pairs of pictures (B, C, H, W); NaN for fewer than two."""
    if len(images) < 2:
        return float("nan")
    return float(1 - pairwise_ssim(images)[np.triu_indices(len(images), 1)].mean())


def choose_diverse(relevance: ArrayLike, similarity: ArrayLike, k: int, novelty: float) -> NDArray[np.int64]:
    """Up to k of R candidates, in the order of choice: maximal marginal relevance (Carbonell & Goldstein 1998).

    Each choice maximises (1 - novelty) x relevance - novelty x its largest similarity to those already chosen;
    `relevance` (R,) is brought to [0, 1] over the candidates first, `similarity` (R, R) is at most 1.
    """
    value, alike = np.asarray(relevance, dtype=np.float64), np.asarray(similarity, dtype=np.float64)
    span = value.max() - value.min() if len(value) else 0.0
    value = (value - value.min()) / span if span > 0 else np.zeros(len(value))
    chosen: list[int] = []
    while len(chosen) < min(k, len(value)):
        nearest = alike[:, chosen].max(axis=1) if chosen else np.zeros(len(value))
        worth = (1 - novelty) * value - novelty * nearest
        worth[chosen] = -np.inf
        chosen.append(int(worth.argmax()))
    return np.array(chosen, dtype=np.int64)
