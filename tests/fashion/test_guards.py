import numpy as np
import pytest
import torch

from medgan_fashion.fashion.config import ViewConfig
from medgan_fashion.fashion.design.realism import Judge, calibrate, random_view, verdicts
from medgan_fashion.gan.latent.inversion import FrozenCritic

from .tiny_atelier import atelier, catalogue, gan


def stream(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_view_of_nothing_is_the_picture() -> None:
    images = torch.rand(2, 3, 16, 16, generator=stream())
    plain = ViewConfig(crop=0.0, flip=False, noise=0.0, brightness=0.0)
    assert torch.allclose(random_view(images, plain, stream(1)), images, atol=1e-5)


def test_all_pictures_of_a_step_get_one_view_and_steps_differ() -> None:
    image = torch.rand(1, 3, 16, 16, generator=stream())
    both = random_view(image.expand(3, -1, -1, -1), ViewConfig(), stream(1))
    assert torch.allclose(both[0], both[2])
    assert both.amin() >= 0
    assert both.amax() <= 1
    assert not torch.allclose(both[0], random_view(image, ViewConfig(), stream(2))[0])


def test_views_keep_the_pictures_range_and_size_on_average_some_of_them_flipped() -> None:
    ramp = torch.linspace(0.2, 0.8, 16).expand(1, 3, 16, 16)
    slopes = []
    for seed in range(200):
        view = random_view(ramp, ViewConfig(crop=0.3, noise=0.0, brightness=0.0), stream(seed))
        assert view.amin() >= 0.2 - 1e-5
        assert view.amax() <= 0.8 + 1e-5
        slopes.append(float(view[0, 0, 0, 9] - view[0, 0, 0, 6]))
    assert min(slopes) < 0 < max(slopes)
    # as much in as out: otherwise designs come out too small or too large
    assert abs(float(np.mean(np.abs(slopes))) / (3 * 0.6 / 15) - 1) < 0.02


def test_views_are_differentiable() -> None:
    images = torch.full((1, 3, 16, 16), 0.5, requires_grad=True)
    random_view(images, ViewConfig(), stream()).sum().backward()
    assert images.grad is not None
    assert float(images.grad.abs().sum()) > 0


def test_the_median_photo_is_judged_1_whatever_the_logits_are() -> None:
    made = atelier()
    judge = calibrate(made)
    rows = np.flatnonzero(~catalogue().held_out)
    d = verdicts(judge, made, catalogue().floats(rows), catalogue().category[rows])
    assert np.median(d) == pytest.approx(1.0, abs=1e-3)
    stained = catalogue().floats(rows)
    stained[:, :, 0] = 0.0
    assert verdicts(judge, made, stained, catalogue().category[rows]).max() < 0.9


def test_a_perfect_least_squares_critic_keeps_its_own_scale() -> None:
    logits = torch.cat([torch.ones(50), torch.zeros(50)])
    scale = 2 * float((logits - 1).std(correction=0))
    judge = Judge(FrozenCritic(gan()), torch.ones(2), scale)
    white, black = torch.ones(1, 3, 16, 16), torch.zeros(1, 3, 16, 16)
    assert scale == pytest.approx(1.0)
    assert float(judge(white, torch.tensor([1]))) == pytest.approx(1.0)
    assert float(judge(black, torch.tensor([1]))) == pytest.approx(-3.0)  # its own logit: 1 - (2^2)
