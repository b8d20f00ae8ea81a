"""Projection and rejection, on principal components, where the nearest image is known in closed form."""

import math
from dataclasses import replace

import pytest
import torch

from medgan_fashion.gan import train
from medgan_fashion.gan.robustness.defence import (
    Spanner,
    at_quantiles,
    calibrated,
    contrast,
    contrast_kept,
    defended,
    distance,
    noise_images,
    outcome,
    projected,
    spanner_of,
)
from tests.gan.digits import SEARCH, components, defence, digits, onto, unaware
from tests.gan.test_recipes import phantoms, tiny


def test_a_search_without_a_first_guess_finds_the_least_squares_projection() -> None:
    images = digits("test")[0][:6]
    blind = replace(components(), encode=None)
    found = projected(blind, images, replace(SEARCH, starts=2, candidates=16, steps=300))
    torch.testing.assert_close(found.images, onto(images), atol=0.02, rtol=0)
    torch.testing.assert_close(found.distances, distance(found.images, images))
    assert bool((found.distances >= distance(onto(images), images) - 1e-4).all())
    guessed = projected(components(), images, SEARCH)
    torch.testing.assert_close(guessed.images, onto(images), atol=1e-4, rtol=0)


def test_an_image_is_projected_the_same_in_any_company() -> None:
    images = digits("test")[0][:6]
    blind = replace(components(), encode=None)
    together = projected(blind, images, SEARCH, seed=2)
    apart = projected(blind, images[4:], SEARCH, seed=2, first=4)
    torch.testing.assert_close(apart.z, together.z[4:], atol=1e-3, rtol=0)
    assert torch.equal(together.z, projected(blind, images, SEARCH, seed=2).z)
    assert not torch.equal(together.z, projected(blind, images, SEARCH, seed=3).z)


def test_the_threshold_rejects_noise_and_keeps_its_share_of_clean_images() -> None:
    held = digits("held")[0]
    verdicts = defended(defence(), held)
    assert float(verdicts.rejected.float().mean()) == pytest.approx(0.05, abs=0.006)
    assert bool(defended(defence(), noise_images(50, (1, 8, 8), (0, 1))).rejected.all())
    rows = at_quantiles(defended(defence(), unaware()), digits("test")[1], verdicts.projections.distances, (0.5, 0.99))
    assert rows[0].rejected > rows[1].rejected
    with pytest.raises(ValueError, match="quantile is 0"):
        calibrated(defence(), held, quantile=0.0)


def test_outcomes_by_hand() -> None:
    classes, labels = torch.tensor([0, 1, 1, 0]), torch.tensor([0, 1, 0, 1])
    rejected = torch.tensor([False, True, False, True])
    found = outcome(classes, rejected, labels)
    assert (found.accuracy, found.rejected, found.accepted_accuracy, found.fooled) == (0.5, 0.5, 0.5, 0.25)
    assert math.isnan(outcome(classes, torch.ones(4, dtype=torch.bool), labels).accepted_accuracy)


def test_what_is_left_of_a_lesions_contrast() -> None:
    masks = torch.zeros(3, 9, 9, dtype=torch.bool)
    masks[:, 3:6, 3:6] = True
    images = torch.full((3, 1, 9, 9), 0.2)
    images[:, :, 3:6, 3:6] = 0.6
    images[:, :, 0] = 1.0  # outside the ring of two pixels
    torch.testing.assert_close(contrast(images, masks, ring=2), torch.full((3,), 0.4))
    after = images.clone()
    after[0, :, 3:6, 3:6], after[1, :, 3:6, 3:6] = 0.3, 0.1
    torch.testing.assert_close(contrast_kept(images, after, masks, ring=2)[:2], torch.tensor([0.25, -0.25]))
    assert bool(contrast_kept(images * 0.1, after, masks, ring=2).isnan().all())
    assert bool(contrast(images, ~torch.zeros_like(masks)).isnan().all())


def test_any_model_that_draws_from_z_alone_is_a_spanner() -> None:
    images, labels = phantoms(24, (1, 16, 16))
    model = train(tiny("mlp_gan"), images * 255, value_range=(0, 255), images_seen=64, progress=False).model
    spanner = spanner_of(model)
    assert spanner.encode is None
    made = model.generate(2, seed=5)
    found = projected(spanner, made, replace(SEARCH, starts=4, candidates=64, steps=100))
    assert float(found.distances.max()) < 0.1 * float(distance(made[:1], made[1:]))
    assert all(w.grad is None for w in model.generator.parameters())
    asked = train(tiny("cgan"), images, labels=labels, images_seen=32, progress=False).model
    with pytest.raises(ValueError, match="draws from z alone"):
        spanner_of(asked)


def test_an_autoencoding_model_gives_its_first_guess() -> None:
    images, _ = phantoms(24, (1, 16, 16))
    model = train(tiny("vae"), images, images_seen=400, progress=False).model
    spanner = spanner_of(model)
    assert isinstance(spanner, Spanner)
    assert spanner.encode is not None
    target = torch.from_numpy(images[:4])
    guess = distance(spanner.draw(spanner.encode(target)), target)
    found = projected(spanner, target, replace(SEARCH, starts=1, candidates=1))
    assert bool((found.distances <= guess + 1e-5).all())
