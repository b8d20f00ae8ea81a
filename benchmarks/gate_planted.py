"""What the quality gate refuses of planted images: altered copies, wrong classes, damage, one image again and again.

python benchmarks/gate_planted.py [CASES.csv] [--copies 30]

Without a case table on 100 phantom patients. A third of the patients is held out: their reals are what a gate should
let in. Prints, for each kind, how many were refused and by which checks; all at 32 x 32.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from planted_copies import Pictures, copies, divided, prepared

from medgan_fashion.evaluation.encoder import train_encoder
from medgan_fashion.evaluation.screening.gate import Reals, gate
from medgan_fashion.evaluation.screening.thresholds import REASONS, GateConfig
from medgan_fashion.imaging.cases.config import ImageConfig
from medgan_fashion.imaging.prepare.imageset import centre
from medgan_fashion.imaging.prepare.near_copies.copies import find_copies
from medgan_fashion.medical.arms.classic import augmented_set
from medgan_fashion.medical.config import ClassicConfig, phantom_image_config

SIZE, REALS = (32, 32), 100


def others(views: Pictures, labels: NDArray[np.int64], n_classes: int, rng: np.random.Generator) -> dict[str, tuple]:
    """Held-out reals as they are, under wrong classes, damaged, and one of them with jitter."""
    board = 0.06 * (np.indices(SIZE).sum(0) % 2 * 2 - 1)
    dead = views.copy()
    dead[:, :, ::4] = 0
    wrong = (labels + rng.integers(1, n_classes, len(labels))) % n_classes
    return {
        "held-out reals": (views, labels),
        "held-out reals, class changed": (views, wrong),
        "held-out reals, checkerboard 0.06": (views + board, labels),
        "held-out reals, 15 % of pixels lost": (views * (rng.random(views.shape) > 0.15), labels),
        "held-out reals, every 4th row lost": (dead, labels),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="?", type=Path)
    parser.add_argument("--copies", type=int, default=30)
    given = parser.parse_args()
    torch.set_num_threads(1)
    config = ImageConfig(size=SIZE) if given.cases else phantom_image_config()
    train, held, canvases, unseen = divided(prepared(given.cases, config)[0], config)
    rng, n_classes = np.random.default_rng(0), len(train.card.classes)
    reals = Reals(canvases, SIZE, train.labels, train.groups, train.view_positions)
    varied = augmented_set(
        canvases, train.labels, train.diameters, n_images=3 * len(canvases), size=SIZE, config=ClassicConfig(), seed=0
    )
    known, labels = np.concatenate([reals.views, varied.images]), train.labels[varied.source]
    encoder = train_encoder(known, np.concatenate([train.labels, labels]), n_classes, updates=300, seed=0)
    rows, some = rng.permutation(len(canvases))[: given.copies], rng.permutation(len(unseen))[:REALS]
    views = np.ascontiguousarray(centre(unseen[some], SIZE))
    sets = {f"copy, {k}": (v, train.labels[rows]) for k, v in copies(canvases[rows], SIZE, rng).items()}
    sets |= others(views, held.labels[some], n_classes, rng)

    def refused(images: Pictures, asked: NDArray[np.int64]) -> NDArray[np.bool_]:
        unknown, clipped = np.full(len(asked), -1), np.clip(images, 0, 1).astype(np.float32)
        near = find_copies(clipped, canvases, SIZE, train.groups)
        return gate(clipped, asked, unknown, train.labels, reals, near, encoder, GateConfig()).failed

    for name, (images, asked) in sets.items():
        failed = refused(images, asked)
        said = ", ".join(f"{reason} {n}" for reason, n in zip(REASONS, failed.sum(0).tolist(), strict=True))
        print(f"{name:38} {failed.any(1).sum():3} of {len(failed):3} refused ({said})", flush=True)
    passed = int(np.flatnonzero(~refused(views, held.labels[some]).any(1))[0])
    again = np.repeat(views[passed : passed + 1], 60, axis=0)
    failed = refused(again + rng.normal(0, 0.02, again.shape), np.full(60, held.labels[some][passed]))
    print(f"{'one image with jitter, 60 times':38} {failed.any(1).sum():3} of  60 refused")


if __name__ == "__main__":
    main()
