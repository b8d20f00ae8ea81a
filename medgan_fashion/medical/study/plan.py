"""The plan of an ablation: every classifier, GAN and judgement as a task, from the folds' rows; runs nothing."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.base.plain import to_plain
from medgan_fashion.imaging.prepare.folds import patient_folds
from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.medical.config import BALANCED_ARMS, GAN_ARMS, GATED_ARM, AblationConfig
from medgan_fashion.medical.design import Cell, Materials, Plan, Synthesis, TrainingSet
from medgan_fashion.medical.results.screening import screenings
from medgan_fashion.medical.results.views import FEWEST, judge
from medgan_fashion.medical.study.materials import fraction_of_patients, make_materials
from medgan_fashion.medical.study.stages import choose_ratio, classify
from medgan_fashion.runs.engine.stage import Task
from medgan_fashion.runs.stages.folds import store_rows, test_fold


class Planner:
    """Builds a Plan for one image set and configuration. `synthesis` may put something else in the GAN's place."""

    def __init__(self, run: Path, images: ImageSet, config: AblationConfig, synthesis: Synthesis | None = None) -> None:
        self.run, self.images, self.config = run, images, config
        self.synthesis = synthesis
        self.classifier = to_plain(config.classifier)

    def plan(self) -> Plan:
        """Every cell of the design."""
        plan, config = Plan(), self.config
        development = np.flatnonzero(~self.images.external)
        labels, groups = self.images.labels[development], self.images.groups[development]
        for k, name in enumerate(self.images.card.classes):
            if not (labels == k).any():
                raise ValueError(f"class {name} has no development row; leave it out, or mark fewer rows external")
        for repeat in range(config.repeats):
            folds = np.full(len(self.images.labels), -1)
            folds[development] = patient_folds(
                labels, groups, config.folds, config.seed + repeat, classes=self.images.card.classes
            )
            plan.partitions.append(folds)
            for fold in range(config.folds):
                self._fold(
                    plan,
                    repeat,
                    fold,
                    np.flatnonzero((folds >= 0) & (folds != fold)),
                    np.flatnonzero(folds == fold),
                )
        self._screen(plan)
        return plan

    def _screen(self, plan: Plan) -> None:
        for part in plan.training_sets:
            unseen, seed = self._tested(part.materials.training, part.unseen), self._seed(part.repeat, part.fold)
            place = (part.repeat, part.fold, part.purpose)
            grouping = self.images.card.grouping
            plan.privacy += screenings(part.materials, unseen, place, grouping, self.config.privacy, seed)

    def _seed(self, repeat: int, fold: int) -> int:
        return self.config.seed * 1_000_000 + repeat * 1_000 + fold * 10

    def _fold(self, plan: Plan, repeat: int, fold: int, train: NDArray[np.int64], test: NDArray[np.int64]) -> None:
        config, seed = self.config, self._seed(repeat, fold)
        if len(test) < FEWEST or min(np.bincount(self.images.labels[train])) < 2:
            raise ValueError(
                f"fold {fold} of repeat {repeat} tests {len(test)} images; it needs {FEWEST}, and two training images "
                "of every class: use fewer folds or more cases"
            )
        keep = fraction_of_patients(self.images.labels[train], self.images.groups[train], 1 - config.held_back, seed)
        available, held = (train[keep], train[~keep]) if config.held_back else (train, train[:0])
        materials = self._materials(available, seed)
        tested = self._tested(materials.training, test)
        extra: dict[str, Any] = {}
        if len(held):
            extra["held_back"] = self._tested(materials.training, held)
        if self.images.external.any():
            extra["external"] = self._tested(materials.training, np.flatnonzero(self.images.external))
        plan.materials[repeat, fold] = materials
        plan.training_sets.append(TrainingSet("", repeat, fold, materials, np.concatenate([test, held])))
        ratio: float | Task = config.ratio
        if config.choose == "inner":
            ratio = plan.choices[repeat, fold] = self._choice(plan, repeat, fold, available, test)
        for arm in config.arms:
            self._cells(plan, arm, repeat, fold, materials, tested, ratio, extra)
        self._dose(plan, repeat, fold, available, test)
        plan.judgements[repeat, fold] = judge.task(
            training=materials.training,
            test=tested,
            synthetic=materials.synthetic,
            classic=materials.classic,
            encoder=materials.encoder,
            seed=seed,
        )

    def _tested(self, training: Task, rows: NDArray[np.int64]) -> Task:
        return test_fold.task(rows=store_rows(self.run, self.images.take(rows)), training=training)

    def _materials(self, rows: NDArray[np.int64], seed: int) -> Materials:
        return make_materials(self.run, self.images, rows, self.config, seed, self.synthesis)

    def _cells(
        self,
        plan: Plan,
        arm: str,
        repeat: int,
        fold: int,
        materials: Materials,
        tested: Task,
        ratio: float | Task,
        extra: dict[str, Any],
        real_fraction: float = 1.0,
        dose: bool = False,
    ) -> None:
        for c in range(self.config.classifier_seeds):
            task = self._classify(arm, materials, tested, ratio, self._seed(repeat, fold) + c, extra)
            number = self.config.ratio if isinstance(ratio, Task) else ratio
            plan.cells.append(Cell(arm, repeat, fold, c, real_fraction, number, dose, task))

    def _classify(
        self,
        arm: str,
        materials: Materials,
        tested: Task,
        ratio: float | Task,
        seed: int,
        extra: dict[str, Any],
    ) -> Task:
        inputs: dict[str, Any] = {k: v for k, v in extra.items() if k != "held_back" or arm == "real+held-back"}
        if arm not in ("real", "real+oversampled", "real+gan", "gan-only"):
            inputs["classic"] = materials.balanced if arm in BALANCED_ARMS else materials.classic
        if arm in GAN_ARMS:
            inputs["synthetic"] = materials.gated if arm == GATED_ARM else materials.synthetic
        if arm == BALANCED_ARMS[1]:
            inputs["synthetic"] = materials.rare
        return classify.task(
            training=materials.training,
            test=tested,
            arm=arm,
            pool=self.config.pool,
            classifier=self.classifier,
            # an arm without synthetic images is the same whatever the ratio: one task, computed once
            ratio=ratio if arm in GAN_ARMS or arm == "real+held-back" else 0.0,
            seed=seed,
            **inputs,
        )

    def _dose(self, plan: Plan, repeat: int, fold: int, rows: NDArray[np.int64], test: NDArray[np.int64]) -> None:
        """Benefit against amount: every ratio (0 = the comparator) at every fraction of the real patients."""
        config, seed = self.config, self._seed(repeat, fold)
        if not config.dose_ratios:
            return
        for fraction in config.real_fractions:
            keep = fraction_of_patients(self.images.labels[rows], self.images.groups[rows], fraction, seed)
            materials = self._materials(rows[keep] if fraction < 1 else rows, seed)
            if fraction < 1:
                purpose = f"{fraction:.0%} of the patients"
                unseen = np.concatenate([test, rows[~keep]])
                plan.training_sets.append(TrainingSet(purpose, repeat, fold, materials, unseen))
            # a smaller training set has an intensity map of its own; the whole one's is the fold's
            tested_here = self._tested(materials.training, test)
            for ratio in (0.0, *config.dose_ratios):
                arm = config.primary.arm if ratio else config.primary.against
                self._cells(plan, arm, repeat, fold, materials, tested_here, ratio, {}, fraction, True)

    def _choice(self, plan: Plan, repeat: int, fold: int, rows: NDArray[np.int64], test: NDArray[np.int64]) -> Task:
        """An inner grouped hold-out of a third of the patients, with a GAN that never saw them."""
        seed = self._seed(repeat, fold)
        labels, groups = self.images.labels[rows], self.images.groups[rows]
        inner = patient_folds(labels, groups, 3, seed, classes=self.images.card.classes)
        materials = self._materials(rows[inner != 0], seed)
        validation = self._tested(materials.training, rows[inner == 0])
        unseen = np.concatenate([rows[inner == 0], test])
        purpose = "inner choice"
        plan.training_sets.append(TrainingSet(purpose, repeat, fold, materials, unseen))
        scored = [
            self._classify(self.config.primary.arm, materials, validation, ratio, seed + c, {})
            for ratio in self.config.dose_ratios
            for c in range(self.config.classifier_seeds)
        ]
        return choose_ratio.task(
            validation=validation,
            ratios=list(self.config.dose_ratios),
            scored=scored,
            metric=self.config.primary.metric,
        )
