"""Directions of attributes, against closed forms and a generator whose attributes are known."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from medgan_fashion.gan import Model, Recipe
from medgan_fashion.gan.latent.directions import (
    METHODS,
    apply_direction,
    find_direction,
    logistic_direction,
    mean_difference,
    orthogonal_to,
    ridge_direction,
    score_direction,
)
from medgan_fashion.gan.networks.card import DataCard
from medgan_fashion.gan.recipe.spec import Latent

D = 6


class Known(nn.Module):
    """Brightness is z[0], contrast between the halves z[1], of images (1, 2, 2)."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(0.1))

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        halves = torch.stack([z[:, 0] + z[:, 1], z[:, 0] - z[:, 1]], 1)
        return (self.scale * halves)[:, None, :, None].expand(-1, 1, 2, 2)


def _known() -> Model:
    card = DataCard((1, 2, 2), (0.0, 1.0), "float32")
    networks: dict[str, nn.Module] = {"generator": Known(), "discriminator": Known()}
    return Model(Recipe(latent=Latent(D)), card, networks, {})


def brightness(images: Tensor) -> Tensor:
    return images.mean((1, 2, 3))


def contrast(images: Tensor) -> Tensor:
    return (images[:, 0, 0] - images[:, 0, 1]).mean(1)


def _latents(n: int = 4000) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, D))


def test_the_difference_of_means() -> None:
    z = np.array([[1.0, 0.0], [3.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
    assert np.allclose(mean_difference(z, np.array([1.0, 1.0, 0.0, 0.0])), np.array([2.0, -1.0]) / 5**0.5)


def test_ridge_is_the_closed_form() -> None:
    """On orthogonal columns of equal length the ridge only shortens, and the direction is the covariance's."""
    z = np.array([[1.0, 1], [1, -1], [-1, 1], [-1, -1]])
    for strength in (0.0, 0.5):
        assert np.allclose(ridge_direction(z, z @ np.array([3.0, 4.0]) + 7, strength), [0.6, 0.8])
    slope = np.array([1.0, -2, 0, 0, 2, 0])
    noisy = _latents() @ slope + np.random.default_rng(1).normal(size=4000)
    assert ridge_direction(_latents(), noisy) @ slope / 3 > 0.999


def test_logistic_finds_what_made_the_labels_though_the_latents_are_stretched() -> None:
    rng = np.random.default_rng(2)
    z = _latents() * np.array([3.0, 1, 1, 1, 1, 1]) + np.array([0.0, 5, 0, 0, 0, 0])
    slope = np.array([0.6, 0.8, 0, 0, 0, 0])
    label = (rng.random(4000) < 1 / (1 + np.exp(-2 * (z - z.mean(0)) @ slope))).astype(float)
    assert logistic_direction(z, label, 1e-4) @ slope > 0.99
    # the mean's difference leans to where the latents vary
    assert mean_difference(z, label)[0] > 0.9
    apart = (z[:, 2] > 0).astype(float)
    assert logistic_direction(z, apart)[2] > 0.99  # separable: the ridge keeps it finite


def test_orthogonal_to_others() -> None:
    one, other = np.eye(4)[0], np.array([1.0, 1, 0, 0])
    found = orthogonal_to(np.array([1.0, 2, 3, 0]), [one, other, 2 * one])
    assert np.allclose(found, np.eye(4)[2])
    assert np.allclose(orthogonal_to(np.array([0.0, 0, 0, 4.0]), []), np.eye(4)[3])
    with pytest.raises(ValueError, match="lies in the others"):
        orthogonal_to(one + other, [one, other])


def test_a_direction_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no direction to learn"):
        ridge_direction(_latents(50), np.ones(50))
    for method in (mean_difference, logistic_direction):
        with pytest.raises(ValueError, match="no contrast"):
            method(_latents(50), np.ones(50))


@pytest.mark.parametrize("method", METHODS)
def test_brightness_is_where_the_generator_has_it(method: str) -> None:
    # any (n,) numbers will do for a judge, NumPy's too
    judge = (
        (lambda images: brightness(images).numpy()) if method == "ridge" else lambda images: brightness(images) > 0.5
    )
    vector, score = find_direction(_known(), judge, method=method, n=2048)
    assert vector.dtype == np.float32
    assert vector[0] > 0.95
    _, smooth = find_direction(_known(), brightness, n=256)
    assert smooth.share == 1.0
    assert score.n == 512
    assert score.change > 0


def test_the_share_counts_what_moved_the_right_way() -> None:
    model, z = _known(), torch.randn(64, D, generator=torch.Generator().manual_seed(0))
    up, nothing = np.eye(D)[0], np.eye(D)[3]
    assert score_direction(model, brightness, up, z).share == 1.0
    assert score_direction(model, brightness, -up, z).share == 0.0
    beside = score_direction(model, contrast, up, z)  # keeps z's length, so the contrast shrinks to and fro alike
    assert 0.3 < beside.share < 0.7
    assert score_direction(model, lambda images: torch.zeros(len(images)), up, z).share == 0.5
    still, moved = (score_direction(model, brightness, one, z) for one in (nothing, up))
    assert abs(still.change) < 0.01
    assert moved.change > 1.5 * moved.random_change > 0


def test_one_direction_without_another() -> None:
    model = _known()
    bright, _ = find_direction(model, brightness)
    mixed, _ = find_direction(model, lambda images: brightness(images) + contrast(images))
    alone, score = find_direction(model, lambda images: brightness(images) + contrast(images), against=[bright])
    assert mixed[0] > 0.3
    assert abs(float(alone @ bright)) < 1e-6
    assert alone[1] > 0.95
    assert score.share > 0.9


def test_a_move_keeps_the_prior() -> None:
    z = torch.randn(5, 8, generator=torch.Generator().manual_seed(0))
    moved = apply_direction(z, np.eye(8)[0], 2.0, Latent(8))
    assert torch.allclose(moved.norm(dim=1), z.norm(dim=1))
    inside = apply_direction(z.clamp(-1, 1), np.eye(8)[0], 2.0, Latent(8, "uniform"))
    assert float(inside.max()) == 1.0


def test_refusals() -> None:
    with pytest.raises(ValueError, match="choose from mean, ridge, logistic"):
        find_direction(_known(), brightness, method="svm")
    with pytest.raises(ValueError, match=r"outside \[0, 1\]"):
        find_direction(_known(), lambda images: 9 * brightness(images), method="mean")
