"""The command evaluate-images: one table, a JSON beside, and refusals in one sentence."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medgan_fashion.cli import main as cli
from medgan_fashion.cli.gans import evaluate_images
from tests.evaluation.planted_images import stripes


def write(path: Path, images: np.ndarray, labels: np.ndarray) -> Path:
    for k, (image, label) in enumerate(zip(images, labels, strict=True)):
        file = path / f"class {label}" / f"{k:03d}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.rint(image[0] * 255).astype(np.uint8)).save(file)
    return path


def test_two_folders_give_one_table_and_a_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    real = write(tmp_path / "real", *stripes(60, 0))
    fake = write(tmp_path / "fake", *stripes(24, 1))
    evaluate_images(real, fake, out=tmp_path / "found.json", updates=10)
    said = capsys.readouterr().out.splitlines()
    assert said[0].split() == ["measure", "fakes", "reals", "among", "themselves", "reading"]
    assert any(line.startswith("KID x 1000") and "lower is better: distance" in line for line in said)
    assert any(line.startswith("left out: FID: needs at least 640 images") for line in said)
    assert "20 against 20 images; encoder fold-encoder-64-" in said[-2]
    assert "learned to tell 2 classes apart from 20 real images" in said[-2]
    assert said[-1] == str(tmp_path / "found.json")
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["classes"] == ["class 0", "class 1"]
    assert {"CAS", "GAN-test", "C2ST accuracy", "Inception Score"} <= {row["name"] for row in found["rows"]}
    assert set(found["rows"][0]) == {"name", "value", "reals", "low", "high", "better", "reading"}


def test_without_labels_and_with_held_out_reals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    real, fake = write(tmp_path / "real", *stripes(24, 0)), write(tmp_path / "fake", *stripes(24, 1))
    unseen = write(tmp_path / "unseen", *stripes(24, 2))
    evaluate_images(real, fake, unseen, labels_from="none", updates=5)
    said = capsys.readouterr().out
    assert "which way up" in said
    assert "left out: CAS: need the classes" in said
    assert "12 against 12 images" in said


def test_too_few_images_are_refused_in_a_sentence(tmp_path: Path) -> None:
    real, fake = write(tmp_path / "real", *stripes(12, 0)), write(tmp_path / "fake", *stripes(24, 1))
    with pytest.raises(ValueError, match="8 real images to compare with and 24 fakes, too few"):
        evaluate_images(real, fake)


def test_the_command_line_takes_its_flags_and_refuses_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(cli.COMMANDS, "evaluate-images", evaluate_images)
    real, unseen = write(tmp_path / "real", *stripes(24, 0)), write(tmp_path / "unseen", *stripes(24, 2))
    words = [str(real), str(real), "--held-out", str(unseen), "--labels-from", "none", "--size", "[16,20]"]
    assert cli.main(["evaluate-images", *words, "--updates", "5", "--out", str(tmp_path / "a.json")]) == 0
    assert json.loads((tmp_path / "a.json").read_text())["classes"] == []
    assert "SWD 16 px" in capsys.readouterr().out
    (real / "class 0" / "000.png").write_bytes(b"")
    assert cli.main(["evaluate-images", str(real), str(unseen)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "000.png: not a picture, or a damaged one" in said
