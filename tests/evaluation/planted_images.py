"""Small pictures of known classes: stripes of one direction per class, at a random phase, with noise."""

import numpy as np
from numpy.typing import NDArray

SIDE = 16


def stripes(n: int, seed: int, n_classes: int = 2, noise: float = 0.1) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Images float32 (n, 1, 16, 16) in [0, 1] and labels (n,), classes in turn: the stripes' direction."""
    rng = np.random.default_rng((seed, n))
    labels = np.arange(n, dtype=np.int64) % n_classes
    angle = np.pi * labels / n_classes
    y, x = np.mgrid[:SIDE, :SIDE]
    along = np.cos(angle)[:, None, None] * x + np.sin(angle)[:, None, None] * y
    waves = np.sin(2 * np.pi * along / 5 + rng.uniform(0, 2 * np.pi, (n, 1, 1)))
    images = 0.5 + 0.3 * waves + noise * rng.standard_normal((n, SIDE, SIDE))
    return np.clip(images, 0, 1).astype(np.float32)[:, None], labels
