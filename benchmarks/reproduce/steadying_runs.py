"""One training of the comparison of objectives and stabilisers: its data, its yardstick, what is kept of it."""

import json
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.reproduce import data as local
from benchmarks.reproduce.data import Labels, Pictures
from benchmarks.reproduce.judging import as_floats
from medgan_fashion.evaluation.encoder import Encoder, train_encoder
from medgan_fashion.evaluation.images.kid import kid_full
from medgan_fashion.evaluation.images.precision_recall import overlap
from medgan_fashion.gan import Model, train
from medgan_fashion.gan.recipe.spec import Recipe

FAKES = 1_000
COLLAPSED = 0.1  # of the coverage that other reals reach
CHECKS = 20  # looks of the alarm in a training


@dataclass(frozen=True)
class Garments:
    """Fashion-MNIST padded to 32x32, pictures (N, 1, 32, 32) with labels, in four parts that share no picture: the
    encoder's 2,000, the GANs' 1,000, the 2,500 held-out reals that fakes are compared with, and 2,500 other reals,
    whose figures are the best to hope for."""

    encoder: tuple[Pictures, Labels]
    gan: tuple[Pictures, Labels]
    held: tuple[Pictures, Labels]
    other: tuple[Pictures, Labels]


@dataclass(frozen=True)
class Yardstick:
    """One encoder for all variants, features of the held-out reals, and what other reals score."""

    encoder: Encoder
    held: NDArray[np.float64]
    kid: float = 0.0
    coverage: float = 1.0

    def measure(self, images: Pictures) -> tuple[float, float]:
        """(KID x 1000, coverage in [0, 1]) of images (N, 1, 32, 32) against the held-out reals."""
        features = self.encoder.features(as_floats(images))
        return 1000 * kid_full(self.held, features), overlap(self.held, features).coverage


@cache
def read_garments(data: Path) -> Garments:
    """The four parts of data/fashion_mnist; ValueError where it is absent."""
    whole = local.garments(data)
    pixels, labels = np.concatenate([whole.train, whole.held]), np.concatenate([whole.train_labels, whole.held_labels])
    parts = np.split(np.arange(len(pixels)), [2_000, 3_000, 5_500])
    return Garments(*((pixels[rows], labels[rows]) for rows in parts))


@cache
def yardstick(data: Path, updates: int = 600) -> Yardstick:
    """The encoder, trained on its own labelled reals, and the reals' figures."""
    garments = read_garments(data)
    images, labels = garments.encoder
    encoder = train_encoder(as_floats(images), labels, 10, updates=updates, seed=0)
    first = Yardstick(encoder, encoder.features(as_floats(garments.held[0])))
    return Yardstick(encoder, first.held, *first.measure(garments.other[0][:FAKES]))


def train_one(recipe: Recipe, garments: Garments, images_seen: int, seed: int) -> tuple[Model | None, str | None]:
    """The kept model and the alarm; no model where nothing healthy was kept."""
    images, labels = garments.gan
    how: dict[str, Any] = {"images_seen": images_seen, "seed": seed, "check_every": max(1, images_seen // CHECKS)}
    told = labels if recipe.conditional else None
    try:
        trained = train(recipe, images, labels=told, device="cpu", progress=False, **how)
    except RuntimeError as error:
        return None, str(error)
    return trained.model, trained.alarm


def images_per_second(recipe: Recipe, garments: Garments, turns: int = 10) -> float:
    """Of one core's time, over a few turns of a training; the first is not counted."""
    turn = recipe.batch * recipe.n_critic
    spent = []
    for n in (turn, turn * (turns + 1)):
        began = time.process_time()
        train_one(recipe, garments, n, 0)
        spent.append(time.process_time() - began)
    return turn * turns / max(spent[1] - spent[0], 1e-9)


def grid_of(folder: Path, name: str, seed: int) -> Path:
    """The picture of one (variant, seed); its figures lie beside it as .json."""
    return folder / f"{name.replace(' ', '_').replace(',', '')}_{seed}.png"


def run_one(
    name: str, recipe: Recipe, seed: int, data: Path, folder: Path, images_seen: int, updates: int = 600
) -> dict[str, Any]:
    """Trains and measures one (variant, seed), or reads what an earlier call measured at this budget.

    Keys: variant, seed, images_seen, kid (x 1000) and coverage (None where nothing was kept), minutes (wall) and
    cpu_minutes of the training, alarm, collapsed.
    """
    grid = grid_of(folder, name, seed)
    path = grid.with_suffix(".json")
    if path.exists() and (found := json.loads(path.read_text()))["images_seen"] == images_seen:
        return found
    folder.mkdir(parents=True, exist_ok=True)
    ruler, garments = yardstick(data, updates), read_garments(data)
    began, cpu = time.monotonic(), time.process_time()
    model, alarm = train_one(recipe, garments, images_seen, seed)
    spent = {"minutes": (time.monotonic() - began) / 60, "cpu_minutes": (time.process_time() - cpu) / 60}
    kid = coverage = None
    if model is not None:
        made = model.generate(FAKES, seed=seed).numpy()
        kid, coverage = ruler.measure(made)
        # of a conditional model the classes take turns: a row of ten shows each once
        local.write_grid(grid, made[:40], columns=10)
    collapsed = alarm is not None or coverage is None or coverage < COLLAPSED * ruler.coverage
    found = {"variant": name, "seed": seed, "images_seen": images_seen, "kid": kid, "coverage": coverage}
    found |= {**spent, "alarm": alarm, "collapsed": collapsed}
    path.write_text(json.dumps(found, indent=1))
    return found
