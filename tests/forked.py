"""A process of its own that need not import torch again: a fork of this one."""

import os
import signal
import time
import traceback
import warnings
from collections.abc import Callable


def forked(work: Callable[[], object]) -> int:
    """Does `work` in a fork of this process, which ends with 0, or with 1 where it raises; answers its number.

    Fit for what uses one thread: other threads of this process do not live on in a fork.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # pytest's workers have a thread that only reads
        child = os.fork()
    if child:
        return child
    code = 1
    try:
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)  # nothing of pytest's is to be ended twice


def exit_code(child: int, patience: float = 120.0) -> int:
    """Waits until the child ends; what it ended with, or minus the signal that killed it: one who stays for longer
    than those seconds is killed."""
    deadline = time.monotonic() + patience
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.02)
