"""Training pools: which images an arm trains on. Equal totals in every arm but `real`."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Counts:
    """Images of each source in a pool; `real` counts repetitions too."""

    real: int
    classic: int
    gan: int
    held_back: int = 0

    @property
    def total(self) -> int:
        """All images of the pool."""
        return self.real + self.classic + self.gan + self.held_back


def compose(arm: str, n_real: int, pool: float, ratio: float, n_held_back: int = 0) -> Counts:
    """How many images of each source `arm` takes, for `n_real` training images (protocol: equal totals).

    What synthetic images an arm does not take, classic ones fill, so the comparator has as many images as the
    tested arm.
    """
    total, synthetic = round(pool * n_real), round(ratio * n_real)
    held = min(synthetic, n_held_back)
    return {
        "real": Counts(n_real, 0, 0),
        "real+oversampled": Counts(total, 0, 0),
        "real+classic": Counts(n_real, total - n_real, 0),
        "real+gan": Counts(n_real, 0, total - n_real),
        "real+classic+gan": Counts(n_real, total - n_real - synthetic, synthetic),
        "gan-only": Counts(0, 0, total),
        "real+classic+shuffled": Counts(n_real, total - n_real - synthetic, synthetic),
        "real+held-back": Counts(n_real, total - n_real - held, 0, held),
    }[arm]


@dataclass(frozen=True)
class Images:
    """Images float32 (N, C, h, w) in [0, 1] with labels int64 (N,)."""

    images: NDArray[np.float32]
    labels: NDArray[np.int64]

    def first(self, n: int, source: str) -> "Images":
        """The first n; ValueError when there are fewer."""
        if n > len(self.images):
            raise ValueError(f"the pool asks for {n} {source} images but only {len(self.images)} were made")
        return Images(np.asarray(self.images[:n]), np.asarray(self.labels[:n]))


def shuffled_labels(labels: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """The same labels in another order: synthetic images that cannot know their class."""
    return labels[np.random.default_rng((seed, 99)).permutation(len(labels))]


def fill_pool(
    counts: Counts,
    real: Images,
    classic: Images | None,
    gan: Images | None,
    held_back: Images | None,
    seed: int = 0,
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.bool_]]:
    """(images, labels, is-real mask) of a pool: reals repeated as often as counted, then the others.

    Reals and held-back reals are taken in a seeded order, because tables come sorted by class; classic and GAN
    images were made so that any prefix has the training rows' classes.
    """
    rows = np.random.default_rng((seed, 41)).permutation(len(real.images))[np.arange(counts.real) % len(real.images)]
    if held_back is not None:
        order = np.random.default_rng((seed, 42)).permutation(len(held_back.images))
        held_back = Images(held_back.images[order], held_back.labels[order])
    parts = [Images(real.images[rows], real.labels[rows])]
    for source, n, name in (
        (held_back, counts.held_back, "held-back"),
        (classic, counts.classic, "classic"),
        (gan, counts.gan, "GAN"),
    ):
        if n:
            assert source is not None, name
            parts.append(source.first(n, name))
    images, labels = np.concatenate([p.images for p in parts]), np.concatenate([p.labels for p in parts])
    return images, labels, np.arange(len(labels)) < counts.real + counts.held_back
