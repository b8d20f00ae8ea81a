"""Stages: keys, claims, resume after a kill, sharing, and refusal of hidden inputs."""

import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from medgan_fashion.runs.engine.executor import in_order, most_needed_first, share, work
from medgan_fashion.runs.engine.stage import Stored, claim, complete, store

from .planted_stages import counts_slowly, fails, number, total

HERE = Path(__file__).resolve().parents[2]


def test_key_is_name_version_and_inputs() -> None:
    assert number.task(value=1).key == number.task(value=1).key
    assert number.task(value=1).key != number.task(value=2).key
    one = total.task(parts=[number.task(value=1)])
    assert one.key != total.task(parts=[number.task(value=2)]).key
    assert total.task(parts=[Stored("abc", Path("/a"))]).key == total.task(parts=[Stored("abc", Path("/b"))]).key
    assert pickle.loads(pickle.dumps(one)) == one


def test_hidden_inputs_are_refused() -> None:
    for value in (Path("data"), object(), [{1, 2}], lambda: 3):
        with pytest.raises(TypeError, match=r"number\.value"):
            number.task(value=value)


def test_computed_once_and_present_means_complete(tmp_path: Path) -> None:
    task = total.task(parts=[number.task(value=3), number.task(value=4)])
    assert (complete(task, tmp_path) / "value.txt").read_text() == "7"
    complete(task, tmp_path)
    assert sorted((tmp_path / "log.txt").read_text().split("\n")) == ["", "number 3", "number 4"]
    assert [t.stage.name for t in in_order([task, task])] == ["number", "number", "total"]


def test_a_failed_stage_is_absent_and_says_why(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="row 7"):
        complete(fails.task(), tmp_path)
    assert not fails.task().done(tmp_path)
    with pytest.raises(RuntimeError, match="row 7 is missing; add it"):
        share([fails.task()], tmp_path, processes=1)


def test_a_claim_is_exclusive(tmp_path: Path) -> None:
    with claim(tmp_path / "c") as first, claim(tmp_path / "c") as second:
        assert first
        assert not second
    with claim(tmp_path / "c") as third:
        assert third


def _start(run: Path, code: str) -> "subprocess.Popen[bytes]":
    lines = [
        "from pathlib import Path",
        "from medgan_fashion.runs.engine.stage import complete",
        "from medgan_fashion.runs.engine.executor import work",
        "from tests.runs.planted_stages import *",
        f"run = Path({str(run)!r})",
        code,
    ]
    return subprocess.Popen([sys.executable, "-c", "\n".join(lines)], cwd=HERE)


def test_kill_and_resume_goes_on_from_the_work_folder(tmp_path: Path) -> None:
    process = _start(tmp_path, "complete(counts_slowly.task(until=1000), run)")
    folder = counts_slowly.task(until=1000).folder(tmp_path)
    steps = folder.with_name(f".{folder.name}.work") / "steps.txt"
    deadline = time.time() + 60
    while (not steps.exists() or len(steps.read_text()) < 3) and time.time() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    reached = len(steps.read_text())
    assert reached >= 3
    assert not folder.exists()
    steps.write_text("." * 1000)  # the rest of the count, done at once: a resume starts from the file
    assert len((complete(counts_slowly.task(until=1000), tmp_path) / "steps.txt").read_text()) == 1000


def test_two_processes_share_and_nothing_is_done_twice(tmp_path: Path) -> None:
    code = "work([number.task(value=i, seconds=0.2) for i in range(8)], run)"
    processes = [_start(tmp_path, code) for _ in range(2)]
    assert [p.wait() for p in processes] == [0, 0]
    assert sorted((tmp_path / "log.txt").read_text().split("\n")) == ["", *(f"number {i}" for i in range(8))]


def test_a_second_worker_waits_for_what_the_first_holds(tmp_path: Path) -> None:
    task = number.task(value=5, seconds=1.0)
    process = _start(tmp_path, "work([number.task(value=5, seconds=1.0)], run)")
    work([task], tmp_path)
    process.wait()
    assert (tmp_path / "log.txt").read_text() == "number 5\n"


def test_what_most_others_wait_for_comes_first() -> None:
    shared, single = number.task(value=1), number.task(value=2)
    sums = [total.task(parts=[shared, number.task(value=i)]) for i in (3, 4)] + [total.task(parts=[single])]
    ordered = most_needed_first(in_order(sums))
    assert ordered[0] == shared
    assert [task.stage.name for task in ordered[-3:]] == ["total"] * 3


def test_store_is_idempotent(tmp_path: Path) -> None:
    for _ in range(2):
        stored = store(tmp_path, "rows", "k", lambda work: (work / "a").write_text("1"))
        assert (stored.folder / "a").read_text() == "1"
    assert len(list((tmp_path / "stages" / "rows").iterdir())) == 1
