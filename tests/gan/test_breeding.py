"""Breeding of latents keeps the prior, whatever it is, and what is not to change."""

from typing import Literal

import pytest
import torch

from medgan_fashion.gan.networks.latent import between, crossed, mutated, sample_latent
from medgan_fashion.gan.recipe.table import Latent

PRIORS: tuple[Literal["normal", "uniform", "sphere"], ...] = ("normal", "uniform", "sphere")


def _of(prior: Literal["normal", "uniform", "sphere"], n: int = 4000, seed: int = 0) -> tuple[Latent, torch.Tensor]:
    latent = Latent(size=16, prior=prior)
    return latent, sample_latent(latent, n, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("prior", PRIORS)
def test_strength_0_changes_nothing_and_1_keeps_nothing(prior: Literal["normal", "uniform", "sphere"]) -> None:
    latent, z = _of(prior)
    assert torch.allclose(mutated(latent, z, 0.0, torch.Generator()), z, atol=1e-6)
    far = mutated(latent, z, 1.0, torch.Generator().manual_seed(1))
    assert abs(float((far * z).mean())) < 0.02


@pytest.mark.parametrize("prior", PRIORS)
def test_many_generations_stay_under_the_prior(prior: Literal["normal", "uniform", "sphere"]) -> None:
    latent, z = _of(prior)
    generator, spread, length = torch.Generator().manual_seed(2), z.std(), z.norm(dim=1).mean()
    for _ in range(10):
        z = mutated(latent, z, 0.5, generator)
        z = crossed(latent, z, z.roll(1, 0), generator)
    assert z.std() == pytest.approx(float(spread), rel=0.03)
    assert z.norm(dim=1).mean() == pytest.approx(float(length), rel=0.03)
    assert prior != "uniform" or float(z.abs().max()) <= 1


@pytest.mark.parametrize("prior", ["normal", "uniform"])
def test_a_child_has_each_coordinate_from_one_parent(prior: Literal["normal", "uniform"]) -> None:
    latent, z = _of(prior, 2)
    child = crossed(latent, z[0], z[1], torch.Generator().manual_seed(3))
    assert bool(((child == z[0]) | (child == z[1])).all())
    assert not torch.equal(child, z[0])
    assert not torch.equal(child, z[1])


@pytest.mark.parametrize("prior", PRIORS)
def test_a_walk_starts_and_ends_at_its_ends(prior: Literal["normal", "uniform", "sphere"]) -> None:
    latent, z = _of(prior, 2)
    assert torch.allclose(between(latent, z[0], z[1], 0.0), z[0], atol=1e-5)
    assert torch.allclose(between(latent, z[0], z[1], 1.0), z[1], atol=1e-5)


def test_another_strength_is_refused() -> None:
    latent, z = _of("normal", 2)
    with pytest.raises(ValueError, match=r"strength is 1.5; it must lie in \[0, 1\]"):
        mutated(latent, z, 1.5, torch.Generator())
