"""The plan of a segmentation ablation: every U-Net and GAN as a task, from the folds' rows; runs nothing."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.base.plain import to_plain
from medgan_fashion.gan.recipe.spelling import first_spelling
from medgan_fashion.imaging.prepare.folds import patient_folds
from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.medical.segmentation.config import SYNTHETIC, SegmentationConfig
from medgan_fashion.medical.segmentation.stages import classic_pairs, segment, synthesise_pairs, train_pairs
from medgan_fashion.medical.study.materials import fraction_of_patients
from medgan_fashion.runs.engine.stage import Stored, Task
from medgan_fashion.runs.stages.folds import store_rows, test_fold, training_fold

FEWEST = 6  # test images of a fold


@dataclass(frozen=True)
class PairMaterials:
    """What one training set offers to the arms; `synthetic` by generator, "joint" or "spade"."""

    rows: Stored
    training: Task
    classic: Task
    gans: dict[str, Task]
    synthetic: dict[str, Task]


@dataclass(frozen=True)
class PairSet:
    """A training set: where it stands, and the rows of the image set that it must not have seen."""

    repeat: int
    fold: int
    real_fraction: float
    materials: PairMaterials
    unseen: NDArray[np.int64]
    tested: Task

    @property
    def name(self) -> str:
        """For a person, who counts from 1."""
        return f"{self.real_fraction:.0%} of the patients of fold {self.fold + 1}, repeat {self.repeat + 1}"


@dataclass(frozen=True)
class SegmentCell:
    """One U-Net: where it stands in the design, and its task. `ratio` is 0 in arms without synthetic images."""

    arm: str
    real_fraction: float
    ratio: float
    repeat: int
    fold: int
    segmenter_seed: int
    task: Task


@dataclass
class SegmentationPlan:
    """All tasks, and which rows were tested where: `partitions[repeat]` is each image's fold."""

    cells: list[SegmentCell] = field(default_factory=list)
    sets: list[PairSet] = field(default_factory=list)
    partitions: list[NDArray[np.int64]] = field(default_factory=list)

    @property
    def tasks(self) -> list[Task]:
        """What must be completed; needs are implied."""
        return [cell.task for cell in self.cells]


def _materials(run: Path, images: ImageSet, config: SegmentationConfig, seed: int) -> PairMaterials:
    """The tasks of one training set; `images` holds its rows and no others."""
    n, stored = len(images), store_rows(run, images)
    training = training_fold.task(rows=stored, intensity=to_plain(config.image.intensity))
    policy, most = to_plain(config.classic), round(max(config.ratios) * n)
    classic = classic_pairs.task(training=training, n=round(config.pool * n) - n, policy=policy, seed=seed)
    gans, synthetic = {}, {}
    for name in config.generators:
        chosen = getattr(config, name)
        recipe = first_spelling(chosen.resolved())
        gans[name] = train_pairs.task(training=training, recipe=recipe, images_seen=chosen.images_seen, seed=seed)
        # outlines that no other arm sees: twice as many, because some leave the picture
        outlines = classic_pairs.task(training=training, n=2 * most, policy=policy, seed=seed + 5)
        given = {"outlines": outlines} if name == "spade" else {}
        synthetic[name] = synthesise_pairs.task(training=training, gan=gans[name], n=most, seed=seed, **given)
    return PairMaterials(stored, training, classic, gans, synthetic)


def _cells(part: PairSet, config: SegmentationConfig, seed: int) -> list[SegmentCell]:
    made, materials, segmenter = [], part.materials, to_plain(config.segmenter)
    for arm in config.arms:
        inputs = {} if arm == "real" else {"classic": materials.classic}
        if arm in SYNTHETIC:
            inputs["synthetic"] = materials.synthetic[SYNTHETIC[arm]]
        for ratio in config.ratios if arm in SYNTHETIC else (0.0,):
            for c in range(config.segmenter_seeds):
                task = segment.task(
                    training=materials.training,
                    test=part.tested,
                    arm=arm,
                    pool=config.pool,
                    ratio=ratio,
                    segmenter=segmenter,
                    seed=seed + c,
                    **inputs,
                )
                made.append(SegmentCell(arm, part.real_fraction, ratio, part.repeat, part.fold, c, task))
    return made


def _add_fold(
    plan: SegmentationPlan, run: Path, images: ImageSet, config: SegmentationConfig, repeat: int, fold: int
) -> None:
    folds = plan.partitions[repeat]
    train, test = np.flatnonzero((folds >= 0) & (folds != fold)), np.flatnonzero(folds == fold)
    if len(test) < FEWEST:
        raise ValueError(
            f"fold {fold + 1} of repeat {repeat + 1} tests {len(test)} images; it needs {FEWEST}: use fewer folds or "
            "more cases"
        )
    seed = config.seed * 1_000_000 + repeat * 1_000 + fold * 10
    for fraction in config.real_fractions:
        keep = fraction_of_patients(images.labels[train], images.groups[train], fraction, seed)
        materials = _materials(run, images.take(train[keep]), config, seed)
        tested = test_fold.task(rows=store_rows(run, images.take(test)), training=materials.training)
        part = PairSet(repeat, fold, fraction, materials, np.concatenate([test, train[~keep]]), tested)
        plan.sets.append(part)
        plan.cells += _cells(part, config, seed)


def plan_segmentation(run: Path, images: ImageSet, config: SegmentationConfig) -> SegmentationPlan:
    """Every cell of the design; rows marked external take no part. ValueError for folds that are too small."""
    plan, inside = SegmentationPlan(), np.flatnonzero(~images.external)
    for repeat in range(config.repeats):
        folds = np.full(len(images), -1)
        labels, groups = images.labels[inside], images.groups[inside]
        seed = config.seed + repeat
        names = images.card.classes
        folds[inside] = patient_folds(labels, groups, config.folds, seed, classes=names, fewest_classes=1)
        plan.partitions.append(folds)
        for fold in range(config.folds):
            _add_fold(plan, run, images, config, repeat, fold)
    return plan
