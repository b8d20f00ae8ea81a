"""kill -9 in the middle of a training, the same call again: bit-identical weights."""

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from medgan_fashion.gan import RECIPES, Trained, train
from medgan_fashion.gan.training.watch import Callback, Progress
from tests.forked import exit_code, forked

SMALL = replace(RECIPES["small"], batch=8, networks=replace(RECIPES["small"].networks, width=4, max_width=8))
SEEN = 320
PATIENCE = 30  # seconds


def _linger(progress: Progress) -> None:
    """Whoever is to be killed never ends before, however late the killer is."""
    if progress.images_seen > SEEN // 2:
        time.sleep(2 * PATIENCE)


def trained(out: Path, callbacks: Sequence[Callback] = ()) -> Trained:
    rng = np.random.default_rng(0)
    images, labels = rng.random((64, 1, 16, 16), dtype=np.float32), np.arange(64) % 2
    how = {"images_seen": SEEN, "check_every": SEEN // 4, "checkpoint_seconds": 0.1, "progress": False}
    return train(SMALL, images, labels=labels, out=out, callbacks=callbacks, **how)


def kill_after(child: int, checkpoint: Path) -> int:
    """kill -9 as soon as the child has written a checkpoint; what it ended with."""
    before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and not (checkpoint.exists() and checkpoint.stat().st_mtime_ns > before):
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    return exit_code(child)


@pytest.mark.slow
def test_kill_nine_and_the_same_command_again(tmp_path: Path) -> None:
    whole, halved = tmp_path / "whole", tmp_path / "halved"
    trained(whole)  # here, so that what torch loads late is not loaded in each fork
    for _ in range(2):
        assert kill_after(forked(lambda: trained(halved, [_linger])), halved / "checkpoint.pt") == -signal.SIGKILL
    reached = torch.load(halved / "checkpoint.pt", weights_only=True)["images_seen"]
    assert 0 < reached < SEEN
    assert exit_code(forked(lambda: trained(halved))) == 0
    one, two = (load_file(folder / "model.safetensors") for folder in (whole, halved))
    assert all(torch.equal(one[key], two[key]) for key in one)
