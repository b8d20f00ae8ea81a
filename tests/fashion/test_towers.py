"""The networks: shapes, seeds, and the 224-pixel configuration of the paper forward and backward."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from medgan_fashion.evaluation.encoder import train_encoder
from medgan_fashion.fashion.config import DVBPR_CODE, DVBPR_PAPER, TowerConfig
from medgan_fashion.fashion.recommend.towers import (
    EncoderFeatures,
    PixelNetwork,
    build_pixel_network,
    encoder_tower,
    pixel_tower,
)
from medgan_fashion.fashion.recommend.visual import Batch, pair_losses


@pytest.mark.parametrize("architecture", ["small", "residual"])
@pytest.mark.parametrize("size", [16, 32, 48, 64])
def test_every_size_gives_vectors_and_a_bias(architecture: str, size: int) -> None:
    config = TowerConfig(architecture, size=size, width=8)  # pyright: ignore[reportArgumentType]
    images = torch.rand(3, 3, size, size, generator=torch.Generator().manual_seed(0))
    networks = [build_pixel_network(config, 5, seed).eval() for seed in (0, 0, 1)]
    out = [network(images) for network in networks]
    assert out[0].shape == (3, 6)
    assert torch.equal(out[0], out[1])
    assert not torch.equal(out[0], out[2])
    torch.testing.assert_close(networks[0](images[:1]), out[0][:1])  # nothing depends on the batch


def test_without_a_bias_the_last_column_is_zero() -> None:
    network = build_pixel_network(TowerConfig(size=16, width=8, bias=False), 5, 0)
    out = network(torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0)))
    assert out.shape == (2, 6)
    assert bool((out[:, -1] == 0).all())


def test_refuses_sizes_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="at least 16 pixels"):
        PixelNetwork(TowerConfig(size=8), 4)
    with pytest.raises(ValueError, match="needs a size that 32 divides"):
        PixelNetwork(TowerConfig("cnn_f", size=100), 4)


def test_paper_and_released_code_differ_in_what_the_rows_say() -> None:
    assert DVBPR_PAPER.factors == DVBPR_CODE.factors == 100
    assert DVBPR_PAPER.tower == replace(DVBPR_CODE.tower, response_norm=True)
    assert DVBPR_PAPER.pairs == replace(DVBPR_CODE.pairs, l2_customers=1.0, l2_network=1e-3)


@pytest.mark.parametrize("config", [DVBPR_PAPER, DVBPR_CODE])
def test_one_step_of_the_paper_at_224_pixels(config) -> None:
    network = PixelNetwork(replace(config.tower, hidden=64), config.factors).train()
    convolutions = [tuple(layer.weight.shape) for layer in network.body.children() if isinstance(layer, nn.Conv2d)]
    assert convolutions == [(64, 3, 11, 11), (256, 64, 5, 5), *[(256, 256, 3, 3)] * 3]
    lines = [layer.in_features for layer in network.body.children() if isinstance(layer, nn.Linear)]
    assert lines == [7 * 7 * 256, 64, 64]
    images = torch.rand(4, 3, 224, 224, generator=torch.Generator().manual_seed(0), requires_grad=True)
    theta = torch.full((2, 100), 0.005, requires_grad=True)
    against = torch.tensor([[0.0, 0, 1, 0], [0, 0, 0, 1]])
    batch = Batch(torch.arange(4), torch.arange(2), torch.arange(2), torch.ones(2), against)
    loss = pair_losses(theta, network(images), batch).sum()
    assert abs(loss.item() - 2 * math.log(2)) < 0.5
    loss.backward()
    for part in (images.grad, theta.grad, network.body.get_parameter("1.weight").grad):
        assert part is not None
        assert bool(torch.isfinite(part).all())
        assert bool((part != 0).any())


def test_an_encoders_tower_is_its_features_standardised_times_a_matrix() -> None:
    rng = np.random.default_rng(0)
    images = rng.random((8, 3, 16, 16), dtype=np.float32)
    encoder = train_encoder(images, np.arange(8) % 2, 2, updates=2, seed=0)
    network = EncoderFeatures(encoder.network)
    features = network(torch.from_numpy(images)).detach().numpy()
    np.testing.assert_allclose(features[:, -encoder.dim :], encoder.features(images), atol=1e-5)
    mean, sd, weight = features.mean(axis=0), features.std(axis=0) + 1, rng.normal(size=(4, network.dim))
    tower = encoder_tower(encoder, 16, (torch.from_numpy(mean), torch.from_numpy(sd)), torch.from_numpy(weight))
    vectors, bias = tower(torch.from_numpy(images))
    expected = (features - mean) / sd @ weight.T
    np.testing.assert_allclose(vectors, expected[:, :3], atol=1e-4)
    np.testing.assert_allclose(bias, expected[:, 3], atol=1e-4)


def test_a_tower_is_in_evaluation_mode_and_differentiable_to_pixels() -> None:
    config = TowerConfig(size=16, width=8, dropout=0.5)
    tower = pixel_tower(build_pixel_network(config, 4, 0).train(), config, 4)
    images = torch.rand(2, 3, 24, 24, generator=torch.Generator().manual_seed(0), requires_grad=True)
    assert torch.equal(tower(images)[0], tower(images)[0])
    tower(images)[0].sum().backward()
    assert images.grad is not None
    assert bool((images.grad != 0).any())
