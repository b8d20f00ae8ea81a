"""Segmentation as a study's learning task: a share of the real images x an amount of synthetic ones, with masks."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.gan.recipe.spelling import first_spelling
from medgan_fashion.gan.training.cost import seconds_per_step
from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.medical.arms.gate import gated_images
from medgan_fashion.medical.config import GATED_ARM
from medgan_fashion.medical.design import OTHER_DRAW, Generator, Materials, Place, Plan
from medgan_fashion.medical.learners import train_and_segment
from medgan_fashion.medical.planner import Planner, with_copies
from medgan_fashion.medical.segmentation.config import SegmentationConfig
from medgan_fashion.medical.segmentation.results import SegmentationScores, pictures
from medgan_fashion.medical.segmentation.stages import (
    classic_pairs,
    pair_encoder,
    segment,
    synthesise_pairs,
    train_pairs,
)
from medgan_fashion.medical.timing import noise, training_seconds
from medgan_fashion.runs.engine.stage import Task
from medgan_fashion.runs.stages.copies import near_copies

OUTLINES = 5  # added to a seed: masks to paint over that no other arm sees


class Segmentation:
    """The grid: every arm at every share of the patients and every amount of synthetic pairs."""

    learners, fewest_classes = "U-Nets", 1

    def __init__(self, config: SegmentationConfig) -> None:
        self.config = config

    def recipe(self, generator: str) -> str:
        """The GAN's row in the table of recipes."""
        return getattr(self.config, generator).recipe

    def add_fold(self, planner: Planner, place: Place) -> None:
        """A training set, and all arms on it, for each share of the patients."""
        for fraction in self.config.real_fractions:
            rows = planner.share(place.train, fraction, place.seed)
            materials = self._materials(planner, rows, place.seed)
            purpose = "" if fraction == 1 else f"{fraction:.0%} of the patients"
            planner.add_set(place, materials, rows, purpose, fraction)
            tested = planner.tested(materials.training, place.test)
            for arm in self.config.arms:
                self._add_arm(planner, place, arm, materials, tested, fraction)

    def _materials(self, planner: Planner, rows: NDArray[np.int64], seed: int) -> Materials:
        """The tasks of one training set."""
        config, (_, training), n = self.config, planner.begin(rows), len(rows)
        most, fill = round(max(config.ratios) * n), round(config.pool * n) - n
        classic = classic_pairs.task(training=training, n=fill, policy=config.classic, seed=seed)
        generators = tuple(self._generator(training, name, most, seed) for name in config.generators)
        gated, encoder = None, None
        if GATED_ARM in config.arms:
            encoder = pair_encoder.task(training=training, updates=config.encoder_updates, seed=seed)
            mine = next(one for one in generators if one.name == config.gated)
            gated = self._gated(training, encoder, mine, most, seed)
        return Materials(training.inputs["rows"], training, encoder, classic, generators, gated)

    def _drawn(self, training: Task, name: str, gan: Task, n: int, seed: int) -> Task:
        """n pairs; a painter's outlines are twice as many, because some leave the picture."""
        given = {}
        if name == "spade":
            policy, other = self.config.classic, seed + OUTLINES
            given = {"outlines": classic_pairs.task(training=training, n=2 * n, policy=policy, seed=other)}
        return synthesise_pairs.task(training=training, gan=gan, n=n, seed=seed, **given)

    def _generator(self, training: Task, name: str, n: int, seed: int) -> Generator:
        chosen = getattr(self.config, name)
        recipe = first_spelling(chosen.resolved())
        gan = train_pairs.task(training=training, recipe=recipe, images_seen=chosen.images_seen, seed=seed)
        return with_copies(training, (gan,), self._drawn(training, name, gan, n, seed), seed, name)

    def _gated(self, training: Task, encoder: Task, generator: Generator, n: int, seed: int) -> Task:
        drawn = round(self.config.gate.candidates * n)
        candidates = self._drawn(training, generator.name, generator.gans[0], drawn, seed + OTHER_DRAW)
        return gated_images.task(
            training=training,
            candidates=candidates,
            copies=near_copies.task(training=training, synthetic=candidates, by_class=False, seed=seed),
            encoder=encoder,
            n=n,
            gate_config=self.config.gate,
            seed=seed,
        )

    def _add_arm(
        self, planner: Planner, place: Place, arm: str, materials: Materials, tested: Task, fraction: float
    ) -> None:
        config = self.config
        inputs: dict[str, Any] = {} if arm == "real" else {"classic": materials.classic}
        if generator := config.generator(arm):
            inputs["synthetic"] = materials.gated if arm == GATED_ARM else materials.of(generator).synthetic
        for ratio in config.ratios if generator else (0.0,):

            def task(seed: int, ratio: float = ratio) -> Task:
                return segment.task(
                    training=materials.training,
                    test=tested,
                    arm=arm,
                    pool=config.pool,
                    ratio=ratio,
                    segmenter=config.segmenter,
                    seed=seed,
                    **inputs,
                )

            planner.add_cells(place, arm, ratio, task, fraction=fraction)

    def seconds(self, images: ImageSet) -> tuple[dict[str, float], float]:
        """What a GAN of each generator and a U-Net take on this machine, measured."""
        config, shape = self.config, (images.images.shape[1] + 1, *self.config.image.size)
        views = noise(shape)

        def run(updates: int) -> None:
            short = replace(config.segmenter, updates=updates)
            train_and_segment(views[:, :-1], views[:, -1:], None, views[:2, :-1], short, 0)

        made = {name: getattr(config, name) for name in config.generators}
        gans = {name: training_seconds(one.resolved(), shape, 1, one.images_seen) for name, one in made.items()}
        return gans, seconds_per_step(run) * config.segmenter.updates

    def results(self, run: Path, images: ImageSet, plan: Plan) -> dict[str, Any]:
        """The verdict and the grid."""
        scores = SegmentationScores(run, images, self.config, plan)
        return {"chain": self.config.chain, "verdict": scores.verdict(), "cells": scores.cells()}

    def pictures(self, run: Path, images: ImageSet, plan: Plan) -> dict[str, dict[str, NDArray[Any]]]:
        """Reals, pairs and unseen images with their outlines."""
        return {"pictures.npz": pictures(SegmentationScores(run, images, self.config, plan))}
