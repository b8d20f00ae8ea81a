"""Does each game learn what was planted: all modes of a ring; a plane in pixel space, with the KL that theory gives."""

import math

import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from medgan_fashion.gan import Model, train
from medgan_fashion.gan.recipe.table import changed_recipe
from medgan_fashion.gan.schemes.autoencoding import kl_to_normal, reconstruction

CENTRES = 0.7 * np.stack([np.cos(np.arange(8) * np.pi / 4), np.sin(np.arange(8) * np.pi / 4)], 1)
NOISE = 0.05  # sd of a planted pixel in [-1, 1], where images span -1 .. 1


def ring(n: int) -> np.ndarray:
    """n points (n, 1, 1, 2) around eight centres on a circle, sd 0.05."""
    rng = np.random.default_rng(0)
    points = CENTRES[rng.integers(0, 8, n)] + 0.05 * rng.standard_normal((n, 2))
    return points.astype(np.float32).reshape(n, 1, 1, 2)


def shares(model: Model) -> np.ndarray:
    """The share of 2,000 samples that lies within three sd of each centre."""
    points = model.generate(2_000, seed=1).numpy().reshape(-1, 1, 2)
    return (np.linalg.norm(points - CENTRES, axis=2) < 0.15).mean(0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_synthesis_covers_all_modes_of_a_ring(seed: int) -> None:
    changes = {
        "networks": {"width": 64},
        "latent": {"size": 4},
        "relativistic": "paired",
        "penalties": [{"name": "r1", "weight": 0.02}],
        "batch": 128,
        "lr_g": 3e-3,
        "lr_d": 3e-3,
        "beta1": 0.0,
        "ema_half_life": 5_000,
    }
    recipe, points = changed_recipe("mlp_gan", changes), ring(4_000)
    how = {"value_range": (-1.0, 1.0), "seed": seed, "check_every": 20_000, "progress": False}
    before = shares(train(recipe, points, images_seen=128, **how).model)
    assert before.min() < 0.005
    trained = train(recipe, points, images_seen=128 * 1_500, **how)
    assert trained.alarm is None
    found = shares(trained.model)
    assert found.min() > 0.03  # a blot over the whole square would give 0.018 each
    assert found.sum() > 0.45


def plane(n: int, seed: int, size: int = 16) -> np.ndarray:
    """Images (n, 1, 16, 16) in [-1, 1]: two patterns of stripes, each times a number of sd 0.28, and noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size]
    patterns = np.stack(
        [np.cos(2 * np.pi * y / size), np.cos(2 * np.pi * x / size)]
    )  # at right angles, mean square 1/2
    images = np.einsum("nk,khw->nhw", rng.normal(0, 0.2 * math.sqrt(2), (n, 2)), patterns)
    return (images + NOISE * rng.standard_normal(images.shape)).clip(-1, 1)[:, None].astype(np.float32)


def autoencoder(kl: float, size: int) -> Model:
    changes = {
        "networks": {"width": 64},
        "latent": {"size": size},
        "autoencoding": {"kl": kl, "reconstruction": "l2"},
        "batch": 50,
        "lr_g": 2e-3,
    }
    how = {"value_range": (-1.0, 1.0), "check_every": 50_000, "progress": False}
    return train(changed_recipe("vae", changes), plane(2_000, 0), images_seen=75_000, **how).model


@pytest.mark.slow
def test_an_autoencoder_keeps_the_plane_and_leaves_the_noise() -> None:
    model, held = autoencoder(kl=0.0, size=2), torch.from_numpy(plane(500, 1))
    with torch.no_grad():
        error = float((model.reconstruct(held) - held).square().mean())
    assert float(held.square().mean()) > 0.07  # what one grey picture for all would be wrong by
    assert NOISE**2 * 0.95 < error < NOISE**2 * 1.3


@pytest.mark.slow
def test_a_variational_one_pays_the_kl_of_theory_and_draws_the_plane() -> None:
    """With l2 the pixels' variance is 1: probabilistic PCA, whose optimum has KL = 1/2 sum log lambda over the data's
    variances lambda > 1 along their components (Tipping and Bishop 1999; Lucas et al. 2019); others cost nothing."""
    model, held = autoencoder(kl=1.0, size=6), torch.from_numpy(plane(500, 1))
    with torch.no_grad():
        kl = float(kl_to_normal(*model.encode(held)))
        error = float((model.reconstruct(held) - held).square().mean())
    variances = np.linalg.eigvalsh(np.cov(plane(2_000, 0).reshape(2_000, -1).T))
    expected = 0.5 * float(np.log(variances[variances > 1]).sum())
    assert (variances > 1).sum() == 2
    assert kl == pytest.approx(expected, rel=0.15)
    assert error < NOISE**2 * 1.6
    drawn = model.generate(1_000, seed=3)
    assert drawn.shape == (1_000, 1, 16, 16)
    assert -1 <= float(drawn.min()) < float(drawn.max()) <= 1
    # its samples have the data's variance along the plane, less the pixels' own
    along = np.linalg.eigvalsh(np.cov(drawn.numpy().reshape(1_000, -1).T))
    assert along[-2:] == pytest.approx(variances[-2:] - 1, rel=0.3)
    assert along[:-2].sum() < 1


def test_kl_is_that_of_two_normals() -> None:
    mean, log_variance = torch.tensor([[0.5, -2.0], [1.0, 0.0]]), torch.tensor([[0.3, -1.0], [0.0, 2.0]])
    printed = kl_divergence(Normal(mean, (0.5 * log_variance).exp()), Normal(0.0, 1.0)).sum(1).mean()
    assert float(kl_to_normal(mean, log_variance)) == pytest.approx(float(printed))
    assert float(kl_to_normal(torch.zeros(3, 4), torch.zeros(3, 4))) == 0


def test_reconstruction_sums_over_an_image() -> None:
    made, real = torch.tensor([[[[0.0, 1.0]]], [[[-1.0, 0.5]]]]), torch.tensor([[[[1.0, 1.0]]], [[[-1.0, 0.0]]]])
    assert float(reconstruction("l2", made, real)) == pytest.approx(0.5 * (1 + 0.25) / 2)
    by_hand = -math.log(0.5) - 0.5 * (math.log(0.75) + math.log(0.25))
    assert float(reconstruction("bce", made, real)) == pytest.approx(by_hand / 2, abs=1e-4)
