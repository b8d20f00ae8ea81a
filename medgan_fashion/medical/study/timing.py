"""How long an ablation will take on this machine: a few turns of its GAN and its classifier, measured."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from medgan_fashion.base.plain import to_plain
from medgan_fashion.gan.recipe.schedules import base_grid, batch_at, level_starts
from medgan_fashion.gan.recipe.table import Recipe
from medgan_fashion.gan.training.cost import measure_level, one_thread, seconds_per_step
from medgan_fashion.gan.training.loop import train
from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.medical.config import AblationConfig
from medgan_fashion.medical.learners import train_and_score
from medgan_fashion.medical.study.materials import gan_recipe


def _noise(images: ImageSet) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Images of the study's shape with labels; what they show does not matter to a clock."""
    shape = (64, images.images.shape[1], *images.card.size)
    return np.random.default_rng(0).random(shape, dtype=np.float32), np.arange(64) % len(images.card.classes)


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


def training_seconds(
    recipe: Recipe, views: NDArray[np.float32], labels: NDArray[np.int64] | None, images_seen: int
) -> float:
    """Of a GAN that does not grow, on images (N, C, H, W) in [0, 1], from a few turns."""
    turn, how = recipe.batch * recipe.n_critic, {"value_range": (0.0, 1.0), "progress": False, "check_every": 10**9}
    step = seconds_per_step(lambda n: train(recipe, views, labels=labels, images_seen=n * turn, **how))
    return step / turn * images_seen


def _gan_seconds(images: ImageSet, config: AblationConfig) -> float:
    views, labels = _noise(images)
    recipe = gan_recipe(config.gan, views.shape[1:])
    if recipe.growth:
        return _growing_seconds(recipe, views.shape[1:], len(images.card.classes), config.gan.images_seen)
    return training_seconds(recipe, views, labels if recipe.conditional else None, config.gan.images_seen)


def _classifier_seconds(images: ImageSet, config: AblationConfig) -> float:
    views, labels = _noise(images)
    n_classes = len(images.card.classes)

    def run(updates: int) -> None:
        short = replace(config.classifier, updates=updates)
        train_and_score(views, labels, None, views[:2], n_classes, short, 0)

    return seconds_per_step(run) * config.classifier.updates


def measured_cost(images: ImageSet, config: AblationConfig, facts: dict[str, Any], processes: int) -> dict[str, float]:
    """Minutes of one GAN, seconds of one classifier, hours of the whole grid on `processes` one-thread workers.

    Measured by a few updates with one thread.
    """
    with one_thread():
        gan = _gan_seconds(images, config)
        classifier = _classifier_seconds(images, config)
    total = (facts["gans"] + facts["further_gans"]) * gan + facts["classifiers"] * classifier
    return {
        "gan_minutes": gan / 60,
        "classifier_seconds": classifier,
        "hours": total / processes / 3600,
        "process_mb": 700.0,
    }
