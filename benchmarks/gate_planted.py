"""What the quality gate refuses of planted images: altered copies, wrong classes, damage, one image again and again.

python benchmarks/gate_planted.py [CASES.csv] [--copies 30]

Without a case table on 100 phantom patients. A third of the patients is held out: their reals are what a gate should
let in. Prints, for each kind, how many were refused and by which checks; all at 32 x 32.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from medgan_fashion.evaluation.encoder import train_encoder
from medgan_fashion.evaluation.screening.gate import Reals, gate
from medgan_fashion.evaluation.screening.thresholds import REASONS, GateConfig
from medgan_fashion.imaging.cases.config import ImageConfig
from medgan_fashion.imaging.prepare.folds import patient_folds
from medgan_fashion.imaging.prepare.imageset import ImageSet, centre
from medgan_fashion.imaging.prepare.intensity import fit_intensity
from medgan_fashion.imaging.prepare.prepare import prepare_cases
from medgan_fashion.medical.arms.classic import augmented_set, warp
from medgan_fashion.medical.config import ClassicConfig, phantom_image_config
from medgan_fashion.medical.phantoms.ct import write_liver_phantoms

Pictures = NDArray[Any]
SIZE, REALS = (32, 32), 100
STILL = {"angle": 0.0, "flip": "", "shift_x": 0.0, "shift_y": 0.0, "zoom": 1.0}


def read(table: Path | None) -> tuple[ImageSet, ImageSet, Pictures, Pictures]:
    """Training and held-out rows, and the canvases of both in [0, 1]."""
    with tempfile.TemporaryDirectory() as folder:
        config = ImageConfig(size=SIZE) if table else phantom_image_config()
        path = table or write_liver_phantoms(Path(folder), patients=100)
        images = prepare_cases(path, config).images
    folds = patient_folds(images.labels, images.groups, 3, 0, classes=images.card.classes)
    train, held = images.take(folds != 0), images.take(folds == 0)
    fitted = fit_intensity(train.images, config.intensity, SIZE)
    return train, held, fitted.apply(train.images), fitted.apply(held.images)


def copies(canvases: Pictures, rng: np.random.Generator) -> dict[str, Pictures]:
    """Training images as a generator that knows them by heart might give them."""

    def moved(**how: object) -> Pictures:
        drawn = [{k: v() if callable(v) else v for k, v in how.items()} for _ in canvases]
        return np.stack([warp(canvas, STILL | one, SIZE) for canvas, one in zip(canvases, drawn, strict=True)])

    def angle() -> float:
        return rng.uniform(0, 360)

    def shift() -> float:
        return rng.uniform(1, 2) * rng.choice([-1, 1])

    views = np.ascontiguousarray(centre(canvases, SIZE))
    middle, factors = views.mean((1, 2, 3), keepdims=True), rng.uniform(0.7, 1.3, (len(views), 1, 1, 1))
    return {
        "exact": views,
        "mirrored": views[..., ::-1],
        "turned by 90 degrees": np.rot90(views, 1, (-2, -1)),
        "turned by any angle": moved(angle=angle),
        "shifted by 1 to 2 pixels": moved(shift_x=shift, shift_y=shift),
        "turned and shifted": moved(angle=angle, shift_x=shift, shift_y=shift),
        "zoomed by 5 %": moved(zoom=lambda: rng.uniform(0.95, 1.05)),
        "contrast and brightness": (views - middle) * factors + middle + rng.uniform(-0.1, 0.1, factors.shape),
        "blurred (1 pixel)": ndimage.gaussian_filter(views, (0, 0, 1, 1)),
        "noisy (0.03)": views + rng.normal(0, 0.03, views.shape),
        "turned and noisy": moved(angle=angle) + rng.normal(0, 0.03, views.shape),
    }


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
    train, held, canvases, unseen = read(given.cases)
    rng, n_classes = np.random.default_rng(0), len(train.card.classes)
    reals = Reals(canvases, SIZE, train.labels, train.groups, train.view_positions)
    varied = augmented_set(
        canvases, train.labels, train.diameters, n_images=3 * len(canvases), size=SIZE, config=ClassicConfig(), seed=0
    )
    known, labels = np.concatenate([reals.views, varied.images]), train.labels[varied.source]
    encoder = train_encoder(known, np.concatenate([train.labels, labels]), n_classes, updates=300, seed=0)
    rows, some = rng.permutation(len(canvases))[: given.copies], rng.permutation(len(unseen))[:REALS]
    views = np.ascontiguousarray(centre(unseen[some], SIZE))
    sets = {f"copy, {k}": (v, train.labels[rows]) for k, v in copies(canvases[rows], rng).items()}
    sets |= others(views, held.labels[some], n_classes, rng)

    def refused(images: Pictures, asked: NDArray[np.int64]) -> NDArray[np.bool_]:
        unknown, clipped = np.full(len(asked), -1), np.clip(images, 0, 1).astype(np.float32)
        return gate(clipped, asked, unknown, train.labels, reals, encoder, GateConfig()).failed

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
