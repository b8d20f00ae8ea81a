"""A growing GAN planned by the command, its levels really measured: made once for all tests that need a plan."""

import contextlib
import io
from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.cli.main import main
from tests.made_once import made_once

IMAGES = 128
COMMAND = ("--recipe", "progan_small", "--images-seen", str(IMAGES), "--device", "cpu")


def _plan(folder: Path) -> None:
    folder.mkdir()
    images = np.random.default_rng(0).random((12, 1, 8, 8), dtype=np.float32)
    np.savez(folder / "images.npz", images=images, labels=np.arange(12) % 2)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = main(["train", str(folder / "images.npz"), "--out", str(folder / "gan"), *COMMAND, "--dry-run"])
    assert code == 0
    (folder / "said.txt").write_text(said.getvalue())


def dry_run(factory: pytest.TempPathFactory) -> Path:
    """A folder with images.npz of 8 x 8 pixels in two classes, the out folder `gan`, and what was said, said.txt."""
    return made_once(factory, "growth_dry_run", _plan)
