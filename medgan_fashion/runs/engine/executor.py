"""Workers: any number of processes, on any machines that see the run folder, share one list of tasks."""

import multiprocessing
import os
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from medgan_fashion.runs.engine.stage import Task, attempt

Report = Callable[[int, int], None]


def in_order(tasks: Sequence[Task]) -> list[Task]:
    """The tasks and all they need, each once, needs first."""
    ordered: dict[str, Task] = {}

    def visit(task: Task) -> None:
        if task.key not in ordered:
            for need in task.needs():
                visit(need)
            ordered[task.key] = task

    for task in tasks:
        visit(task)
    return list(ordered.values())


def most_needed_first(tasks: Sequence[Task]) -> list[Task]:
    """Ordered tasks by how many others wait for them, directly or through others: a GAN that fourteen classifiers
    need must not be what one worker starts when all others are done."""
    waiting: dict[str, set[str]] = {task.key: set() for task in tasks}
    for task in reversed(tasks):
        for need in task.needs():
            waiting[need.key] |= {task.key, *waiting[task.key]}
    return sorted(tasks, key=lambda task: -len(waiting[task.key]))


def work(tasks: Sequence[Task], run: Path, finished: Callable[[], bool] = lambda: False) -> None:
    """Takes one ready task after the other until all are done; tasks that others hold are waited for."""
    left = most_needed_first(in_order(tasks))
    while left and not finished():
        left = [task for task in left if not task.done(run)]
        ready = (task for task in left if all(need.done(run) for need in task.needs()))
        # any() stops at the first success: what became ready meanwhile may be needed more than the next in line
        if left and not any(attempt(task, run) for task in ready):
            time.sleep(0.2)


def _worker(tasks: Sequence[Task], run: Path, parent: int, failures: "multiprocessing.Queue[str]") -> None:
    import torch

    torch.set_num_threads(1)  # one thread each: N workers use N cores

    def leave_with_parent() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)  # the parent was killed: leave the claim to the kernel, the work folder to a resume

    threading.Thread(target=leave_with_parent, daemon=True).start()
    try:
        work(tasks, run)
    except Exception:
        failures.put(traceback.format_exc())
        raise SystemExit(1) from None


def share(tasks: Sequence[Task], run: Path, processes: int, report: Report | None = None) -> None:
    """Completes all tasks with `processes` local workers; another call on the same folder joins in.

    Raises RuntimeError with the worker's own error; what was completed stays.
    """
    ordered = in_order(tasks)
    context = multiprocessing.get_context("spawn")
    failures = context.Queue()
    workers = [context.Process(target=_worker, args=(ordered, run, os.getpid(), failures)) for _ in range(processes)]
    # read by OpenMP as the child starts: waiting threads sleep instead of spinning
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    for process in workers:
        process.start()
    try:
        while any(process.is_alive() for process in workers):
            _tell(ordered, run, report)
            if not failures.empty():
                raise RuntimeError(_last_line(failures.get()))
            time.sleep(0.5)
        if not failures.empty():
            raise RuntimeError(_last_line(failures.get()))
        if not all(task.done(run) for task in ordered):
            raise RuntimeError("a worker ended early (killed, or out of memory); the same command goes on from here")
        _tell(ordered, run, report)
    finally:
        for process in workers:
            process.terminate()
            process.join()


def _tell(tasks: Sequence[Task], run: Path, report: Report | None) -> None:
    if report:
        report(sum(task.done(run) for task in tasks), len(tasks))


def _last_line(trace: str) -> str:
    return f"a stage failed: {trace.strip().splitlines()[-1]}\n{trace}"
