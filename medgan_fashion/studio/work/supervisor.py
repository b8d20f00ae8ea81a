"""Keeps the background workers alive for as long as the application runs."""

import logging
import os
import subprocess
import sys
import threading
import time

from medgan_fashion.studio.settings import Settings
from medgan_fashion.studio.store.jobs import LANES

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
