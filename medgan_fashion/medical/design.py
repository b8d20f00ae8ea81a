"""What a study is made of: training sets, learners, screenings, and all of them together; runs nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.runs.engine.stage import Stored, Task


def cell_seed(study: int, repeat: int, fold: int, learner: int = 0) -> int:
    """The seed of a place in the design, another one for each: `study` below a million, 1000 repeats, 100 folds, any
    number of learners. Keys are made of it, so the first ten learners have the numbers that they always had."""
    return study * 1_000_000 + repeat * 1_000 + fold * 10 + learner % 10 + learner // 10 * 10**12


OTHER_DRAW = 500_000_000  # added to a seed: candidates and rare images are drawn apart from the fold's own set


@dataclass(frozen=True)
class Generator:
    """What makes synthetic images: its GANs (none where something else stands in their place; one for each class or one
    for all), the images, and which training rows these might be copies of. `name` tells generators of a study apart."""

    gans: tuple[Task, ...]
    synthetic: Task
    copies: Task
    name: str = ""


@dataclass(frozen=True)
class Materials:
    """The tasks of one training set; `rows` are exactly the rows that all of them may see."""

    rows: Stored
    training: Task
    encoder: Task | None
    classic: Task
    generators: tuple[Generator, ...] = ()
    gated: Task | None = None
    balanced: Task | None = None
    rare: Task | None = None

    def of(self, generator: str = "") -> Generator:
        """The generator of this name."""
        return next(one for one in self.generators if one.name == generator)

    @property
    def drawn(self) -> list[Task]:
        """Every set of synthetic images."""
        more = (task for task in (self.gated, self.rare) if task is not None)
        return [*(one.synthetic for one in self.generators), *more]


# (materials without synthetic images of their own, number of images, seed) -> the task that makes them
Synthesis = Callable[[Materials, int, int], Task]


@dataclass(frozen=True)
class Place:
    """A fold of a repeat: its seed, and the rows of the image set that train and test there."""

    repeat: int
    fold: int
    seed: int
    train: NDArray[np.int64]
    test: NDArray[np.int64]


@dataclass(frozen=True)
class TrainingSet:
    """Something that was trained, and the rows of the image set that it must not have seen.

    `purpose` is empty for a fold's own training set; `real_fraction` is the share of the patients that it holds.
    """

    purpose: str
    repeat: int
    fold: int
    real_fraction: float
    materials: Materials
    unseen: NDArray[np.int64]

    @property
    def name(self) -> str:
        """For a person, who counts from 1."""
        place = f"fold {self.fold + 1}, repeat {self.repeat + 1}"
        return f"{self.purpose} of {place}" if self.purpose else place

    def gan_name(self, generator: Generator, gan: Task | None) -> str:
        """A GAN of the set in words: which generator's, what for, of which class."""
        label = gan.inputs.get("label") if gan else None
        words = [f"{generator.name} GAN".strip(), self.purpose, "" if label is None else f"class {label}"]
        return ", ".join(filter(None, words))


@dataclass(frozen=True)
class Cell:
    """One learner (a classifier, a U-Net): where it stands in the design, and its task. `ratio`: synthetic images per
    real one; `dose`: it belongs to the figure of benefit against amount alone."""

    arm: str
    repeat: int
    fold: int
    learner: int
    real_fraction: float
    ratio: float
    dose: bool
    task: Task


@dataclass(frozen=True)
class Screening:
    """One screening of the plan: which GAN of which training set, in words, and its task."""

    name: str
    part: TrainingSet
    generator: str
    task: Task


@dataclass
class Plan:
    """All tasks, and which rows were tested where: `partitions[repeat]` is each image's fold, -1 where it has none."""

    cells: list[Cell] = field(default_factory=list)
    partitions: list[NDArray[np.int64]] = field(default_factory=list)
    training_sets: list[TrainingSet] = field(default_factory=list)
    privacy: list[Screening] = field(default_factory=list)
    judgements: dict[tuple[int, int], Task] = field(default_factory=dict)
    choices: dict[tuple[int, int], Task] = field(default_factory=dict)

    @property
    def tasks(self) -> list[Task]:
        """What must be completed; needs are implied."""
        screened = [one.task for one in self.privacy]
        return [cell.task for cell in self.cells] + list(self.judgements.values()) + screened

    @property
    def whole(self) -> list[TrainingSet]:
        """Each fold's own training set."""
        return [part for part in self.training_sets if not part.purpose]
