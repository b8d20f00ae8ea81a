"""The encoder: nearer than chance on pictures of the generator, the same for a seed, and itself after a file."""

from pathlib import Path

import pytest
import torch

from medgan_fashion.gan.latent.encoder import (
    LatentEncoder,
    load_latent_encoder,
    save_latent_encoder,
    train_latent_encoder,
)
from medgan_fashion.gan.networks.latent import sample_latent
from tests.gan.test_inversion import model_of, planted


def quick(name: str, images_seen: int = 256, **keys) -> LatentEncoder:
    return train_latent_encoder(model_of(name), images_seen, 1, width=8, batch=32, **keys)


def test_it_is_nearer_than_another_latent() -> None:
    model = model_of("small")
    before = torch.random.get_rng_state()
    encoder = quick("small", 4000)
    assert torch.equal(before, torch.random.get_rng_state())
    targets, y = planted(model, 24)
    with torch.no_grad():
        ours = (model.synthesize(encoder(targets, y), y) - targets).square().mean((1, 2, 3))
        z = sample_latent(model.latent, 24, torch.Generator().manual_seed(8))
        chance = (model.synthesize(z, y) - targets).square().mean((1, 2, 3))
    assert float(ours.median()) < 0.6 * float(chance.median())
    assert all(p.grad is None for p in model.generator.parameters())


@pytest.mark.parametrize("name", ["small", "mlp_gan", "progan_small"])
def test_the_same_for_a_seed_and_after_a_file(name: str, tmp_path: Path) -> None:
    model, encoder = model_of(name), quick(name)
    targets, y = planted(model)
    save_latent_encoder(encoder, tmp_path / "e.safetensors")
    loaded = load_latent_encoder(tmp_path / "e.safetensors")
    assert loaded.card == encoder.card
    assert torch.equal(loaded(targets, y), encoder(targets, y))
    assert torch.equal(quick(name)(targets, y), encoder(targets, y))
    assert encoder(targets, y).shape == (4, model.latent.size)


def test_real_images_join_in_and_bad_input_is_named(tmp_path: Path) -> None:
    targets, y = planted(model_of("small"))
    encoder = quick("small", reals=(targets, y))
    assert encoder.card.reals == 4
    with pytest.raises(ValueError, match="labels where G has classes"):
        quick("small", reals=(targets, None))
    with pytest.raises(ValueError, match="this encoder takes"):
        encoder(targets[:, :1], y)
    with pytest.raises(ValueError, match="no encoder at"):
        load_latent_encoder(tmp_path / "none.safetensors")
    (tmp_path / "junk").write_bytes(b"junk" * 10)
    with pytest.raises(ValueError, match="not a safetensors file"):
        load_latent_encoder(tmp_path / "junk")
