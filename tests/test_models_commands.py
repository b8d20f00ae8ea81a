"""The commands interpolate and export, on a small trained model."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from medgan_fashion.cli.gans import export, interpolate
from medgan_fashion.evaluation.screening.privacy import FORMAT
from medgan_fashion.evaluation.screening.thresholds import BLOCKED
from medgan_fashion.gan import Model, load_model, save_model
from medgan_fashion.gan.networks.build import build_networks

from .gan.tiny_models import tiny_model


@pytest.fixture
def model(tmp_path: Path) -> Path:
    save_model(tiny_model("small"), tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def _block(model: Path) -> None:
    card = {"format": FORMAT, "outcome": BLOCKED, "reasons": ["copies"]}
    card["model_sha256"] = hashlib.sha256(model.read_bytes()).hexdigest()
    model.with_suffix(".privacy.json").write_text(json.dumps(card))


def test_a_strip_is_marked_and_begins_where_generate_does(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "strip.png"
    interpolate(model, out, from_seed=3, to_seed=4, frames=5, rows=2, label="b")
    said = capsys.readouterr().out
    assert "2 x 5 synthetic pictures" in said
    assert "not screened for privacy" in said
    with Image.open(out) as picture:
        assert picture.info["SyntheticData"] == "YES"
        shades = np.asarray(picture)
    assert shades.shape == (32, 80)
    for column, seed in ((0, 3), (64, 4)):
        own = load_model(model).generate(2, labels="b", seed=seed).numpy() * 255
        theirs = shades[:, column : column + 16].reshape(2, 16, 16)
        assert np.abs(theirs - own[:, 0]).max() < 0.51


def test_channels_that_are_no_colours_stand_side_by_side(tmp_path: Path) -> None:
    model = tiny_model("small_joint", side=8)
    card = replace(model.card, shape=(2, 8, 8))
    save_model(
        Model(model.recipe, card, build_networks(model.recipe, card.shape, 0, 0), {}), tmp_path / "m.safetensors"
    )
    interpolate(tmp_path / "m.safetensors", tmp_path / "strip.png", frames=2, rows=1)
    with Image.open(tmp_path / "strip.png") as picture:
        assert picture.size == (32, 8)


def test_what_interpolate_refuses(model: Path, tmp_path: Path) -> None:
    wrong: dict[str, dict[str, Any]] = {
        "--rows 1 or more": {"rows": 0},
        "two or more frames": {"frames": 1},
        "unknown class 'z'": {"label": "z"},
    }
    for sentence, flags in wrong.items():
        with pytest.raises(ValueError, match=sentence):
            interpolate(model, tmp_path / "strip.png", **flags)
    save_model(tiny_model("small_spade"), tmp_path / "spade.safetensors")
    with pytest.raises(ValueError, match="paints over given pictures"):
        interpolate(tmp_path / "spade.safetensors", tmp_path / "strip.png")
    assert not (tmp_path / "strip.png").exists()


def test_export_beside_the_model(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("onnxruntime")
    export(model)
    export(model, format="torch")
    assert sorted(file.name for file in model.parent.iterdir()) == ["model.onnx", "model.pt2", "model.safetensors"]
    assert "not screened for privacy" in capsys.readouterr().out


def test_a_blocked_model_stays(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _block(model)
    with pytest.raises(ValueError, match=r"blocked this model \(copies\); --despite-privacy"):
        export(model, tmp_path / "g.pt2", "torch")
    assert not (tmp_path / "g.pt2").exists()
    export(model, tmp_path / "g.pt2", "torch", despite_privacy=True)
    assert (tmp_path / "g.pt2").exists()
    assert "overridden by the user" in capsys.readouterr().out
