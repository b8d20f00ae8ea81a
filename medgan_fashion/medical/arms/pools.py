"""Training pools: which images an arm trains on. Equal totals in every arm but `real`."""

from collections.abc import Sequence
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

    def by_source(self) -> dict[str, int]:
        """As the table of arms counts them: held-back reals are reals."""
        return {"real": self.real + self.held_back, "classic": self.classic, "gan": self.gan}


def compose(arm: str, n_real: int, pool: float, ratio: float, n_held_back: int = 0, n_gan: int = 0) -> Counts:
    """How many images of each source `arm` takes, for `n_real` training images (protocol: equal totals).

    What synthetic images an arm does not take, classic ones fill, so the comparator has as many images as the
    tested arm. `n_gan`: how many GAN images there are, for the arms that take what there is.
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
        "real+classic+gated": Counts(n_real, total - n_real - n_gan, n_gan),
        "balanced+classic": Counts(n_real, total - n_real, 0),
        "balanced+classic+gan": Counts(n_real, total - n_real - n_gan, n_gan),
    }[arm]


@dataclass(frozen=True)
class Images:
    """Images float32 (N, C, h, w) in [0, 1] with labels int64 (N,), and the training row (N,) that each was made
    from, where it was."""

    images: NDArray[np.float32]
    labels: NDArray[np.int64]
    made_from: NDArray[np.int64] | None = None


@dataclass(frozen=True)
class Part:
    """The images that a pool takes from one source: `rows` (n,) of `images`, in the pool's order."""

    source: str
    images: Images
    rows: NDArray[np.int64]


def shuffled_labels(labels: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """The same labels in another order: synthetic images that cannot know their class."""
    return labels[np.random.default_rng((seed, 99)).permutation(len(labels))]


def _first(source: str, images: Images | None, n: int) -> Part:
    """The first n of a source; ValueError when there are fewer."""
    made = 0 if images is None else len(images.images)
    if images is None or n > made:
        raise ValueError(f"the pool asks for {n} {source} images but only {made} were made")
    return Part(source, images, np.arange(n))


def stand_in(counts: Counts, classic: Images, gan: Images) -> list[Part]:
    """The classic and GAN parts of an arm in which each GAN image stands in the place of a classic one of its class,
    so that the pool's classes are those of its comparator."""
    fill, labels = counts.classic + counts.gan, gan.labels[: counts.gan]
    if fill > len(classic.labels):
        raise ValueError(f"the pool asks for {fill} classic images but only {len(classic.labels)} were made")
    kept = np.ones(fill, dtype=bool)
    for label, n in zip(*np.unique(labels, return_counts=True), strict=True):
        kept[np.flatnonzero(classic.labels[:fill] == label)[::-1][:n]] = False
    # rounding may leave a class one classic image short: the last ones of any class then go
    rows = np.flatnonzero(kept)[: counts.classic]
    return [part for part in (Part("classic", classic, rows), _first("gan", gan, counts.gan)) if len(part.rows)]


def pool_parts(
    counts: Counts,
    real: Images,
    classic: Images | None,
    gan: Images | None,
    held_back: Images | None,
    seed: int = 0,
    by_class: bool = False,
) -> list[Part]:
    """Which images a pool holds, source by source: reals repeated as often as counted, then the others.

    Reals and held-back reals are taken in a seeded order, because tables come sorted by class; classic and GAN
    images were made so that any prefix has the training rows' classes. `by_class`: see `stand_in`.
    """
    rows = np.random.default_rng((seed, 41)).permutation(len(real.images))[np.arange(counts.real) % len(real.images)]
    parts = [Part("real", real, rows)]
    if held_back is not None:
        order = np.random.default_rng((seed, 42)).permutation(len(held_back.images))
        parts.append(Part("held-back", held_back, order[: counts.held_back]))
    if by_class and classic is not None and gan is not None:
        return parts + stand_in(counts, classic, gan)
    parts += [
        _first(name, x, n) for name, x, n in (("classic", classic, counts.classic), ("gan", gan, counts.gan)) if n
    ]
    return parts


def fill_pool(parts: Sequence[Part]) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.bool_]]:
    """(images, labels, is-real mask) of a pool, in its order."""
    images = np.concatenate([part.images.images[part.rows] for part in parts])
    labels = np.concatenate([part.images.labels[part.rows] for part in parts])
    real = np.repeat([part.source in ("real", "held-back") for part in parts], [len(part.rows) for part in parts])
    return images, labels, real
