"""How long an ablation will take on this machine: a few turns of its GAN and its classifier, measured."""

import time
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from medgan_fashion.gan.training import train
from medgan_fashion.imaging.imageset import ImageSet
from medgan_fashion.medical.classifier import train_and_score
from medgan_fashion.medical.lesions_config import LesionsConfig

TURNS = 6


def _seconds_per_image(images: ImageSet, config: LesionsConfig) -> float:
    recipe = config.gan.resolved()
    views = np.random.default_rng(0).random((64, *images.images.shape[1:2], *images.card.size), dtype=np.float32)
    labels = np.arange(64) % len(images.card.classes) if recipe.conditional else None
    shown, took = recipe.batch * recipe.n_critic * TURNS, []
    for count in (shown // TURNS, shown):
        started = time.perf_counter()
        train(
            recipe,
            views,
            labels=labels,
            images_seen=count,
            value_range=(0.0, 1.0),
            progress=False,
            check_every=10**9,
        )
        took.append(time.perf_counter() - started)
    return max(took[1] - took[0], 1e-6) / (shown - shown // TURNS)


def _classifier_seconds(images: ImageSet, config: LesionsConfig) -> float:
    n_classes = len(images.card.classes)
    views = np.random.default_rng(1).random((64, *images.images.shape[1:2], *images.card.size), dtype=np.float32)
    took = []
    for updates in (1, 1 + TURNS):
        started = time.perf_counter()
        train_and_score(
            views,
            np.arange(64) % n_classes,
            None,
            views[:2],
            n_classes,
            replace(config.classifier, updates=updates),
            0,
        )
        took.append(time.perf_counter() - started)
    return max(took[1] - took[0], 1e-6) / TURNS * config.classifier.updates


def measured_cost(images: ImageSet, config: LesionsConfig, facts: dict[str, Any], processes: int) -> dict[str, float]:
    """Minutes of one GAN, seconds of one classifier, hours of the whole grid on `processes` one-thread workers.

    Measured by a few updates with one thread; the caller's thread count is restored.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        gan = _seconds_per_image(images, config) * config.gan.images_seen
        classifier = _classifier_seconds(images, config)
    finally:
        torch.set_num_threads(threads)
    total = (facts["gans"] + facts["further_gans"]) * gan + facts["classifiers"] * classifier
    return {
        "gan_minutes": gan / 60,
        "classifier_seconds": classifier,
        "hours": total / processes / 3600,
        "process_mb": 700.0,
    }
