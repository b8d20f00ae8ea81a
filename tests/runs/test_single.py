"""A growing GAN from one file: planned, trained with the plan, resumed with it."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from medgan_fashion.cli.main import main
from medgan_fashion.gan import load_model
from medgan_fashion.runs.single.train import Job, plan_job, train_on_file
from tests.runs.dry_run import COMMAND, IMAGES, dry_run


@pytest.mark.slow
def test_a_dry_run_measures_and_training_takes_its_plan(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(dry_run(tmp_path_factory), tmp_path, dirs_exist_ok=True)
    out = tmp_path / "gan"
    command = ["train", str(tmp_path / "images.npz"), "--out", str(out), *COMMAND]
    said = (tmp_path / "said.txt").read_text()
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
    assert model.facts["images_seen"] == IMAGES
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


def _pictures(folder: Path, n: int, side: int = 16, seed: int = 0) -> None:
    folder.mkdir(parents=True)
    for i, image in enumerate(np.random.default_rng(seed).integers(0, 255, (n, side, side), dtype=np.uint8)):
        Image.fromarray(image).save(folder / f"{i:02d}.png")


def test_a_folder_with_few_labels_trains_a_classifier(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, n in (("cyst", 3), ("unlabelled", 6), ("metastasis", 3)):
        _pictures(tmp_path / "lesions" / name, n)
    command = [
        "train",
        str(tmp_path / "lesions"),
        "--out",
        str(tmp_path / "gan"),
        "--recipe",
        "sgan",
        "--device",
        "cpu",
    ]
    command += ["--size", "[16,16]", "--images-seen", "16", "--set", "batch=8", "--set", "networks.width=8"]
    assert main(command) == 0
    model = load_model(tmp_path / "gan" / "model.safetensors")
    assert model.card.classes == ("cyst", "metastasis")
    assert model.classify(model.generate(2).float()).shape == (2, 2)
    again = [
        *command[:3],
        str(tmp_path / "again"),
        *command[4:],
        "--init-from",
        str(tmp_path / "gan/model.safetensors"),
    ]
    assert main(again) == 0
    started = load_model(tmp_path / "again" / "model.safetensors").facts["started_from"]
    assert started["fingerprint"] == model.card.fingerprint
    capsys.readouterr()


def test_two_folders_train_a_translator(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _pictures(tmp_path / "outlines", 4)
    _pictures(tmp_path / "photos", 6, seed=1)
    command = ["train", str(tmp_path / "photos"), "--given", str(tmp_path / "outlines"), "--size", "[16,16]"]
    command += ["--images-seen", "8", "--set", "networks.given=1", "--set", "networks.width=4", "--device", "cpu"]
    assert main([*command, "--recipe", "pix2pix", "--paired", "--out", str(tmp_path / "p")]) == 2
    assert "has no partner of its name in" in capsys.readouterr().err
    assert main([*command, "--recipe", "pix2pix", "--out", str(tmp_path / "p")]) == 2
    assert "recipe pix2pix needs pairs of pictures" in capsys.readouterr().err
    arrays = {}
    for name in ("outlines", "photos"):
        arrays[name] = tmp_path / f"{name}.npz"
        np.savez(arrays[name], images=np.random.default_rng(0).random((4, 1, 16, 16), dtype=np.float32))
    other = ["train", str(arrays["photos"]), "--given", str(arrays["outlines"]), *command[4:], "--paired"]
    assert main([*other, "--recipe", "pix2pix", "--out", str(tmp_path / "n")]) == 0
    changes = ["--set", "networks.depth=1", "--set", "batch=2"]
    assert main([*command, *changes, "--recipe", "cyclegan", "--out", str(tmp_path / "c")]) == 0
    model = load_model(tmp_path / "c" / "model.safetensors")
    assert model.translate(torch.zeros(2, 1, 16, 16), back=True).shape == (2, 1, 16, 16)
    capsys.readouterr()
