"""Training pools: which images an arm trains on, equal totals in every arm but `real`; rare classes filled up."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.medical.arms.classic import augmented_set
from medgan_fashion.medical.config import ClassicConfig
from medgan_fashion.runs.engine.stage import stage
from medgan_fashion.runs.stages.folds import Fold, load_fold
from medgan_fashion.runs.stages.images import load_synthetic, save_drawn


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


# ---------------------------------------------------------------------------------------------------------------------
# The pool of one arm from finished stages: what its classifier trains on, and what `export-arms` lists.


@dataclass(frozen=True)
class ArmPool:
    """How many images of each source, the images themselves in order, and synthetic images per real one."""

    counts: Counts
    parts: list[Part]
    ratio: float


def _classic(folder: Path | None) -> Images | None:
    if folder is None:
        return None
    images = np.load(folder / "images.npy", mmap_mode="r")
    return Images(images, np.load(folder / "labels.npy"), np.load(folder / "source.npy"))


def _synthetic(folder: Path | None, fold: Fold, arm: str, seed: int) -> Images | None:
    if folder is None:
        return None
    made = load_synthetic(folder, fold)
    return Images(made.images, shuffled_labels(made.labels, seed) if arm == "real+classic+shuffled" else made.labels)


def there_are(synthetic: Path, wanted: int) -> int:
    """How many images there are for the first `wanted` places; all of them where none stands for a place."""
    if not (synthetic / "places.npy").exists():
        return len(np.load(synthetic / "labels.npy"))
    return int((np.load(synthetic / "places.npy") < wanted).sum())


def arm_pool(
    training: Path,
    arm: str,
    pool: float,
    ratio: float | Path,
    seed: int,
    classic: Path | None = None,
    synthetic: Path | None = None,
    held_back: Path | None = None,
) -> ArmPool:
    """The pool of `arm` on one fold; arguments as those of the stage `classify`, folders of finished stages."""
    fold, held = load_fold(training), None if held_back is None else load_fold(held_back)
    share = json.loads((ratio / "chosen.json").read_text())["ratio"] if isinstance(ratio, Path) else float(ratio)
    n_real, by_class = len(fold.labels), arm in ("real+classic+gated", "balanced+classic+gan")
    n_gan = there_are(synthetic, round(share * n_real)) if by_class and synthetic is not None else 0
    counts = compose(arm, n_real, pool, share, 0 if held is None else len(held.labels), n_gan)
    parts = pool_parts(
        counts,
        Images(fold.views, np.asarray(fold.labels)),
        _classic(classic),
        _synthetic(synthetic, fold, arm, seed),
        None if held is None else Images(held.views, np.asarray(held.labels)),
        seed,
        by_class,
    )
    return ArmPool(counts, parts, share)


# ---------------------------------------------------------------------------------------------------------------------
# Arms of equal classes: rare ones filled up with classic images, or with GAN images of the rare classes alone.


def equal_shares(counts: NDArray[np.int64], pool: float) -> NDArray[np.int64]:
    """Images (K,) of each class in a pool of `pool` times all real images, as equal as whole numbers are."""
    total, k = round(pool * int(counts.sum())), len(counts)
    return np.array([total // k + (at < total % k) for at in range(k)])


def missing(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Images (K,) that each class lacks to the largest one."""
    return counts.max() - counts


def check_imbalance(counts: NDArray[np.int64], pool: float) -> None:
    """ValueError where there is nothing to balance, or the largest class alone is more than its share of the pool."""
    if counts.max() == counts.min():
        raise ValueError(
            f"arms balanced+... have nothing to fill up: all {len(counts)} classes have {counts.max()} training "
            "images; leave these arms out"
        )
    if equal_shares(counts, pool).min() < counts.max():
        needed = np.ceil(10 * counts.max() * len(counts) / counts.sum()) / 10
        raise ValueError(
            f"a pool of {pool:g} x the real images has no room for {counts.max()} images of every class; "
            f"set pool to at least {needed:g}"
        )


def _of_class(fold: Fold, label: int, n: int, config: ClassicConfig, seed: int) -> tuple[Any, NDArray[np.int64], list]:
    rows = np.flatnonzero(fold.labels == label)
    made = augmented_set(
        np.asarray(fold.canvases[rows]),
        np.asarray(fold.labels)[rows],
        np.asarray(fold.diameters)[rows],
        n_images=n,
        size=fold.size,
        config=config,
        seed=seed,
    )
    return made.images, rows[made.source], made.parameters


@stage(version=1)
def balanced_classic(work: Path, training: Path, pool: float, policy: ClassicConfig, seed: int) -> None:
    """Classic variations that bring every class to an equal share of the pool; files as those of `classic_images`."""
    fold = load_fold(training)
    counts = np.bincount(fold.labels, minlength=len(fold.classes))
    parts = [
        _of_class(fold, label, int(n), policy, seed) for label, n in enumerate(equal_shares(counts, pool) - counts)
    ]
    order = np.random.default_rng((seed, 43)).permutation(sum(len(part[1]) for part in parts))
    source, parameters = np.concatenate([part[1] for part in parts])[order], [p for part in parts for p in part[2]]
    np.save(work / "images.npy", np.concatenate([part[0] for part in parts])[order])
    np.save(work / "labels.npy", np.asarray(fold.labels)[source])
    np.save(work / "source.npy", source)
    (work / "parameters.json").write_text(json.dumps([parameters[at] for at in order]))


@stage(version=1)
def rare_images(work: Path, training: Path, gans: list[Path], seed: int, by_view: bool) -> None:
    """Synthetic images of the rarer classes alone, as many as each lacks to the largest one."""
    fold = load_fold(training)
    counts, labels, rng = np.bincount(fold.labels, minlength=len(fold.classes)), fold.labels, np.random.default_rng
    rows = [
        rng((seed, 44, label)).permutation(np.flatnonzero(labels == label))[np.arange(n) % counts[label]]
        for label, n in enumerate(missing(counts).tolist())
        if n
    ]
    save_drawn(work, fold, rng((seed, 45)).permutation(np.concatenate(rows)), gans, seed, by_view)
