"""The plan of a study: partitions, training sets, learners, screenings as tasks, whatever is learned; runs nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.imaging.prepare.folds import patient_folds
from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.medical.config import StudyConfig
from medgan_fashion.medical.design import Cell, Generator, Materials, Place, Plan, TrainingSet, cell_seed
from medgan_fashion.medical.results.screening import screenings
from medgan_fashion.runs.engine.stage import Task
from medgan_fashion.runs.stages.copies import near_copies
from medgan_fashion.runs.stages.folds import store_rows, test_fold, training_fold

FEWEST = 6  # test images of a fold: what the image figures need


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


def with_copies(
    training: Task, gans: tuple[Task, ...], synthetic: Task, seed: int, name: str = "", by_class: bool = False
) -> Generator:
    """A generator whose images are searched for copies of the training rows; `by_class`: of their own class."""
    copies = near_copies.task(training=training, synthetic=synthetic, by_class=by_class, seed=seed)
    return Generator(gans, synthetic, copies, name)


class StudyTask(Protocol):
    """What one learning task (classify, segment) adds to the study that is the same for all of them."""

    learners: str  # in words: "classifiers"
    fewest_classes: int  # that the cases must have

    def add_fold(self, planner: "Planner", place: Place) -> None:
        """Plans the training sets and learners of a fold. ValueError for cases that do not suffice."""
        ...

    def recipe(self, generator: str) -> str:
        """The GAN's row in the table of recipes."""
        ...

    def seconds(self, images: ImageSet) -> tuple[dict[str, float], float]:
        """What a GAN of each generator and a learner take on this machine, measured."""
        ...

    def results(self, run: Path, images: ImageSet, plan: Plan) -> dict[str, Any]:
        """The task's own part of the summary, the verdict among it."""
        ...

    def pictures(self, run: Path, images: ImageSet, plan: Plan) -> dict[str, dict[str, NDArray[Any]]]:
        """The task's own arrays of the report, by the name of their file."""
        ...


class Planner:
    """Builds a Plan for one image set and configuration; a learning task fills each fold."""

    def __init__(self, run: Path, images: ImageSet, config: StudyConfig, task: StudyTask) -> None:
        self.run, self.images, self.config, self.task, self.plan = run, images, config, task, Plan()

    def build(self) -> Plan:
        """Every cell of the design; rows marked external train nothing. ValueError for folds that are too small."""
        inside, classes = np.flatnonzero(~self.images.external), self.images.card.classes
        labels, groups = self.images.labels[inside], self.images.groups[inside]
        for k, name in enumerate(classes):
            if self.task.fewest_classes > 1 and not (labels == k).any():
                raise ValueError(f"class {name} has no development row; leave it out, or mark fewer rows external")
        for repeat in range(self.config.repeats):
            folds, seed = np.full(len(self.images), -1), self.config.seed + repeat
            fewest = self.task.fewest_classes
            folds[inside] = patient_folds(
                labels, groups, self.config.folds, seed, classes=classes, fewest_classes=fewest
            )
            self.plan.partitions.append(folds)
            for fold in range(self.config.folds):
                self._add_fold(repeat, fold, folds)
        return self.plan

    def _add_fold(self, repeat: int, fold: int, folds: NDArray[np.int64]) -> None:
        train, test = np.flatnonzero((folds >= 0) & (folds != fold)), np.flatnonzero(folds == fold)
        if len(test) < FEWEST:
            raise ValueError(
                f"fold {fold + 1} of repeat {repeat + 1} tests {len(test)} images; it needs {FEWEST}: use fewer folds "
                "or more cases"
            )
        seed = cell_seed(self.config.seed, repeat, fold)
        self.task.add_fold(self, Place(repeat, fold, seed, train, test))

    def share(self, rows: NDArray[np.int64], fraction: float, seed: int) -> NDArray[np.int64]:
        """The rows of a share of their patients."""
        if fraction == 1:
            return rows
        return rows[fraction_of_patients(self.images.labels[rows], self.images.groups[rows], fraction, seed)]

    def begin(self, rows: NDArray[np.int64]) -> tuple[ImageSet, Task]:
        """These rows as images, and the task of the training fold that they are stored for."""
        images = self.images.take(rows)
        stored = store_rows(self.run, images)
        return images, training_fold.task(rows=stored, intensity=self.config.image.intensity)

    def tested(self, training: Task, rows: NDArray[np.int64]) -> Task:
        """Other rows, scaled as the training fold is."""
        return test_fold.task(rows=store_rows(self.run, self.images.take(rows)), training=training)

    def add_set(
        self, place: Place, materials: Materials, rows: NDArray[np.int64], purpose: str = "", fraction: float = 1.0
    ) -> TrainingSet:
        """Notes what was trained on `rows` of a place, and plans the screening of its GANs against all others."""
        unseen = np.concatenate([place.test, np.setdiff1d(place.train, rows)])
        part = TrainingSet(purpose, place.repeat, place.fold, fraction, materials, unseen)
        self.plan.training_sets.append(part)
        grouping, rules = self.images.card.grouping, self.config.privacy
        self.plan.privacy += screenings(part, self.tested(materials.training, unseen), grouping, rules, place.seed)
        return part

    def add_cells(
        self,
        place: Place,
        arm: str,
        ratio: float,
        make: Callable[[int], Task],
        *,
        fraction: float = 1.0,
        dose: bool = False,
    ) -> None:
        """A learner of an arm for each seed; `make` gives the task of a seed."""
        for c in range(self.config.learner_seeds):
            task = make(cell_seed(self.config.seed, place.repeat, place.fold, c))
            self.plan.cells.append(Cell(arm, place.repeat, place.fold, c, fraction, ratio, dose, task))
