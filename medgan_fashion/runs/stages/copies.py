"""The stage that looks for training images among synthetic ones, for whoever must know: gate, privacy card, figures."""

from pathlib import Path

import numpy as np

from medgan_fashion.imaging.prepare.near_copies.copies import Copies, find_copies
from medgan_fashion.runs.engine.stage import stage
from medgan_fashion.runs.stages.folds import load_fold
from medgan_fashion.runs.stages.images import load_synthetic


@stage(version=1)
def near_copies(work: Path, training: Path, synthetic: Path, by_class: bool, seed: int) -> None:
    """Which training row each synthetic image might be a copy of; `by_class`: one of its own class, because a GAN of a
    class alone drew it."""
    fold = load_fold(training)
    made = load_synthetic(synthetic, fold)
    images, labels, canvases = np.asarray(made.images), np.asarray(fold.labels), np.asarray(fold.canvases)
    groups = np.asarray(fold.groups)
    copied_from, similarity, others = np.zeros(len(images), dtype=np.int64), np.zeros(len(images)), []
    for label in np.unique(made.labels).tolist() if by_class else (None,):
        drawn, known = (np.flatnonzero((one == label) | (label is None)) for one in (made.labels, labels))
        found = find_copies(images[drawn], canvases[known], fold.size, groups[known], seed=seed)
        copied_from[drawn], similarity[drawn] = known[found.copied_from], found.similarity
        others.append(found.others)
    np.savez(work / "copies.npz", copied_from=copied_from, similarity=similarity, others=np.concatenate(others))


def load_copies(folder: Path) -> Copies:
    """What `near_copies` wrote."""
    with np.load(folder / "copies.npz") as arrays:
        return Copies(arrays["copied_from"], arrays["similarity"], arrays["others"])
