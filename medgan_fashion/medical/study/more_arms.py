"""The tasks of arms that not every study has: gated synthetic images, and classes filled up to equal shares."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.base.plain import to_plain
from medgan_fashion.medical.ablation_config import BALANCED_ARMS, GATED_ARM, AblationConfig
from medgan_fashion.medical.arms.balancing import balanced_classic, check_imbalance, rare_images
from medgan_fashion.medical.arms.gate import gated_images
from medgan_fashion.runs.stages.images import synthesise

if TYPE_CHECKING:
    from medgan_fashion.medical.design import Materials, Synthesis

OTHER_DRAW = 500_000_000  # added to a seed: candidates and rare images are drawn apart from the fold's own set


def _gated(
    materials: "Materials", n_real: int, config: AblationConfig, seed: int, synthesis: "Synthesis | None"
) -> "Materials":
    n, gans = round(max(config.ratios) * n_real), list(materials.gans)
    drawn, at = round(config.gate.candidates * n), seed + OTHER_DRAW
    candidates = (
        synthesis(materials, drawn, at)
        if synthesis
        else synthesise.task(training=materials.training, gans=gans, n=drawn, seed=at, by_view=config.gan.by_view)
    )
    task = gated_images.task(
        training=materials.training,
        candidates=candidates,
        encoder=materials.encoder,
        n=n,
        gate_config=to_plain(config.gate),
        seed=seed,
    )
    return replace(materials, gated=task)


def _balanced(materials: "Materials", labels: NDArray[np.int64], config: AblationConfig, seed: int) -> "Materials":
    check_imbalance(np.bincount(labels), config.pool)
    balanced = balanced_classic.task(
        training=materials.training, pool=config.pool, policy=to_plain(config.classic), seed=seed
    )
    if BALANCED_ARMS[1] not in config.arms:
        return replace(materials, balanced=balanced)
    if not materials.gans:
        raise ValueError(f"arm {BALANCED_ARMS[1]} draws rare classes from a GAN of this study; leave the arm out here")
    gans, at = list(materials.gans), seed + OTHER_DRAW
    rare = rare_images.task(training=materials.training, gans=gans, seed=at, by_view=config.gan.by_view)
    return replace(materials, balanced=balanced, rare=rare)


def with_more_arms(
    materials: "Materials",
    labels: NDArray[np.int64],
    config: AblationConfig,
    seed: int,
    synthesis: "Synthesis | None",
) -> "Materials":
    """The materials with what the configured arms need beyond the usual ones; labels (N,) of the training rows."""
    if GATED_ARM in config.arms:
        materials = _gated(materials, len(labels), config, seed, synthesis)
    if set(BALANCED_ARMS) & set(config.arms):
        materials = _balanced(materials, labels, config, seed)
    return materials
