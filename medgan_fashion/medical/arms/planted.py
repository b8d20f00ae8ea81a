"""Generators of known worth in the GAN's place: can a study tell fresh truth from copies and from shuffled labels?"""

from pathlib import Path

import numpy as np

from medgan_fashion.medical.design import Materials, Synthesis
from medgan_fashion.medical.phantoms.ct import draw_lesions
from medgan_fashion.runs.engine.stage import Task, stage
from medgan_fashion.runs.stages.folds import load_fold
from medgan_fashion.runs.stages.images import save_synthetic


@stage(version=2)
def planted(work: Path, training: Path, n: int, seed: int, kind: str) -> None:
    """n images whose classes follow the training rows': `copies` of them, or fresh phantoms of the true distribution
    with true labels (`truth`) or with shuffled ones (`shuffled`)."""
    fold = load_fold(training)
    order = np.random.default_rng((seed, 31)).permutation(len(fold.labels))[np.arange(n) % len(fold.labels)]
    labels = np.asarray(fold.labels)[order]
    # a seed that no case table's phantoms use
    images = fold.views[order] if kind == "copies" else draw_lesions(labels, fold.size, seed + 77_000_000)
    if kind == "shuffled":
        labels = np.random.default_rng((seed, 32)).permutation(labels)
    save_synthetic(work, images, labels, fold, [f"planted {kind}"], np.asarray(fold.view_positions)[order])


def _plant(kind: str) -> Synthesis:
    def synthesis(materials: Materials, n: int, seed: int) -> Task:
        return planted.task(training=materials.training, n=n, seed=seed, kind=kind)

    return synthesis


PLANTED: dict[str, Synthesis] = {kind: _plant(kind) for kind in ("truth", "copies", "shuffled")}
