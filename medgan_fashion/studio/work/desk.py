"""A worker's desk: what it has open while it works, and how it says how far it is."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Engine

from medgan_fashion.fashion.design.directions import AttributeReader, train_reader
from medgan_fashion.studio.garments.words import spoken
from medgan_fashion.studio.garments.workshop import Workshop, open_workshop, prepare
from medgan_fashion.studio.runs import Run, find_runs
from medgan_fashion.studio.settings import Settings
from medgan_fashion.studio.store.jobs import Job, report

LOOK = 0.3  # seconds between two looks whether a job is still wanted


class Dropped(Exception):
    """Nobody waits for the job any more."""


@dataclass
class Desk:
    """A worker's desk: settings, database, and the workshops it has open."""

    settings: Settings
    engine: Engine
    _open: dict[str, Workshop] = field(default_factory=dict)
    _readers: dict[tuple[str, str], AttributeReader] = field(default_factory=dict)

    def run(self, name: str) -> Run:
        """The run of that name."""
        found = [run for run in find_runs(self.settings) if run.name == name]
        if not found:
            raise ValueError(f"no run {name} here any more")
        return found[0]

    def workshop(self, name: str) -> Workshop:
        """The workshop of a run, opened once as long as the run does not change."""
        run = self.run(name)
        if name not in self._open or self._open[name].run != run:
            prepare(run, self.settings)
            self._open.clear()  # one at a time: two would not fit everywhere
            self._readers.clear()
            self._open[name] = open_workshop(run, self.settings)
        return self._open[name]

    def tell(self, job: Job, done: float, said: str) -> None:
        """Progress; Dropped where nobody wants to know."""
        if not report(self.engine, job.id, done, said):
            raise Dropped

    def pulse(self, job: Job) -> Callable[[], None]:
        """To be called between the steps of long work: looks now and then, and raises Dropped where nobody waits."""
        looked = time.monotonic()

        def look() -> None:
            nonlocal looked
            if time.monotonic() - looked > LOOK:
                looked = time.monotonic()
                if not report(self.engine, job.id):
                    raise Dropped

        return look

    def reader(self, job: Job, attribute: str) -> AttributeReader:
        """What sees an attribute in pictures, learned once."""
        key = (job.run, attribute)
        if key not in self._readers:
            self.tell(job, 0.1, f"Learning what {spoken(attribute)} looks like")
            self._readers[key] = train_reader(self.workshop(job.run).atelier, attribute, seed=0)
        return self._readers[key]
