"""How translated garments are judged: against their true partner, as a set, and by a classifier of real photos."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.reproduce.data import Pictures, write_grid
from benchmarks.reproduce.judging import as_floats
from benchmarks.reproduce.row import Job
from medgan_fashion.evaluation.encoder import Encoder, load_encoder, save_encoder
from medgan_fashion.evaluation.images.diversity import ssim
from medgan_fashion.evaluation.images.kid import kid_full
from medgan_fashion.evaluation.images.two_sample import deal
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.recommend.towers import train_catalogue_encoder

Ints = NDArray[np.int64]
SHOWN = 16  # pictures in a row of a grid
HALVINGS = 5  # splits into halves that a KID is averaged over


def in_colour(pictures: Pictures) -> Pictures:
    """Pictures (N, 1 or 3, H, W) with three channels."""
    return np.repeat(pictures, 3, 1) if pictures.shape[1] == 1 else pictures


def sheet(folder: Path, rows: list[Pictures]) -> None:
    """grid.png: the same SHOWN places of every row of pictures, drawn at random, one row under the other."""
    least = min(len(row) for row in rows)
    chosen = np.random.default_rng(7).permutation(least)[:SHOWN]
    write_grid(folder / "grid.png", np.concatenate([in_colour(row[chosen]) for row in rows]), len(chosen))


def garment_judge(job: Job, photos: Catalogue) -> Encoder:
    """The project's classifier of catalogue categories, trained once for all rows on garments that are not held out."""
    path = job.folder.parents[1] / "judges" / "catalogue.safetensors"
    if path.exists():
        return load_encoder(path)
    found = train_catalogue_encoder(photos, updates=20 if job.quick else 400, seed=0)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_encoder(found, path)
    return found


def halves_kid(judge: Encoder, real: Pictures, made: Pictures) -> float:
    """KID of pictures made from one half of the held-out garments against real photos of the other half; made = real
    gives the floor. The mean of both ways and HALVINGS splits."""
    features, painted = judge.features(as_floats(real)), judge.features(as_floats(made))
    values = []
    for split in range(HALVINGS):
        part = deal(np.arange(len(real)), 2, split)
        values += [kid_full(features[part == half], painted[part != half]) for half in (0, 1)]
    return float(np.mean(values))


def sets_kid(judge: Encoder, real: Pictures, made: Pictures) -> float:
    """KID of made pictures against half of the real ones, the mean over halves and splits: on a footing with
    `halves_kid(judge, real, real)`."""
    features, painted = judge.features(as_floats(real)), judge.features(as_floats(made))
    values = []
    for split in range(HALVINGS):
        part = deal(np.arange(len(real)), 2, split)
        values += [kid_full(features[part == half], painted) for half in (0, 1)]
    return float(np.mean(values))


def paired_figures(judge: Encoder, truth: Pictures, made: Pictures, labels: Ints) -> dict[str, float]:
    """Mean absolute error in [0, 1], SSIM and KID of made pictures against their true partners, and the share that
    the judge names rightly."""
    true, painted = as_floats(truth), as_floats(made)
    return {
        "l1": float(np.abs(true - painted).mean()),
        "ssim": float(ssim(true, painted).mean()),
        "kid": halves_kid(judge, truth, made),
        "named": float((judge.predict(painted).argmax(1) == labels).mean()),
    }


def nearest_kinds(judge: Encoder, shelf: Pictures, kinds: Ints, made: Pictures) -> Ints:
    """(N,) the kind of the garment on the shelf whose features lie nearest to each made picture's."""
    on_shelf, sought = judge.features(as_floats(shelf)), judge.features(as_floats(made))
    squared = (sought**2).sum(1)[:, None] - 2 * sought @ on_shelf.T + (on_shelf**2).sum(1)[None]
    return kinds[squared.argmin(1)]


def helped(before: Ints, after: Ints, true: Ints) -> tuple[int, int]:
    """How many answers (N,) became right, and how many wrong, from `before` to `after`."""
    was, now = before == true, after == true
    return int((now & ~was).sum()), int((was & ~now).sum())
