"""Path smoothness: a linear generator has a closed form, and a planted jump is found."""

import numpy as np
import pytest
import torch

from medgan_fashion.evaluation.images.smoothness import path_length, strip_steps
from medgan_fashion.gan.networks.latent import lerp, to_sphere


def flat(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1)


def right_angles(n: int, k: int, radius: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Pairs of latents (n, k) of length `radius` at right angles to each other."""
    draws = torch.randn(n, k, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    q = torch.linalg.qr(draws).Q * radius
    return q[..., 0], q[..., 1]


def turned(scale: float, k: int) -> torch.Tensor:
    """scale x a rotation (k, k)."""
    draws = torch.randn(k, k, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return scale * torch.linalg.qr(draws).Q


def linear(matrix: torch.Tensor):
    return lambda z: (z @ matrix.to(z)).reshape(len(z), 1, -1, 2)


@pytest.mark.parametrize("eps", [1e-3, 0.1])
def test_a_linear_generator_along_the_great_circle(eps: float) -> None:
    """Length r, a right angle, gain s: each step is a chord of the angle eps pi / 2 on a circle of radius r s."""
    first, second = right_angles(50, 8, radius=3.0)
    found = path_length(linear(turned(2.0, 8)), first, second, flat, eps=eps)
    expected = (2 * 3.0 * 2.0 * np.sin(eps * np.pi / 4) / eps) ** 2
    np.testing.assert_allclose(found.values, expected, rtol=2e-3)
    assert found.mean == pytest.approx(expected, rel=1e-3)
    assert found.trimmed == pytest.approx(expected, rel=1e-3)
    if eps < 0.01:
        assert found.mean == pytest.approx((3.0 * 2.0 * np.pi / 2) ** 2, rel=2e-3)


def test_a_linear_generator_along_the_straight_walk() -> None:
    first, second = right_angles(20, 8, radius=3.0)
    matrix = turned(0.5, 8)
    found = path_length(linear(matrix), first, second, flat, walk=lerp)
    np.testing.assert_allclose(found.values, 0.25 * 18.0, rtol=3e-3)  # |b - a|^2 = 9 + 9
    single = path_length(linear(matrix), first.float(), second.float(), flat, walk=lerp)
    assert single.mean == pytest.approx(found.mean, rel=0.01)  # latents of a model are float32


def test_a_steeper_generator_is_rougher_and_a_constant_one_is_0() -> None:
    first, second = right_angles(10, 8, 1.0)
    lengths = [path_length(linear(turned(s, 8)), first, second, flat).mean for s in (1.0, 3.0)]
    assert lengths[1] == pytest.approx(9 * lengths[0], rel=1e-2)
    assert path_length(lambda z: torch.ones(len(z), 1, 4, 4), first, second, flat).mean == 0


def test_an_even_walk_has_ratio_1_and_a_jump_is_found() -> None:
    first, second = right_angles(6, 8, 3.0)
    even = strip_steps(linear(turned(2.0, 8)), first, second, flat, steps=16)
    np.testing.assert_allclose(even.ratios, 1, rtol=1e-4)
    np.testing.assert_allclose(even.steps, 12 * np.sin(np.pi / 64), rtol=1e-4)
    axis = torch.eye(8, dtype=torch.float64)
    ends = 3 * axis[:1].repeat(6, 1), -3 * axis[:1].repeat(6, 1) + axis[1:2]

    def jumps(z: torch.Tensor) -> torch.Tensor:
        return (z[:, :1] > 0.5).double().reshape(-1, 1, 1, 1).expand(-1, 1, 4, 4)

    broken = strip_steps(jumps, *ends, flat, steps=16)
    np.testing.assert_allclose(broken.ratios, 16)
    assert broken.steps.shape == (6, 16)
    np.testing.assert_allclose(broken.steps.max(axis=1), 4)  # 16 pixels that change by 1
    assert broken.mean == pytest.approx(16)


def test_a_small_planted_jump_lies_between() -> None:
    """A walk of mean step m with a jump J at one step: the ratio is (m + J) / (m + J / S)."""
    first, second = torch.zeros(1, 2, dtype=torch.float64), torch.tensor([[1.0, 0.0]], dtype=torch.float64)

    def synth(z: torch.Tensor) -> torch.Tensor:
        return (z[:, :1] + 0.5 * (z[:, :1] > 0.55)).reshape(-1, 1, 1, 1)

    found = strip_steps(synth, first, second, flat, steps=10, walk=lerp)
    assert found.mean == pytest.approx((0.1 + 0.5) / (0.1 + 0.05), rel=1e-4)


def test_an_untrained_model_and_an_encoder_of_its_images() -> None:
    from medgan_fashion.evaluation.encoder import train_encoder
    from tests.evaluation.planted_images import stripes

    images, labels = stripes(40, 0)
    encoder = train_encoder(images, labels, 2, updates=5, seed=0)
    decode = torch.randn(8, 256, generator=torch.Generator().manual_seed(0))
    z = to_sphere(torch.randn(6, 8, generator=torch.Generator().manual_seed(1)))
    walk = (lambda z: torch.sigmoid(z @ decode).reshape(-1, 1, 16, 16), z, z.flip(1), encoder.features)
    found = path_length(*walk, seed=1)
    assert found.mean > 0
    assert found.values.shape == (6,)
    assert 1 <= strip_steps(*walk, steps=4).mean <= 4
    np.testing.assert_array_equal(found.values, path_length(*walk, seed=1).values)


def test_what_does_not_fit_is_refused() -> None:
    z = torch.zeros(2, 4)
    with pytest.raises(ValueError, match="must both be the same"):
        path_length(lambda z: z, z, z[:1], flat)
    with pytest.raises(ValueError, match="eps 0 must lie between"):
        path_length(lambda z: z, z, z, flat, eps=0)
    with pytest.raises(ValueError, match="1 steps make no strip"):
        strip_steps(lambda z: z, z, z, flat, steps=1)
