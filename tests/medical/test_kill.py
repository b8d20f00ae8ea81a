"""kill -9 in the middle of an ablation, then two processes on its folder: the same bits, nothing done twice."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SETTINGS = [
    "gan.images_seen=6000", "gan.changes={networks: {width: 8, max_width: 16}}", "image.size=[16, 16]", "folds=2",
    "repeats=1", "classifier_seeds=2", "classifier={updates: 30, batch: 16}", "encoder_updates=20",
    "phantom_patients=18",
]  # fmt: skip


def start(run: Path, processes: int = 1) -> "subprocess.Popen[bytes]":
    words = ["run", "demo", "--out", str(run), "--processes", str(processes)]
    for setting in SETTINGS:
        words += ["--set", setting]
    code = f"import sys\nfrom medgan_fashion.cli import main\nsys.exit(main({words!r}))"
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL)


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
    assert start(whole, 2).wait() == 0
    process = start(broken)
    deadline = time.time() + 240
    while time.time() < deadline and not list((broken / "stages").glob("train_gan/.*.work/history.jsonl")):
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(2.5)  # the orphaned worker sees that its parent is gone
    before = stages(broken)
    assert before
    assert len(before) < len(stages(whole))
    helpers = [start(broken), start(broken)]
    assert [helper.wait() for helper in helpers] == [0, 0]
    after = stages(broken)
    assert {key: after[key] for key in before} == before
    assert models(whole) == models(broken)
    assert {json.loads(p.read_text())["process"] for p in (broken / "stages").glob("*/[!.]*/stage.json")} != {0}
