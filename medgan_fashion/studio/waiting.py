"""Waiting: background workers kept alive, a progress bar until something is there, the studio's own samples."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import streamlit as st

from medgan_fashion.studio.runs import RUN as SAMPLES
from medgan_fashion.studio.runs import Run, find_runs, missing
from medgan_fashion.studio.settings import Settings, read_settings
from medgan_fashion.studio.store.jobs import LANES, Job, newest, submit
from medgan_fashion.studio.widgets import Visit, database, doing, guarded, plain

# ---------------------------------------------------------------------------------------------------------------------
# Keeps the background workers alive for as long as the application runs.


LOG = logging.getLogger("medgan_fashion.studio")
AGAIN = 2.0  # seconds before a worker that died is started again


def _start(lane: str, settings: Settings) -> "subprocess.Popen[bytes]":
    settings.folder.mkdir(parents=True, exist_ok=True)
    environment = os.environ | settings.environment() | {"OMP_WAIT_POLICY": "PASSIVE"}
    command = [sys.executable, "-m", "medgan_fashion.studio.work.worker", lane, str(os.getpid())]
    with (settings.folder / f"{lane}.log").open("ab") as log:
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log)


def _watch(lane: str, settings: Settings) -> None:
    while True:
        code = _start(lane, settings).wait()
        LOG.warning("the worker of lane %s ended with %s and is started again", lane, code)
        time.sleep(AGAIN)


def start_workers(settings: Settings) -> None:
    """One process for each lane, started again whenever it ends; they leave with this process."""
    for lane in LANES if not settings.runs else LANES[:1]:
        threading.Thread(target=_watch, args=(lane, settings), daemon=True, name=f"studio-{lane}").start()


LOOK_AGAIN = 1.0  # seconds between two looks at a job
DRAW_AGAIN = 2.0  # seconds between two drawings of what a job brings


@st.cache_resource(show_spinner=False)
def _workers(settings: Settings) -> bool:
    start_workers(settings)
    return True


def job_line(job: Job | None) -> None:
    """What is said of a job that is still open, or has failed."""
    if job is None:
        return
    if job.open:
        st.progress(min(job.done, 1.0), text=plain(job.said or "In the queue"))
    elif job.state == "failed":
        st.warning(plain(job.said), icon=":material/warning:")


@st.fragment(run_every=LOOK_AGAIN)
@guarded
def wait_for(kind: str, run: str, lane: str, over: Callable[[], bool]) -> None:
    """A progress bar until that is over; then the page is drawn anew."""
    engine = database(read_settings().url)
    job = newest(engine, kind, run)
    if over():
        st.rerun(scope="app")
    if job is not None and job.state == "failed":
        st.error(plain(job.said))
        again = doing(submit, engine, kind, run, {}, lane=lane)
        st.button("Try again", key=f"again-{kind}", on_click=again)
        return
    said = "Getting ready" if job is None or not job.said else job.said
    st.progress(0.0 if job is None else min(job.done, 1.0), text=plain(said))


def _finished(visit: Visit, kind: str) -> list[Run]:
    return [run for run in find_runs(visit.settings) if run.kind == kind]


def ready(visit: Visit, kind: str, what: str) -> bool:
    """Whether there is a run of that kind to show; where the studio's own sample is still being made, says how far."""
    _workers(visit.settings)
    if not visit.settings.runs and missing(visit.settings.folder):
        job = newest(visit.engine, "samples", SAMPLES)
        if job is None or job.state == "done":
            submit(visit.engine, "samples", SAMPLES, {}, lane="training")
        if not visit.of(kind):
            st.info(
                f"There is no {what} yet, so we are making a sample. It takes some minutes, once; you can leave this "
                "page and come back.",
                icon=":material/hourglass_top:",
            )
            wait_for("samples", SAMPLES, "training", lambda: bool(_finished(visit, kind)))
            return False
    return True
