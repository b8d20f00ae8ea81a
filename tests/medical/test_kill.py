"""kill -9 in the middle of an ablation, then two processes on its folder: the same bits, nothing done twice."""

import contextlib
import hashlib
import json
import multiprocessing
import os
import signal
import sys
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import SimpleNamespace

import pytest

from medgan_fashion.cli.main import main
from medgan_fashion.runs.engine import executor as workers

SETTINGS = [
    "gan.images_seen=5000", "gan.changes={networks: {width: 8, max_width: 16}, batch: 64}", "image.size=[16, 16]",
    "folds=2", "repeats=1", "classifier_seeds=2", "classifier={updates: 10, batch: 16}", "encoder_updates=10",
    "phantom_patients=14",
]  # fmt: skip


IMPORTED = (
    "torch._dynamo", "albumentations", "jsonargparse", "plotly.graph_objects", "sklearn.model_selection",
    "medgan_fashion.cli.terminal.study", "medgan_fashion.medical.study.stages",
    "medgan_fashion.report.ablation.page",
)  # fmt: skip
# imported once, by a process without threads of which every run is a fork
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(list(IMPORTED))


def command(words: list[str], method: str) -> None:
    """The command in a process of its own, whose workers start by `method`: a user's are spawned."""
    started = multiprocessing.get_context(method)
    workers.multiprocessing = SimpleNamespace(get_context=lambda _: started)  # pyright: ignore[reportAttributeAccessIssue]
    with Path(os.devnull).open("w") as nothing, contextlib.redirect_stdout(nothing):
        code = main(words)
    sys.exit(code)


def start(run: Path, processes: int = 1, method: str = "fork") -> BaseProcess:
    words = ["run", "demo", "--out", str(run), "--processes", str(processes)]
    for setting in SETTINGS:
        words += ["--set", setting]
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # for the server: the import calls the network otherwise
    process = SERVER.Process(target=command, args=(words, method))
    process.start()
    return process


def ended(process: BaseProcess) -> int | None:
    process.join()
    return process.exitcode


def stages(run: Path) -> dict[str, float]:
    """When each finished stage was finished."""
    found = (run / "stages").glob("*/[!.]*/stage.json")
    return {f"{p.parents[1].name}/{p.parent.name}": json.loads(p.read_text())["finished"] for p in found}


def models(run: Path) -> dict[str, str]:
    """Hashes of what must be bit-identical: GAN weights, synthetic images, every classifier's probabilities."""
    names = ("model.safetensors", "images.npy", "probabilities.npy")
    found = [path for name in names for path in (run / "stages").glob(f"*/[!.]*/{name}")]
    return {f"{p.parents[1].name}/{p.parent.name}/{p.name}": hashlib.sha256(p.read_bytes()).hexdigest() for p in found}


@pytest.mark.slow
def test_killed_shared_and_whole_runs_agree_bit_for_bit(tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert ended(start(whole, 2)) == 0
    process = start(broken, method="spawn")
    deadline = time.time() + 240
    while time.time() < deadline and not list((broken / "stages").glob("train_gan/.*.work/history.jsonl")):
        time.sleep(0.05)
    process.kill()
    assert ended(process) == -signal.SIGKILL
    time.sleep(2.5)  # the orphaned worker sees that its parent is gone
    before = stages(broken)
    assert before
    assert len(before) < len(stages(whole))
    helpers = [start(broken), start(broken)]
    assert [ended(helper) for helper in helpers] == [0, 0]
    after = stages(broken)
    assert {key: after[key] for key in before} == before
    assert models(whole) == models(broken)
    assert {json.loads(p.read_text())["process"] for p in (broken / "stages").glob("*/[!.]*/stage.json")} != {0}
