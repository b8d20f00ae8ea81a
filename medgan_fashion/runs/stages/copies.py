"""The stage that looks for training images among synthetic ones, for whoever must know: gate, privacy card, figures."""

from pathlib import Path

import numpy as np

from medgan_fashion.imaging.prepare.near_copies.copies import Copies, find_copies
from medgan_fashion.runs.engine.stage import stage
from medgan_fashion.runs.stages.folds import load_fold
from medgan_fashion.runs.stages.images import load_synthetic


@stage(version=1)
def near_copies(work: Path, training: Path, synthetic: Path, seed: int) -> None:
    """Which training row each synthetic image might be a copy of."""
    fold = load_fold(training)
    images = np.asarray(load_synthetic(synthetic, fold).images)
    found = find_copies(images, np.asarray(fold.canvases), fold.size, np.asarray(fold.groups), seed=seed)
    np.savez(work / "copies.npz", copied_from=found.copied_from, similarity=found.similarity, others=found.others)


def load_copies(folder: Path) -> Copies:
    """What `near_copies` wrote."""
    with np.load(folder / "copies.npz") as arrays:
        return Copies(arrays["copied_from"], arrays["similarity"], arrays["others"])
