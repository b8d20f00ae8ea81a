"""The residual pair: its shapes, what steers it, attention that starts as nothing, derivatives that penalties need."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.functional import avg_pool2d

from medgan_fashion.gan.losses.penalties import r1
from medgan_fashion.gan.networks.biggan import (
    ResidualDiscriminator,
    ResidualGenerator,
    UpBlock,
    convolved_and_halved,
    doubled_and_convolved,
    piece_size,
)
from medgan_fashion.gan.networks.layers import SelfAttention2d, attended_level
from medgan_fashion.gan.recipe.networks import BigGANConfig
from medgan_fashion.gan.recipe.schedules import doubled
from medgan_fashion.gan.recipe.spec import Latent

PLAIN = BigGANConfig(width=8, max_width=16)
BIG = replace(PLAIN, condition_g="norm", condition_d="projection", spectral_norm=True, skip_z=True)
LATENT = Latent(size=12)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("pair", [PLAIN, BIG, replace(PLAIN, condition_g="concat", condition_d="plane")])
@pytest.mark.parametrize(("shape", "attention"), [((1, 16, 16), 8), ((3, 32, 32), 0), ((2, 20, 16), 4)])
def test_shapes_and_second_derivatives(pair: BigGANConfig, shape: tuple[int, ...], attention: int) -> None:
    pair, y = replace(pair, attention=attention), torch.arange(4) % 3
    g, d = ResidualGenerator(pair, LATENT, shape, 3), ResidualDiscriminator(pair, shape, 3)
    z = torch.randn(4, 12, requires_grad=True)
    images = g(z, y)
    judged = d(images, y)
    assert images.shape == (4, *shape)
    assert float(images.detach().abs().max()) <= 1
    assert (judged.logits.shape, judged.features.shape) == ((4, 1), (4, 16))
    judged.logits.sum().backward()
    assert z.grad is not None
    assert (z.grad.abs() > 0).all(), "every piece of z has a say"
    d.zero_grad()
    for module in d.modules():
        if isinstance(module, SelfAttention2d):
            nn.init.constant_(module.gamma, 0.5)  # at 0 nothing reaches the layer's own weights
    r1(lambda x: d(x, y).logits, images.detach(), images.detach()).backward()
    kernels = [p for p in d.parameters() if p.ndim == 4]
    assert len(kernels) >= 8
    assert all(p.grad is not None and float(p.grad.abs().sum()) > 0 for p in kernels)


def test_the_class_and_a_piece_of_z_steer_the_normalisations() -> None:
    g = ResidualGenerator(BIG, LATENT, (1, 32, 32), 3)  # 3 blocks: z is cut into 4 pieces of 3
    assert g.dense.in_features == 3
    z, last = torch.randn(3, 12), torch.randn(3, 12)
    last[:, :9] = z[:, :9]
    steers: list[torch.Tensor] = []
    for block in g.blocks:
        block.register_forward_hook(lambda _, inputs, __: steers.append(inputs[1]))
    g(z, torch.arange(3))
    g(last, torch.arange(3))
    assert [s.shape[1] for s in steers] == [32 + 3] * 6
    assert torch.equal(steers[1], steers[4])
    assert torch.equal(steers[2][:, :32], steers[0][:, :32]), "one embedding serves every block"
    assert torch.equal(steers[5][:, 32:], last[:, 9:])


def test_without_steering_the_block_is_the_plain_formula() -> None:
    block: Any = UpBlock(4, 6, 0, PLAIN).eval()
    x, nothing, first, second = torch.randn(2, 4, 5, 3), torch.zeros(2, 0), block.norms[0].norm, block.norms[1].norm
    branch = block.second(second(block.first(doubled(first(x).relu()))).relu())
    torch.testing.assert_close(block(x, nothing), block.shortcut(doubled(x)) + branch)


def test_a_convolution_takes_in_doubling_and_halving() -> None:
    conv, x = nn.Conv2d(3, 4, 3, padding=1).double(), torch.randn(2, 3, 6, 8, dtype=torch.float64)
    torch.testing.assert_close(doubled_and_convolved(x, conv), conv(doubled(x)))
    torch.testing.assert_close(convolved_and_halved(x, conv), avg_pool2d(conv(x), 2))


def test_features_are_summed_under_a_spectral_norm_and_averaged_without() -> None:
    for spectral, places in ((True, 16), (False, 1)):
        d = ResidualDiscriminator(replace(PLAIN, spectral_norm=spectral), (1, 16, 16), 0).eval()
        images = torch.randn(2, 1, 16, 16)
        torch.testing.assert_close(d(images).features, d.layers(images).mean((2, 3)) * places)


def test_minibatch_layers_join_in() -> None:
    pair = replace(PLAIN, minibatch_deviation=True, minibatch_discrimination=True)
    d = ResidualDiscriminator(pair, (1, 16, 16), 0)
    assert d(torch.randn(4, 1, 16, 16)).features.shape == (4, 16 + 32)


def test_attention_starts_as_the_identity_and_sums_what_it_finds() -> None:
    layer: Any = SelfAttention2d(8)
    x = torch.randn(2, 8, 4, 6)
    assert torch.equal(layer(x), x)
    nn.init.zeros_(layer.query.weight)  # then every place finds the mean of the pooled values
    nn.init.constant_(layer.gamma, 2.0)
    mean = torch.nn.functional.max_pool2d(layer.value(x), 2).mean((2, 3), keepdim=True)
    torch.testing.assert_close(layer(x), x + 2 * layer.out(mean).expand_as(x))


def test_attention_has_second_derivatives() -> None:
    layer = SelfAttention2d(2).double()
    nn.init.constant_(layer.gamma, 0.7)
    x = torch.randn(1, 2, 4, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(layer, (x,))


def test_what_does_not_fit_is_refused_by_name() -> None:
    assert [attended_level(side, 40, 32) for side in (0, 4, 8, 16)] == [None, 0, 1, 2]
    with pytest.raises(ValueError, match=r"networks\.attention is 12, .* 40x32 images .* sides 4, 8, 16; take one"):
        ResidualDiscriminator(replace(PLAIN, attention=12), (1, 40, 32), 0)
    assert piece_size(12, 4) == 3
    with pytest.raises(ValueError, match=r"latent\.size 13 cannot be cut into 4 .* the 3 blocks; take 16"):
        ResidualGenerator(BIG, Latent(size=13), (1, 32, 32), 3)


def test_parameters_are_as_many_as_counted_by_hand() -> None:
    g = ResidualGenerator(PLAIN, LATENT, (3, 16, 16), 0)  # 4x4 base, widths 16, 16, 8
    dense = 12 * 256 + 256

    def block(before: int, after: int) -> int:
        return 2 * before + 9 * before * after + after + 2 * after + 9 * after * after + after + before * after

    expected = dense + block(16, 16) + block(16, 8) + 2 * 8 + 9 * 8 * 3 + 3
    assert sum(p.numel() for p in g.parameters()) == expected


def test_an_adam_step_teaches_d() -> None:
    d = ResidualDiscriminator(replace(PLAIN, spectral_norm=True), (1, 16, 16), 0)
    dark, bright = -torch.rand(8, 1, 16, 16), torch.rand(8, 1, 16, 16)
    optimizer = torch.optim.Adam(d.parameters(), lr=1e-3, betas=(0.0, 0.9))
    losses = []
    for _ in range(5):
        loss = (1 - d(bright).logits).relu().mean() + (1 + d(dark).logits).relu().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0]
