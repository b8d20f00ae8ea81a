"""The search on objectives whose maximum is known, and what it promises about seeds, batches and bad values."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from medgan_fashion.gan.latent.search import SearchConfig, noise_at, rate_at, search_latents
from medgan_fashion.gan.networks.latent import free_from, kept_within, latent_from, prior_term
from medgan_fashion.gan.recipe.table import Latent

QUICK = SearchConfig(starts=3, candidates=12, steps=80, prior_weight=0.0, batch=16)
PRIORS = ("normal", "uniform", "sphere")


def targets(latent: Latent, n: int = 4) -> Tensor:
    return latent_from(latent, 0.8 * torch.randn(n, latent.size, generator=torch.Generator().manual_seed(5)))


def near(wanted: Tensor, first: int = 0):
    return lambda z, problem, generator: -(z - wanted[problem - first]).square().sum(1)


@pytest.mark.parametrize("prior", PRIORS)
def test_finds_the_known_maximum(prior: str) -> None:
    latent = Latent(6, prior)  # pyright: ignore[reportArgumentType]
    wanted = targets(latent)
    found = search_latents(near(wanted), latent, 4, QUICK, seed=0)
    assert found.z.shape == (4, 3, 6)
    assert found.values.shape == (4, 3)
    torch.testing.assert_close(found.z[:, 0], wanted, atol=0.05, rtol=0)
    assert bool((found.values.diff(dim=1) <= 0).all())
    again = latent_from(latent, free_from(latent, wanted))
    torch.testing.assert_close(again, wanted, atol=1e-3, rtol=0)


@pytest.mark.parametrize("prior", PRIORS)
def test_a_problem_is_answered_the_same_alone_and_in_any_batch(prior: str) -> None:
    latent = Latent(6, prior)  # pyright: ignore[reportArgumentType]
    wanted = targets(latent)
    together = search_latents(near(wanted), latent, 4, QUICK, seed=3)
    alone = search_latents(near(wanted[2:3], 2), latent, 1, replace(QUICK, batch=2), seed=3, first=2)
    torch.testing.assert_close(alone.z[0], together.z[2], atol=1e-4, rtol=0)
    other = search_latents(near(wanted), latent, 4, QUICK, seed=4)
    assert not torch.equal(other.z, together.z)


def test_shared_draws_of_the_objective_do_not_depend_on_the_batch() -> None:
    latent, wanted = Latent(6), targets(Latent(6))

    def trembling(z: Tensor, problem: Tensor, generator: torch.Generator) -> Tensor:
        return -(z - wanted[problem] + 0.1 * torch.randn(6, generator=generator)).square().sum(1)

    before = torch.random.get_rng_state()
    a = search_latents(trembling, latent, 4, QUICK, seed=0)
    b = search_latents(trembling, latent, 4, replace(QUICK, batch=1), seed=0)
    torch.testing.assert_close(a.z, b.z, atol=1e-4, rtol=0)
    assert torch.equal(before, torch.random.get_rng_state())


def test_climbs_with_no_slope_in_the_weights_and_inside_no_grad() -> None:
    network = torch.nn.Linear(6, 1)
    with torch.no_grad():
        found = search_latents(lambda z, problem, generator: network(z)[:, 0], Latent(6, "sphere"), 2, QUICK, seed=0)
    assert network.weight.grad is None
    assert network.weight.requires_grad
    assert not found.z.requires_grad
    # the best point of a sphere for a linear score lies along its weights
    cosine = torch.cosine_similarity(found.z[:, 0], network.weight.detach(), dim=1)
    assert float(cosine.min()) > 0.99
    torch.testing.assert_close(found.z.norm(dim=2), torch.full((2, 3), 6**0.5))


def test_the_prior_bounds_what_an_endless_slope_would_run_away_with() -> None:
    latent = Latent(16)

    def slope(z: Tensor, problem: Tensor, generator: torch.Generator) -> Tensor:
        return 10 * z.sum(1)

    free = search_latents(slope, latent, 1, QUICK, seed=0).z.norm(dim=2).max()
    held = search_latents(slope, latent, 1, replace(QUICK, prior_weight=5.0), seed=0).z.norm(dim=2).max()
    ball = search_latents(slope, latent, 1, replace(QUICK, ball=1.0), seed=0).z.norm(dim=2).max()
    assert float(held) < float(free)
    assert float(ball) <= 4.0 + 1e-4
    assert float(prior_term(latent, torch.ones(1, 16))) == 0
    assert float(prior_term(latent, torch.full((1, 16), 2.0))) == pytest.approx((64 - 16) ** 2 / 32)
    assert float(kept_within(latent, torch.ones(1, 16), 0.5).norm()) == pytest.approx(2.0)


def test_a_given_start_is_climbed_and_never_made_worse() -> None:
    latent, wanted = Latent(6), targets(Latent(6))
    found = search_latents(near(wanted), latent, 4, replace(QUICK, steps=1), seed=0, start=wanted[:, None])
    torch.testing.assert_close(found.z[:, 0], wanted)
    with pytest.raises(ValueError, match=r"give \(4, 1 to 3, d\)"):
        search_latents(near(wanted), latent, 4, QUICK, seed=0, start=wanted)


def test_rows_that_are_not_finite_are_dropped() -> None:
    latent, wanted = Latent(6), targets(Latent(6))

    def broken(z: Tensor, problem: Tensor, generator: torch.Generator) -> Tensor:
        value = -(z - wanted[problem]).square().sum(1)
        return torch.where(z[:, 0] > 0.3, torch.nan, value * torch.where(z[:, 1] > 0, 1.0, torch.inf))

    found = search_latents(broken, latent, 4, replace(QUICK, starts=12), seed=0)
    assert bool(found.values.isfinite().all())
    assert bool(found.z.isfinite().all())
    with pytest.raises(ValueError, match="problem 0 is finite at none of 12"):
        search_latents(lambda z, p, g: z.sum(1) * torch.nan, latent, 1, QUICK, seed=0)
    with pytest.raises(ValueError, match="one value each"):
        search_latents(lambda z, p, g: z, latent, 1, QUICK, seed=0)


def test_more_starts_never_find_less() -> None:
    latent = Latent(2)

    def wavy(z: Tensor, problem: Tensor, generator: torch.Generator) -> Tensor:
        return torch.cos(5 * z).sum(1) - 0.1 * (z - 1.3).square().sum(1)

    best = [
        search_latents(wavy, latent, 3, replace(QUICK, starts=n, noise=0.0), seed=1).values[:, 0] for n in (1, 4, 12)
    ]
    assert bool((best[1] >= best[0] - 1e-4).all())
    assert bool((best[2] >= best[1] - 1e-4).all())


def test_schedules() -> None:
    assert (rate_at(0.0), rate_at(0.025), rate_at(0.5)) == (0.0, 0.5, 1.0)
    assert rate_at(0.875) == pytest.approx(0.5)
    assert rate_at(1.0) == 0.0
    assert (noise_at(0.0), noise_at(0.375), noise_at(0.75), noise_at(1.0)) == (1.0, 0.25, 0.0, 0.0)
    with pytest.raises(ValueError, match="starts is 300"):
        SearchConfig(starts=300)
