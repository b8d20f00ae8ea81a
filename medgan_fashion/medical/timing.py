"""How long a GAN of a study takes on this machine, measured by a few turns: what tasks tell of their cost with."""

from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray

from medgan_fashion.base.plain import to_plain
from medgan_fashion.gan.recipe.schedules import base_grid, batch_at, level_starts
from medgan_fashion.gan.recipe.table import Recipe
from medgan_fashion.gan.training.cost import measure_level, seconds_per_step
from medgan_fashion.gan.training.loop import train


def noise(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """64 images of a shape (C, H, W) in [0, 1]; what they show does not matter to a clock."""
    return np.random.default_rng(0).random((64, *shape), dtype=np.float32)


def _growing_seconds(recipe: Recipe, shape: tuple[int, ...], n_classes: int, images_seen: int) -> float:
    """Every level by its own cost. `recipe` grows, on images of `shape` (C, H, W)."""
    assert recipe.growth is not None
    device, plain = "cuda" if torch.cuda.is_available() else "cpu", to_plain(recipe)
    starts = level_starts(recipe.growth, base_grid(*shape[-2:])[2])
    total = 0.0
    for level, (start, end) in enumerate(pairwise([*starts, images_seen])):
        cost = measure_level(plain, shape, n_classes, level, batch_at(recipe, level), device)
        total += cost.seconds * (end - start) / 1000
    return total


def training_seconds(recipe: Recipe, shape: tuple[int, ...], n_classes: int, images_seen: int) -> float:
    """Of a GAN on images of `shape` (C, H, W) and that many classes."""
    if recipe.growth:
        return _growing_seconds(recipe, shape, n_classes, images_seen)
    views, labels = noise(shape), np.arange(64) % n_classes if recipe.conditional else None
    turn, how = recipe.batch * recipe.n_critic, {"value_range": (0.0, 1.0), "progress": False, "check_every": 10**9}
    step = seconds_per_step(lambda n: train(recipe, views, labels=labels, images_seen=n * turn, **how))
    return step / turn * images_seen
