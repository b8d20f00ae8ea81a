"""Stages: pure functions to a folder, keyed by what goes in, present only when complete.

@stage(version=1)
def double(work: Path, number: int) -> None:
    (work / "answer.txt").write_text(str(2 * number))

task = double.task(number=21)        # nothing runs yet; task.key is known
folder = complete(task, run_folder)  # runs it and what it needs, or finds it done
"""

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, is_dataclass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from medgan_fashion.base.plain import to_key


@dataclass(frozen=True)
class Stored:
    """Content that already lies in a folder under its own hash: a fold, which is exactly its rows."""

    key: str
    folder: Path


@dataclass(frozen=True)
class Stage:
    """A named, versioned function `f(work, **inputs)` that fills the folder `work`."""

    name: str
    version: int
    function: Callable[..., None]

    def task(self, **inputs: Any) -> "Task":
        """The stage with its inputs: plain data, dataclasses of plain data, Stored content, or other tasks, also inside
        lists, tuples and dicts. TypeError for anything else."""
        described = {name: _describe(value, f"{self.name}.{name}") for name, value in inputs.items()}
        text = json.dumps([self.name, self.version, described], sort_keys=True)
        return Task(self, inputs, hashlib.sha256(text.encode()).hexdigest()[:20])

    def __reduce__(self) -> Any:
        # the module attribute is this Stage, not the bare function, so it travels to a worker by its address
        return _find_stage, (self.function.__module__, self.function.__name__)


@dataclass(frozen=True)
class Task:
    """A stage with inputs. `key` depends on stage name, version, plain inputs and the keys of other inputs alone."""

    stage: Stage
    inputs: dict[str, Any]
    key: str

    def folder(self, run: Path) -> Path:
        """Where its result lies, once complete."""
        return run / "stages" / self.stage.name / self.key

    def done(self, run: Path) -> bool:
        """Present = complete."""
        return self.folder(run).is_dir()

    def resolved(self, run: Path) -> dict[str, Any]:
        """Its inputs as the stage's function gets them: folders in the place of tasks and stored content."""
        return _resolve(self.inputs, run)

    def needs(self) -> "list[Task]":
        """The tasks among its inputs, wherever in them."""
        return list(_tasks(self.inputs))


def _tasks(value: Any) -> Iterator[Task]:
    if isinstance(value, Task):
        yield value
    elif isinstance(value, (list, tuple, dict)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _tasks(one)


def _find_stage(module: str, name: str) -> Stage:
    return getattr(import_module(module), name)


def _describe(value: Any, where: str) -> Any:
    if isinstance(value, (Task, Stored)):
        return {"task": value.key}
    if isinstance(value, (list, tuple)):
        return [_describe(v, where) for v in value]
    if isinstance(value, dict):
        return {str(k): _describe(v, where) for k, v in value.items()}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return _describe(to_key(value), where)
    raise TypeError(
        f"{where} is a {type(value).__name__}; a stage takes plain data, Stored content or tasks, so nothing is hidden"
    )


def stage(version: int) -> Callable[[Callable[..., None]], Stage]:
    """Makes a function `f(work, **inputs)` a stage. Raise `version` when its results would change."""
    return lambda function: Stage(function.__name__, version, function)


@contextmanager
def claim(path: Path) -> Iterator[bool]:
    """True for the one process that holds `path` now. The kernel drops a claim with its holder, however it dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _resolve(value: Any, run: Path) -> Any:
    if isinstance(value, Task):
        return value.folder(run)
    if isinstance(value, Stored):
        return value.folder
    if isinstance(value, dict):
        return {key: _resolve(v, run) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        found = [_resolve(v, run) for v in value]
        return tuple(found) if isinstance(value, tuple) else found
    return value


def attempt(task: Task, run: Path) -> bool:
    """Runs `task`, whose needs are done, unless another process has it. Returns whether this call completed it.

    The work folder survives a kill, so that a long stage can go on from its own checkpoint.
    """
    folder = task.folder(run)
    with claim(folder.with_name(f".{task.key}.claim")) as mine:
        if not mine or task.done(run):
            return False
        work = folder.with_name(f".{task.key}.work")
        work.mkdir(parents=True, exist_ok=True)
        started = time.time()
        task.stage.function(work, **task.resolved(run))
        seconds = time.time() - started
        about = {
            "stage": task.stage.name,
            "seconds": seconds,
            "finished": time.time(),
            "process": os.getpid(),
            "version": version("medgan-fashion"),
        }
        (work / "stage.json").write_text(json.dumps(about))
        work.replace(folder)
        return True


def complete(task: Task, run: Path) -> Path:
    """The task's result folder, computing what is missing in this process; waits for what others compute."""
    while not task.done(run):
        for need in task.needs():
            complete(need, run)
        if not attempt(task, run):
            time.sleep(0.2)
    return task.folder(run)


def store(run: Path, kind: str, key: str, fill: Callable[[Path], object]) -> Stored:
    """Puts content under its own hash, once; any number of processes may do so at the same time."""
    folder = run / "stages" / kind / key
    if not folder.is_dir():
        work = folder.with_name(f".{key}.{secrets.token_hex(6)}.draft")
        work.mkdir(parents=True, exist_ok=True)
        fill(work)
        try:
            work.replace(folder)
        except OSError:  # another process was first with the same content
            shutil.rmtree(work)
    return Stored(key, folder)
