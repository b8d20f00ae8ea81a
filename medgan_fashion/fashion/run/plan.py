"""The tasks of a run of garments, by what they give."""

from dataclasses import dataclass

from medgan_fashion.fashion.run.stages_design import Asked
from medgan_fashion.runs.engine.stage import Stored, Task


@dataclass(frozen=True)
class Plan:
    """The tasks of a run. `designs` by eta, for the judged customers; `shown` for those whose pictures are shown."""

    catalogue: Stored
    shelf: Stored
    history: Stored
    split: list[Stored]
    encoder: Task
    models: dict[str, Task]
    ensemble: list[Task]
    held_out: list[Task]
    gan: Task
    latent_encoder: Task
    gan_figures: Task
    ranking: Task
    newcomers: Task | None
    judged: Asked
    designs: dict[float, Task]
    controls: Task
    shown_for: Asked
    shown: Task
    limits: Task
    planted: Task
    restyled: Task

    @property
    def tasks(self) -> list[Task]:
        """All that has to be completed."""
        ends = [self.gan_figures, self.ranking, *self.designs.values(), self.controls, self.shown]
        ends += [self.limits, self.planted, self.restyled]
        return ends if self.newcomers is None else [*ends, self.newcomers]
