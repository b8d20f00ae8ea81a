"""What one training set offers to the arms: its fold, encoder, GANs, synthetic and classic images; all as tasks."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.gan.recipe.schedules import check_growth, shared_out
from medgan_fashion.gan.recipe.spelling import first_spelling
from medgan_fashion.gan.recipe.table import Recipe
from medgan_fashion.medical.arms.gate import gated_images
from medgan_fashion.medical.arms.pools import balanced_classic, check_imbalance, rare_images
from medgan_fashion.medical.classification.stages import classic_images
from medgan_fashion.medical.config import BALANCED_ARMS, GATED_ARM, AblationConfig, GanConfig
from medgan_fashion.medical.design import OTHER_DRAW, Materials, Synthesis
from medgan_fashion.medical.planner import Planner, with_copies
from medgan_fashion.runs.engine.stage import Task
from medgan_fashion.runs.stages.copies import near_copies
from medgan_fashion.runs.stages.images import fold_encoder, synthesise, train_gan

# ---------------------------------------------------------------------------------------------------------------------
# The tasks of arms that not every study has: gated synthetic images, and classes filled up to equal shares.


def _gated(
    materials: Materials, n_real: int, config: AblationConfig, seed: int, synthesis: Synthesis | None
) -> Materials:
    n, gans, training = round(max(config.ratios) * n_real), list(materials.of().gans), materials.training
    drawn, at = round(config.gate.candidates * n), seed + OTHER_DRAW
    candidates = (
        synthesis(materials, drawn, at)
        if synthesis
        else synthesise.task(training=training, gans=gans, n=drawn, seed=at, by_view=config.gan.by_view)
    )
    task = gated_images.task(
        training=training,
        candidates=candidates,
        copies=near_copies.task(training=training, synthetic=candidates, by_class=config.gan.per_class, seed=seed),
        encoder=materials.encoder,
        n=n,
        gate_config=config.gate,
        seed=seed,
    )
    return replace(materials, gated=task)


def _balanced(materials: Materials, labels: NDArray[np.int64], config: AblationConfig, seed: int) -> Materials:
    check_imbalance(np.bincount(labels), config.pool)
    balanced = balanced_classic.task(training=materials.training, pool=config.pool, policy=config.classic, seed=seed)
    if BALANCED_ARMS[1] not in config.arms:
        return replace(materials, balanced=balanced)
    if not materials.of().gans:
        raise ValueError(f"arm {BALANCED_ARMS[1]} draws rare classes from a GAN of this study; leave the arm out here")
    gans, at = list(materials.of().gans), seed + OTHER_DRAW
    rare = rare_images.task(training=materials.training, gans=gans, seed=at, by_view=config.gan.by_view)
    return replace(materials, balanced=balanced, rare=rare)


def with_more_arms(
    materials: Materials,
    labels: NDArray[np.int64],
    config: AblationConfig,
    seed: int,
    synthesis: Synthesis | None,
) -> Materials:
    """The materials with what the configured arms need beyond the usual ones; labels (N,) of the training rows."""
    if GATED_ARM in config.arms:
        materials = _gated(materials, len(labels), config, seed, synthesis)
    if set(BALANCED_ARMS) & set(config.arms):
        materials = _balanced(materials, labels, config, seed)
    return materials


def gan_recipe(gan: GanConfig, shape: tuple[int, ...]) -> Recipe:
    """The recipe as it will train on images of `shape` (C, H, W): a growing one shares images_seen out over its
    phases, unless the configuration says how long a phase is. ValueError for a shape or a length that does not fit.
    """
    recipe = gan.resolved()
    if "phase_images" in (gan.changes.get("growth") or {}):
        check_growth(recipe, shape, gan.images_seen)
        return recipe
    return shared_out(recipe, shape, gan.images_seen)


def _gans(
    training: Task, encoder: Task, gan: GanConfig, shape: tuple[int, ...], n_classes: int, seed: int
) -> tuple[Task, ...]:
    recipe = first_spelling(gan_recipe(gan, shape))
    return tuple(
        train_gan.task(
            training=training,
            encoder=encoder,
            recipe=recipe,
            images_seen=gan.images_seen,
            seed=seed,
            label=label,
            by_view=gan.by_view,
        )
        for label in (range(n_classes) if gan.per_class else (None,))
    )


def make_materials(
    planner: Planner, rows: NDArray[np.int64], config: AblationConfig, seed: int, synthesis: Synthesis | None = None
) -> Materials:
    """The tasks for these rows of the image set. `synthesis` may put something else in the GAN's place."""
    images, training = planner.begin(rows)
    fill = round(config.pool * len(rows)) - len(rows)
    classic = classic_images.task(training=training, n=fill, policy=config.classic, seed=seed)
    encoder = fold_encoder.task(training=training, varied=classic, updates=config.encoder_updates, seed=seed)
    materials = Materials(training.inputs["rows"], training, encoder, classic)
    most = config.pool if {"gan-only", "real+gan"} & set(config.arms) else 1 + max(config.ratios)
    n = round(most * len(rows))
    if synthesis:
        gans, made = (), synthesis(materials, n, seed)
    else:
        shape = (images.images.shape[1], *images.card.size)
        gans = _gans(training, encoder, config.gan, shape, len(images.card.classes), seed)
        made = synthesise.task(training=training, gans=list(gans), n=n, seed=seed, by_view=config.gan.by_view)
    materials = replace(materials, generators=(with_copies(training, gans, made, seed, by_class=config.gan.per_class),))
    return with_more_arms(materials, images.labels, config, seed, synthesis)
