"""Penalties on critics whose slope is known, in any batch size, any number of channels, under autocast."""

import pytest
import torch
from torch import Tensor, nn

from medgan_fashion.gan.losses.penalties import PENALTIES, drift, gradient_penalty, r1


def linear_critic(images: Tensor) -> Tensor:
    """Slope 5 everywhere: the gradient is 5 along the first pixel."""
    return 5.0 * images.flatten(1)[:, :1]


@pytest.mark.parametrize("batch", [1, 2, 16])
@pytest.mark.parametrize("channels", [1, 3])
def test_slope_five(batch: int, channels: int) -> None:
    real, fake = torch.rand(batch, channels, 8, 8), torch.rand(batch, channels, 8, 8)
    assert float(gradient_penalty(linear_critic, real, fake)) == pytest.approx(16.0)
    assert float(r1(linear_critic, real, fake)) == pytest.approx(25.0)
    assert float(drift(linear_critic, real, fake)) == pytest.approx(float(linear_critic(real).square().mean()))


@pytest.mark.parametrize("name", PENALTIES)
def test_reaches_the_critic_and_stays_float32(name: str) -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.Tanh(), nn.Linear(8, 1))
    real, fake = torch.rand(4, 1, 4, 4), torch.rand(4, 1, 4, 4)
    with torch.autocast("cpu", torch.bfloat16):
        value = PENALTIES[name](net, real, fake, torch.Generator().manual_seed(0))
    value.backward()
    assert value.dtype == torch.float32
    assert all(p.grad is not None for p in net[1].parameters())


def test_flat_critic_has_finite_gradient() -> None:
    scale = torch.zeros(1, requires_grad=True)
    gradient_penalty(lambda x: scale * x.flatten(1).sum(1), torch.rand(2, 1, 4, 4), torch.rand(2, 1, 4, 4)).backward()
    assert scale.grad is not None
    assert torch.isfinite(scale.grad).all()


def test_generator_addresses_the_points() -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.Tanh(), nn.Linear(8, 1))
    real, fake = torch.rand(4, 1, 4, 4), torch.rand(4, 1, 4, 4)
    one, two = (gradient_penalty(net, real, fake, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(one, two)
