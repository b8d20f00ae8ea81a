"""What one training set offers to the arms: its fold, encoder, GANs, synthetic and classic images; all as tasks."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.base.plain import to_plain
from medgan_fashion.gan.recipe.schedules import check_growth, shared_out
from medgan_fashion.gan.recipe.spelling import first_spelling
from medgan_fashion.gan.recipe.table import Recipe
from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.medical.arms.gate import gated_images
from medgan_fashion.medical.arms.pools import balanced_classic, check_imbalance, rare_images
from medgan_fashion.medical.config import BALANCED_ARMS, GATED_ARM, AblationConfig, GanConfig
from medgan_fashion.medical.design import Materials, Synthesis
from medgan_fashion.medical.study.stages import classic_images
from medgan_fashion.runs.engine.stage import Task
from medgan_fashion.runs.stages.folds import store_rows, training_fold
from medgan_fashion.runs.stages.images import fold_encoder, synthesise, train_gan

if TYPE_CHECKING:
    from medgan_fashion.medical.design import Materials, Synthesis


# ---------------------------------------------------------------------------------------------------------------------
# The tasks of arms that not every study has: gated synthetic images, and classes filled up to equal shares.


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


def fraction_of_patients(
    labels: NDArray[np.int64], groups: NDArray[np.int64], fraction: float, seed: int
) -> NDArray[np.bool_]:
    """Rows of a share of the patients, class by class (a patient counts in the class of most of its rows).

    Nested: the patients of a smaller fraction are among those of a larger one. Each class keeps at least two.
    """
    patients = np.unique(groups)
    main = np.array([np.bincount(labels[groups == p]).argmax() for p in patients])
    chosen: list[int] = []
    for k in np.unique(main):
        order = np.random.default_rng((seed, int(k), 17)).permutation(patients[main == k])
        chosen += order[: max(2, round(fraction * len(order)))].tolist()
    return np.isin(groups, chosen)


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
    run: Path,
    images: ImageSet,
    rows: NDArray[np.int64],
    config: AblationConfig,
    seed: int,
    synthesis: Synthesis | None = None,
) -> Materials:
    """The tasks for these rows of the image set. `synthesis` may put something else in the GAN's place."""
    stored = store_rows(run, images.take(rows))
    training = training_fold.task(rows=stored, intensity=to_plain(config.image.intensity))
    fill = round(config.pool * len(rows)) - len(rows)
    classic = classic_images.task(training=training, n=fill, policy=to_plain(config.classic), seed=seed)
    encoder = fold_encoder.task(training=training, varied=classic, updates=config.encoder_updates, seed=seed)
    shape = (images.images.shape[1], *images.card.size)
    gans = _gans(training, encoder, config.gan, shape, len(images.card.classes), seed)
    most = config.pool if {"gan-only", "real+gan"} & set(config.arms) else 1 + max(config.ratios)
    n = round(most * len(rows))
    made = synthesise.task(training=training, gans=list(gans), n=n, seed=seed, by_view=config.gan.by_view)
    materials = Materials(training, encoder, gans, made, classic, stored)
    if synthesis:
        materials = replace(materials, gans=(), synthetic=synthesis(materials, n, seed))
    return with_more_arms(materials, images.labels[rows], config, seed, synthesis)
