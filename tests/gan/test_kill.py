"""kill -9 in the middle of a training, the same call again: bit-identical weights."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

CODE = """
import sys, torch
torch.set_num_threads(1)
import numpy as np
from dataclasses import replace
from medgan_fashion.gan import RECIPES, train
recipe = replace(RECIPES["small"], batch=16, networks=replace(RECIPES["small"].networks, width=8, max_width=16))
rng = np.random.default_rng(0)
images, labels = rng.random((64, 1, 16, 16), dtype=np.float32), np.arange(64) % 2
out, seen = sys.argv[1], int(sys.argv[2])
train(recipe, images, labels=labels, images_seen=seen, out=out, checkpoint_seconds=0.2, progress=False)
"""


def start(out: Path, images_seen: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", CODE, str(out), str(images_seen)])


@pytest.mark.slow
def test_kill_nine_and_the_same_command_again(tmp_path: Path) -> None:
    whole, halved = tmp_path / "whole", tmp_path / "halved"
    assert start(whole, 6_000).wait() == 0
    killed = 0
    for _ in range(2):
        process = start(halved, 6_000)
        before = (halved / "checkpoint.pt").stat().st_mtime if (halved / "checkpoint.pt").exists() else 0.0
        deadline = time.time() + 60
        while process.poll() is None and time.time() < deadline:
            path = halved / "checkpoint.pt"
            if path.exists() and path.stat().st_mtime > before:
                os.kill(process.pid, signal.SIGKILL)
                killed += 1
                break
            time.sleep(0.02)
        process.wait()
    assert killed
    reached = torch.load(halved / "checkpoint.pt", weights_only=True)["images_seen"]
    assert 0 < reached < 6_000
    assert start(halved, 6_000).wait() == 0
    one, two = (load_file(folder / "model.safetensors") for folder in (whole, halved))
    assert all(torch.equal(one[key], two[key]) for key in one)
