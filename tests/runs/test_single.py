"""A growing GAN from one file: planned, trained with the plan, resumed with it."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medgan_fashion.cli import main
from medgan_fashion.gan import load_model
from medgan_fashion.runs.single import Job, plan_job, train_on_file


@pytest.mark.slow
def test_a_dry_run_measures_and_training_takes_its_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = np.random.default_rng(0).random((12, 1, 8, 8), dtype=np.float32)
    np.savez(tmp_path / "images.npz", images=images, labels=np.arange(12) % 2)
    out = tmp_path / "gan"
    command = ["train", str(tmp_path / "images.npz"), "--out", str(out), "--recipe", "progan_small"]
    command += ["--images-seen", "128", "--device", "cpu"]
    assert main([*command, "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "progan_small on cpu" in said
    assert "8x8" in said
    assert not (out / "checkpoint.pt").exists()
    plan = json.loads((out / "plan.json").read_text())
    plan["levels"][1]["batch"] = 16
    (out / "plan.json").write_text(json.dumps(plan))
    assert main(command) == 0
    model = load_model(out / "model.safetensors")
    assert model.recipe.growth is not None
    assert model.recipe.growth.batches == (32, 16)
    assert model.recipe.growth.phase_images == (32,)
    assert model.facts["images_seen"] == 128
    assert main(["train", *command[1:-4], "--images-seen", "256", "--device", "cpu"]) == 2
    assert "phase_images: [32] -> [64]" in capsys.readouterr().err


def test_a_file_that_is_no_arrays_is_refused_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "text.npz"
    broken.write_text("not arrays")
    assert main(["train", str(broken), "--out", str(tmp_path / "gan"), "--recipe", "dcgan"]) == 2
    assert "text.npz is no .npz file" in capsys.readouterr().err
    assert not (tmp_path / "gan" / "checkpoint.pt").exists()


def test_the_grid_shows_a_mask_beside_its_image(tmp_path: Path) -> None:
    np.savez(tmp_path / "pairs.npz", images=np.random.default_rng(0).random((12, 2, 16, 16), dtype=np.float32))
    train_on_file(Job(tmp_path / "pairs.npz", tmp_path / "gan", "small_joint", 32, (16, 16), device="cpu"))
    grids = list((tmp_path / "gan" / "samples").glob("*.png"))
    assert grids
    with Image.open(grids[0]) as grid:
        assert (grid.mode, grid.size) == ("L", (8 * 2 * 16, 4 * 16))


def test_too_short_a_training_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    np.savez(tmp_path / "images.npz", images=np.random.default_rng(0).random((12, 1, 8, 8), dtype=np.float32))
    job = Job(
        tmp_path / "images.npz", tmp_path / "gan", "progan", 100, (8, 8), changes={"growth": {"phase_images": [1_000]}}
    )
    with pytest.raises(ValueError, match="level 1 of 1 is faded in, at 2,000 images"):
        plan_job(job)
    assert not (tmp_path / "gan").exists()
