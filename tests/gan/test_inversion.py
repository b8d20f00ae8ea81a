"""Planted inversion: pictures that a generator made come back, under masks, labels, growth and no labels alike."""

from dataclasses import replace
from functools import cache

import pytest
import torch
from torch import Tensor

from medgan_fashion.gan import Model, train
from medgan_fashion.gan.latent.inversion import FrozenCritic, InversionConfig, invert, map_distance, psnr
from medgan_fashion.gan.latent.search import SearchConfig
from medgan_fashion.gan.networks.latent import sample_latent
from tests.gan.test_recipes import phantoms, tiny

QUICK = InversionConfig(
    SearchConfig(
        starts=4, candidates=64, steps=120, learning_rate=0.1, noise=0.02, prior_weight=1e-3, check_every=20, batch=128
    )
)
FLOOR = replace(QUICK, search=replace(QUICK.search, starts=1, candidates=256, steps=1, learning_rate=0.0))


@cache
def model_of(name: str, channels: int = 3) -> Model:
    images, labels = phantoms(24, (channels, 16, 16))
    return train(tiny(name), images * 255, labels=labels, value_range=(0, 255), images_seen=160, progress=False).model


def planted(model: Model, n: int = 4) -> tuple[Tensor, Tensor | None]:
    z = sample_latent(model.latent, n, torch.Generator().manual_seed(7))
    y = model.labels(None, n)
    with torch.no_grad():
        return model.synthesize(z, y).clamp(*model.card.value_range), y


@pytest.mark.parametrize(
    ("name", "channels", "steps"), [("small", 3, 120), ("mlp_gan", 1, 120), ("progan_small", 1, 240)]
)
def test_what_a_generator_made_comes_back(name: str, channels: int, steps: int) -> None:
    model = model_of(name, channels)
    targets, y = planted(model)
    config = replace(QUICK, search=replace(QUICK.search, steps=steps))
    found, floor = (invert(model, targets, y, config=c, seed=0) for c in (config, FLOOR))
    assert found.images.shape == targets.shape
    assert float(found.psnr.median()) > 30
    assert float(found.psnr.median()) > float(floor.psnr.median()) + 6
    assert float(found.feature_distance.median()) < float(floor.feature_distance.median())
    with torch.no_grad():
        torch.testing.assert_close(model.synthesize(found.z, y).clamp(0, 255), found.images)
    assert all(p.grad is None for net in (model.generator, model.discriminator) for p in net.parameters())


def test_a_target_is_answered_the_same_alone_and_more_restarts_never_hurt() -> None:
    model = model_of("small")
    targets, y = planted(model)
    assert y is not None
    short = replace(QUICK, search=replace(QUICK.search, steps=20, noise=0.0))
    together = invert(model, targets, y, config=short, seed=0)
    alone = invert(model, targets[:1], y[:1], config=replace(short, search=replace(short.search, batch=3)), seed=0)
    torch.testing.assert_close(alone.psnr, together.psnr[:1], atol=0.05, rtol=0)

    def loss(starts: int) -> Tensor:
        config = replace(short, feature_weight=0.0, search=replace(short.search, starts=starts, prior_weight=0.0))
        return -invert(model, targets, y, config=config, seed=0).psnr

    one, four = loss(1), loss(4)
    assert bool((four <= one + 1e-2).all())


def test_only_the_inside_of_the_mask_counts() -> None:
    model = model_of("small")
    targets, y = planted(model)
    masks = torch.zeros(4, 16, 16, dtype=torch.bool)
    masks[:, 4:12, 4:12] = True
    torn = torch.where(masks[:, None], targets, 255 - targets)
    config = replace(QUICK, outside=0.0, feature_weight=0.0)
    found = invert(model, torn, y, masks=masks, config=config, seed=0)
    assert float(found.psnr.median()) > 30
    everywhere = psnr(found.images, torn, torch.ones_like(masks), (0, 255))
    assert float(everywhere.median()) < 20


def test_an_encoder_gives_a_start() -> None:
    model = model_of("small")
    targets, y = planted(model)
    z = sample_latent(model.latent, 4, torch.Generator().manual_seed(7))
    config = replace(QUICK, search=replace(QUICK.search, starts=1, candidates=1, steps=1, learning_rate=0.0))
    found = invert(model, targets, y, config=config, encoder=lambda images, labels: z)
    torch.testing.assert_close(found.z, z)
    assert float(found.psnr.min()) > 60


def test_distances_by_hand() -> None:
    a, b = torch.zeros(1, 2, 2, 2), torch.ones(1, 2, 2, 2)
    b[:, :, 0] = 3.0
    masks = torch.tensor([[[True, False], [False, False]]])
    assert float(psnr(a, b, masks, (0, 30))) == pytest.approx(20.0)
    assert float(psnr(a, a, masks, (0, 30))) == pytest.approx(100.0)
    weight = torch.tensor([[[[1.0, 0.0], [0.0, 0.0]]]])
    assert float(map_distance(a, b, weight)) == pytest.approx(1.0)
    assert float(map_distance(b + 1, b, weight)) == pytest.approx(1 / 9)
    assert float(map_distance(torch.tensor([[3.0, 4.0]]), torch.tensor([[0.0, 4.0]]), weight)) == pytest.approx(9 / 16)


def test_a_frozen_critic_judges_an_image_the_same_in_any_company() -> None:
    model = model_of("small")
    targets, y = planted(model)
    assert y is not None
    critic = FrozenCritic(model)
    together = critic.logits(targets, y).detach()
    alone = torch.cat([critic.logits(targets[i : i + 1], y[i : i + 1]).detach() for i in range(4)])
    torch.testing.assert_close(alone, together, atol=1e-4, rtol=1e-4)
    with torch.no_grad():
        by_itself = model.discriminate(targets[:1], y[:1]).logits[:, 0]
    assert float((by_itself - together[:1]).abs()) > 1e-4
    maps = critic.maps(targets, y)
    assert [tuple(m.shape[2:]) for m in maps] == [(8, 8), (4, 4), (4, 4)]
    pixels = targets.clone().requires_grad_()
    critic.logits(pixels, y).sum().backward()
    assert pixels.grad is not None
    assert float(pixels.grad.abs().sum()) > 0


def test_a_frozen_critic_sees_inside_residual_blocks() -> None:
    model = model_of("biggan")
    targets, y = planted(model)
    sides = [m.shape[-1] for m in FrozenCritic(model).maps(targets, y)]
    assert sides == [16, 8, 8, 4, 4, 4]  # one activation in the block that sees the image, two in each other, the last


def test_bad_input_is_named() -> None:
    model = model_of("small")
    targets, y = planted(model)
    with pytest.raises(ValueError, match=r"draws images of \(3, 16, 16\)"):
        invert(model, targets[:, :1], y)
    with pytest.raises(ValueError, match="scale to"):
        invert(model, targets * 2, y)
    with pytest.raises(ValueError, match="give labels"):
        invert(model, targets)
    with pytest.raises(ValueError, match="2 labels for 4"):
        invert(model, targets, y[:2] if y is not None else None)
    with pytest.raises(ValueError, match="none of them empty"):
        invert(model, targets, y, masks=torch.zeros(4, 16, 16, dtype=torch.bool))
