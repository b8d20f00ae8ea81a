"""Classification as a study's learning task: which classifiers a fold trains, and what they came to."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.gan.training.cost import seconds_per_step
from medgan_fashion.imaging.prepare.folds import patient_folds
from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.medical.classification.materials import gan_recipe, make_materials
from medgan_fashion.medical.classification.stages import choose_ratio, classify
from medgan_fashion.medical.config import BALANCED_ARMS, GAN_ARMS, GATED_ARM, AblationConfig
from medgan_fashion.medical.design import Materials, Place, Plan, Synthesis, cell_seed
from medgan_fashion.medical.learners import train_and_score
from medgan_fashion.medical.planner import Planner
from medgan_fashion.medical.results.external import external_section
from medgan_fashion.medical.results.findings import judgements
from medgan_fashion.medical.results.own_scores import dose, own_comparisons, pools
from medgan_fashion.medical.results.views import judge
from medgan_fashion.medical.timing import noise, training_seconds
from medgan_fashion.runs.engine.stage import Task


class Classification:
    """Arms of classifiers, the figure of benefit against amount, and the inner choice of a ratio. `synthesis` may put
    something else in the GAN's place, as the planted tests do."""

    learners, fewest_classes = "classifiers", 2

    def __init__(self, config: AblationConfig, synthesis: Synthesis | None = None) -> None:
        self.config, self.synthesis = config, synthesis

    def recipe(self, generator: str) -> str:
        """The GAN's row in the table of recipes."""
        return self.config.gan.recipe

    def add_fold(self, planner: Planner, place: Place) -> None:
        """The arms on the fold's own training set, and what is trained on parts of it."""
        config, images = self.config, planner.images
        if min(np.bincount(images.labels[place.train], minlength=len(images.card.classes))) < 2:
            raise ValueError(
                f"fold {place.fold + 1} of repeat {place.repeat + 1} has a class with fewer than two training images: "
                "use fewer folds or more cases"
            )
        rows = planner.share(place.train, 1 - config.held_back, place.seed)
        materials = make_materials(planner, rows, config, place.seed, self.synthesis)
        planner.add_set(place, materials, rows)
        tested = planner.tested(materials.training, place.test)
        ratio: float | Task = config.ratio
        if config.choose == "inner":
            ratio = self._choice(planner, place, rows)
        extra = self._extra(planner, place, rows, materials)
        for arm in config.arms:
            self._add_arm(planner, place, arm, materials, tested, ratio, extra)
        self._dose(planner, place, rows)
        planner.plan.judgements[place.repeat, place.fold] = judge.task(
            training=materials.training,
            test=tested,
            synthetic=materials.of().synthetic,
            copies=materials.of().copies,
            classic=materials.classic,
            encoder=materials.encoder,
            seed=place.seed,
        )

    def _extra(self, planner: Planner, place: Place, rows: NDArray[np.int64], materials: Materials) -> dict[str, Task]:
        """Held-back reals and the external cohort, where there are any."""
        held, outside = np.setdiff1d(place.train, rows), np.flatnonzero(planner.images.external)
        found = {"held_back": held, "external": outside}
        return {name: planner.tested(materials.training, at) for name, at in found.items() if len(at)}

    def _add_arm(
        self,
        planner: Planner,
        place: Place,
        arm: str,
        materials: Materials,
        tested: Task,
        ratio: float | Task,
        extra: dict[str, Task],
        **where: Any,
    ) -> None:
        number = self.config.ratio if isinstance(ratio, Task) else ratio
        planner.add_cells(
            place, arm, number, lambda seed: self._classify(arm, materials, tested, ratio, seed, extra), **where
        )

    def _classify(
        self,
        arm: str,
        materials: Materials,
        tested: Task,
        ratio: float | Task,
        seed: int,
        extra: dict[str, Task],
    ) -> Task:
        inputs: dict[str, Any] = {k: v for k, v in extra.items() if k != "held_back" or arm == "real+held-back"}
        if arm not in ("real", "real+oversampled", "real+gan", "gan-only"):
            inputs["classic"] = materials.balanced if arm in BALANCED_ARMS else materials.classic
        if arm in GAN_ARMS:
            inputs["synthetic"] = materials.gated if arm == GATED_ARM else materials.of().synthetic
        if arm == BALANCED_ARMS[1]:
            inputs["synthetic"] = materials.rare
        return classify.task(
            training=materials.training,
            test=tested,
            arm=arm,
            pool=self.config.pool,
            classifier=self.config.classifier,
            # an arm without synthetic images is the same whatever the ratio: one task, computed once
            ratio=ratio if arm in GAN_ARMS or arm == "real+held-back" else 0.0,
            seed=seed,
            **inputs,
        )

    def _dose(self, planner: Planner, place: Place, rows: NDArray[np.int64]) -> None:
        """Benefit against amount: every ratio (0 = the comparator) at every fraction of the real patients."""
        config, seed = self.config, place.seed
        for fraction in config.real_fractions if config.dose_ratios else ():
            mine = planner.share(rows, fraction, seed)
            materials = make_materials(planner, mine, config, seed, self.synthesis)
            if fraction < 1:
                planner.add_set(place, materials, mine, f"{fraction:.0%} of the patients", fraction)
            # a smaller training set has an intensity map of its own; the whole one's is the fold's
            tested = planner.tested(materials.training, place.test)
            for ratio in (0.0, *config.dose_ratios):
                arm = config.primary.arm if ratio else config.primary.against
                self._add_arm(planner, place, arm, materials, tested, ratio, {}, fraction=fraction, dose=True)

    def _choice(self, planner: Planner, place: Place, rows: NDArray[np.int64]) -> Task:
        """An inner grouped hold-out of a third of the patients, with a GAN that never saw them."""
        config, images, seed = self.config, planner.images, place.seed
        inner = patient_folds(images.labels[rows], images.groups[rows], 3, seed, classes=images.card.classes)
        materials = make_materials(planner, rows[inner != 0], config, seed, self.synthesis)
        validation = planner.tested(materials.training, rows[inner == 0])
        planner.add_set(place, materials, rows[inner != 0], "inner choice")
        scored = [
            self._classify(
                config.primary.arm,
                materials,
                validation,
                ratio,
                cell_seed(config.seed, place.repeat, place.fold, c),
                {},
            )
            for ratio in config.dose_ratios
            for c in range(config.classifier_seeds)
        ]
        task = choose_ratio.task(
            validation=validation, ratios=list(config.dose_ratios), scored=scored, metric=config.primary.metric
        )
        planner.plan.choices[place.repeat, place.fold] = task
        return task

    def seconds(self, images: ImageSet) -> tuple[dict[str, float], float]:
        """What a GAN and a classifier take on this machine, measured."""
        config, shape, n_classes = self.config, (images.images.shape[1], *images.card.size), len(images.card.classes)
        views, labels = noise(shape), np.arange(64) % n_classes

        def run(updates: int) -> None:
            train_and_score(views, labels, None, views[:2], n_classes, replace(config.classifier, updates=updates), 0)

        gan = training_seconds(gan_recipe(config.gan, shape), shape, n_classes, config.gan.images_seen)
        return {"": gan}, seconds_per_step(run) * config.classifier.updates

    def results(self, run: Path, images: ImageSet, plan: Plan) -> dict[str, Any]:
        """Verdict, arms, doses, image figures, secondary tests and calibration."""
        made = own_comparisons(run, images, self.config, plan)
        return {
            "verdict": made.verdict(),
            "arms": made.arms(pools(run, plan, self.config.arms), self.config.classifier.updates),
            "dose": dose(run, images, plan, made),
            "judge": judgements(plan, run),
            "tests": made.tests(),
            "calibration": made.calibration(),
            "external": external_section(run, images, plan, self.config),
        }

    def pictures(self, run: Path, images: ImageSet, plan: Plan) -> dict[str, dict[str, NDArray[Any]]]:
        """The sample grids and neighbour galleries of the first repeat, fold by fold."""
        samples: dict[str, NDArray[Any]] = {}
        for (repeat, fold), task in plan.judgements.items():
            if repeat == 0:
                with np.load(task.folder(run) / "samples.npz") as arrays:
                    samples |= {f"f{fold}_{key}": arrays[key] for key in arrays.files}
        return {"samples.npz": samples}
