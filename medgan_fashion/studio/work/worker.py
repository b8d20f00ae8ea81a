"""The background process: does one lane's jobs, one round at a time, for as long as its parent lives."""

import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from medgan_fashion.runs.engine.stage import claim
from medgan_fashion.studio.garments.workshop import is_prepared
from medgan_fashion.studio.runs import RUN, find_runs
from medgan_fashion.studio.settings import read_settings
from medgan_fashion.studio.store.database import open_database
from medgan_fashion.studio.store.jobs import LANES, Job, fail, report, rescue, take
from medgan_fashion.studio.work.work import WORK, Desk, Dropped, warm_up

LOG = logging.getLogger("medgan_fashion.studio.work.worker")
PAUSE, HEARTBEAT = 0.25, 3.0  # seconds
POLITE = 10  # who clicks goes before who searches


@contextmanager
def _heartbeat(desk: Desk, job: Job) -> Iterator[None]:
    """Says every few seconds that the job is being worked on."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(HEARTBEAT):
            try:
                report(desk.engine, job.id)
            except DBAPIError:
                LOG.warning("the database did not take a heartbeat of job %s", job.id)

    threading.Thread(target=beat, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def work_once(desk: Desk, lane: str) -> bool:
    """Takes and does one round of one job; False where there is none. Whatever goes wrong stays with that job."""
    rescue(desk.engine, lane)
    job = take(desk.engine, lane, [RUN, *(run.name for run in find_runs(desk.settings))])
    if job is None:
        return False
    try:
        with _heartbeat(desk, job):
            WORK[job.kind](desk, job)
    except Dropped:
        LOG.info("job %s (%s) is not wanted any more", job.id, job.kind)
    except ValueError as error:
        LOG.warning("job %s (%s): %s", job.id, job.kind, error, exc_info=True)
        fail(desk.engine, job.id, f"That did not work: {error}")
    except Exception:
        LOG.exception("job %s (%s)", job.id, job.kind)
        fail(desk.engine, job.id, f"Something went wrong on our side (incident {job.id}). Please try again.")
    return True


def _leave_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)  # what it was doing stands in the database, and is taken up by the next one


def main(lane: str, parent: int) -> None:
    """Works until the parent (its process number) is gone; one worker for a lane and a home."""
    import torch

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()
    torch.set_num_threads(1)
    os.nice(POLITE)
    settings = read_settings()
    settings.folder.mkdir(parents=True, exist_ok=True)
    desk = Desk(settings, open_database(settings.url))
    if lane == LANES[0]:
        for run in [run for run in find_runs(settings) if run.kind == "garments" and is_prepared(run, settings)][:1]:
            warm_up(desk, run.name)
    while True:
        with claim(settings.folder / f".{lane}.worker") as mine:  # held by another worker: wait, and step in for it
            while mine:
                try:
                    if not work_once(desk, lane):
                        time.sleep(PAUSE)
                except DBAPIError:
                    LOG.exception("the database does not answer; trying again")
                    time.sleep(2.0)
        time.sleep(1.0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
