"""Files that earlier code wrote stay readable, and give what they gave (see docs/in_and_out.md, "What is promised")."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from medgan_fashion.gan import from_pretrained, load_latent_encoder, load_model
from medgan_fashion.gan.training.state import start_from

from .stored.make_stored import SEEN, go_on

STORED = Path(__file__).parent / "stored"
EXPECTED = load_file(STORED / "expected.safetensors")
Y = torch.tensor([0, 1, 0, 1])


@pytest.mark.parametrize("name", ["model_1", "model_1_grown"])
def test_a_stored_model_draws_and_judges_as_it_did(name: str) -> None:
    model = load_model(STORED / f"{name}.safetensors")
    images = model.synthesize(EXPECTED["z"], Y)
    assert torch.allclose(images, EXPECTED[f"{name}.images"], atol=1e-5)
    assert torch.allclose(model.discriminate(images, Y).logits, EXPECTED[f"{name}.logits"], atol=1e-4)
    assert model.card.classes == ("even", "odd")
    assert model.card.provenance == {"training_rows": "made by whole numbers"}
    assert model.facts["images_seen"] >= SEEN


def test_a_stored_latent_encoder_reads_as_it_did() -> None:
    encoder = load_latent_encoder(STORED / "latent_encoder_1.safetensors")
    z = encoder(EXPECTED["model_1.images"], Y)
    assert torch.allclose(z, EXPECTED["latent_encoder_1.z"], atol=1e-4)


def test_a_stored_checkpoint_goes_on(tmp_path: Path) -> None:
    shutil.copy(STORED / "checkpoint_1.pt", tmp_path / "checkpoint.pt")
    ended = go_on(tmp_path, SEEN)
    assert ended.images_seen == SEEN
    assert torch.allclose(ended.model.synthesize(EXPECTED["z"], Y), EXPECTED["model_1.images"], atol=1e-5)
    more = go_on(tmp_path, 2 * SEEN)
    assert [row["images_seen"] for row in more.history][-1] == 2 * SEEN
    # Adam takes whole steps on slopes of rounding size, so another processor's rounding may show
    images = more.model.synthesize(EXPECTED["z"], Y).detach()
    assert float((images - EXPECTED["checkpoint_1.images"]).abs().max()) < 0.02


def test_a_stored_model_starts_another(tmp_path: Path) -> None:
    model = load_model(STORED / "model_1.safetensors")
    assert start_from(model.networks, STORED / "model_1.safetensors")["fingerprint"] == model.card.fingerprint
    shutil.copy(STORED / "model_1.safetensors", tmp_path / "model.safetensors")
    images = from_pretrained(tmp_path).generate(2, seed=1)
    assert np.array_equal(images, model.generate(2, seed=1))
