"""Priors, truncation and walks."""

import math

import pytest
import torch

from medgan_fashion.gan.networks.latent import lerp, sample_latent, slerp, to_sphere
from medgan_fashion.gan.recipe.table import Latent


def stream(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_priors() -> None:
    normal = sample_latent(Latent(64), 2000, stream())
    assert float(normal.std()) == pytest.approx(1.0, abs=0.01)
    uniform = sample_latent(Latent(64, "uniform"), 2000, stream())
    assert float(uniform.abs().max()) <= 1
    assert float(uniform.std()) == pytest.approx(1 / math.sqrt(3), abs=0.01)
    sphere = sample_latent(Latent(64, "sphere"), 100, stream())
    torch.testing.assert_close(sphere.norm(dim=1), torch.full((100,), 8.0))


def test_truncation() -> None:
    cut = sample_latent(Latent(64), 500, stream(), truncation=0.7)
    assert float(cut.abs().max()) <= 0.7
    wide = sample_latent(Latent(64), 500, stream(), truncation=5.0)
    assert float((cut.sign() == wide.sign()).float().mean()) == 1.0
    assert float(sample_latent(Latent(8, "uniform"), 50, stream(), 0.5).abs().max()) <= 0.5
    with pytest.raises(ValueError, match="sphere"):
        sample_latent(Latent(8, "sphere"), 4, stream(), 0.5)
    with pytest.raises(ValueError, match="above 0"):
        sample_latent(Latent(8), 4, stream(), 0.0)


def test_walks() -> None:
    a, b = (
        to_sphere(torch.randn(5, 16, generator=stream())),
        to_sphere(torch.randn(5, 16, generator=stream(1))),
    )
    for walk in (lerp, slerp):
        torch.testing.assert_close(walk(a, b, 0.0), a)
        torch.testing.assert_close(walk(a, b, 1.0), b)
    torch.testing.assert_close(slerp(a, b, 0.3).norm(dim=1), torch.full((5,), 4.0))
    torch.testing.assert_close(slerp(a, 2 * a, 0.5), 1.5 * a)
    right = slerp(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]]), 0.5)
    torch.testing.assert_close(right, torch.full((1, 2), math.sqrt(0.5)))
