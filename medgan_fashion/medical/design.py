"""What a plan is made of: training sets, classifiers, screenings, and all of them together; runs nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.runs.engine.stage import Stored, Task


@dataclass(frozen=True)
class Screening:
    """One screening of the plan: which GAN of which training set, in words, and its task."""

    name: str
    repeat: int
    fold: int
    whole: bool  # of a fold's whole training set: its pictures stand in the report
    task: Task


@dataclass(frozen=True)
class Materials:
    """The tasks of one training set; `rows` are exactly the rows that all of them may see."""

    training: Task
    encoder: Task
    gans: tuple[Task, ...]
    synthetic: Task
    classic: Task
    rows: Stored
    gated: Task | None = None
    balanced: Task | None = None
    rare: Task | None = None


# (materials without synthetic images of their own, number of images, seed) -> the task that makes them
Synthesis = Callable[[Materials, int, int], Task]


@dataclass(frozen=True)
class TrainingSet:
    """Something that was trained, and the rows of the image set that it must not have seen.

    `purpose` is empty for a fold's own training set.
    """

    purpose: str
    repeat: int
    fold: int
    materials: Materials
    unseen: NDArray[np.int64]

    @property
    def name(self) -> str:
        """For a person, who counts from 1."""
        place = f"fold {self.fold + 1}, repeat {self.repeat + 1}"
        return f"{self.purpose} of {place}" if self.purpose else place


@dataclass(frozen=True)
class Cell:
    """One classifier: where it stands in the design, and its task."""

    arm: str
    repeat: int
    fold: int
    classifier_seed: int
    real_fraction: float
    ratio: float
    dose: bool
    task: Task


@dataclass
class Plan:
    """All tasks, and which rows were tested where: `test_rows[repeat][fold]` indexes the image set."""

    cells: list[Cell] = field(default_factory=list)
    judgements: dict[tuple[int, int], Task] = field(default_factory=dict)
    materials: dict[tuple[int, int], Materials] = field(default_factory=dict)
    partitions: list[NDArray[np.int64]] = field(default_factory=list)
    choices: dict[tuple[int, int], Task] = field(default_factory=dict)
    training_sets: list[TrainingSet] = field(default_factory=list)
    privacy: list[Screening] = field(default_factory=list)

    @property
    def tasks(self) -> list[Task]:
        """What must be completed; needs are implied."""
        screened = [one.task for one in self.privacy]
        return [cell.task for cell in self.cells] + list(self.judgements.values()) + screened
