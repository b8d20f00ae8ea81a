"""What a row of the reproduction table is, and what one run of it gets."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Job:
    """One run of a row: its own `folder` (trainings resume there, a picture goes to grid.png), a seed, `quick` (tiny
    budgets, only to see that it works), and `data`, the folder with mnist/, fashion_mnist/ and so on."""

    folder: Path
    seed: int
    quick: bool
    data: Path

    def images(self, n: int) -> int:
        """The budget of a training in images: `n`, or a few hundred in a quick run."""
        return min(n, 640) if self.quick else n


@dataclass(frozen=True)
class Row:
    """A published figure and how ours is measured.

    `source`: citation with year and the table or section of the figure. `data`, `measure`: the local data, and what
    is measured on them. `reported`: the paper's figure, "" where it reports none; `reported_on`: what it was measured
    on. `same_data`: True puts ours beside it, False in another column. `run(job)` gives {"value": float, "text":
    "98.4 %", and plain extras}, and raises ValueError where the data are absent.
    """

    name: str
    system: str
    recipe: str
    source: str
    data: str
    measure: str
    reported: str
    reported_on: str
    same_data: bool
    seeds: tuple[int, ...]
    run: Callable[[Job], dict[str, Any]]
    note: str = ""
