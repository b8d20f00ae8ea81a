"""The pool of one arm from finished stages: what its classifier trains on, and what `export-arms` lists."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from medgan_fashion.medical.arms.pools import Counts, Images, Part, compose, pool_parts, shuffled_labels
from medgan_fashion.runs.stages.folds import Fold, load_fold
from medgan_fashion.runs.stages.images import load_synthetic


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
