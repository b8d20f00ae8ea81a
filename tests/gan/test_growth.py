"""Growth: a pure schedule, a fade without a jump, a resume in its middle, and the same gradients with less memory."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from medgan_fashion.gan import RECIPES, Growth, Model, ProGANConfig, Recipe, load_model, save_model, train
from medgan_fashion.gan.losses.penalties import gradient_penalty
from medgan_fashion.gan.networks.build import build_networks
from medgan_fashion.gan.networks.progressive import PixelNorm, equalised, level_widths
from medgan_fashion.gan.recipe.schedules import (
    Growing,
    Stage,
    base_grid,
    batch_at,
    full_size,
    level_starts,
    shared_out,
    shrunk,
    stage_at,
)
from medgan_fashion.gan.schemes.base import Batch
from medgan_fashion.gan.schemes.table import build_scheme
from medgan_fashion.gan.training import loop as training
from medgan_fashion.gan.training.data import Describe, open_source
from medgan_fashion.gan.training.state import grow, new_state, published

from .test_recipes import phantoms, tiny

SHAPE = (1, 20, 16)


def pair(shape: tuple[int, ...] = SHAPE, name: str = "progan", **changes: int) -> tuple[Growing, Growing]:
    recipe = tiny(name)
    made = build_networks(replace(recipe, networks=replace(recipe.networks, **changes)), shape, 3, seed=0)
    g, d = made["generator"], made["discriminator"]
    assert isinstance(g, Growing)
    assert isinstance(d, Growing)
    return g, d


@pytest.mark.parametrize(
    ("size", "grid"),
    [((1280, 1024), (5, 4, 8)), ((80, 64), (5, 4, 4)), ((64, 48), (4, 3, 4)), ((32, 32), (4, 4, 3))],
)
def test_base_grids(size: tuple[int, int], grid: tuple[int, int, int]) -> None:
    assert base_grid(*size) == grid


def test_the_paper_s_widths() -> None:
    nets = RECIPES["progan"].networks
    assert isinstance(nets, ProGANConfig)
    assert level_widths(nets, 8) == [512, 512, 512, 512, 256, 128, 64, 32, 16]


def test_the_schedule_is_a_function_of_images_seen() -> None:
    growth = Growth(phase_images=(10,))
    at = [stage_at(growth, 2, seen) for seen in (0, 9, 10, 15, 20, 29, 30, 35, 40, 1000)]
    assert at == [
        *(Stage(0, 1.0), Stage(0, 1.0), Stage(1, 0.0), Stage(1, 0.5), Stage(1, 1.0)),
        *(Stage(1, 1.0), Stage(2, 0.0), Stage(2, 0.5), Stage(2, 1.0), Stage(2, 1.0)),
    ]
    assert [stage_at(growth, 2, seen).level for seen in level_starts(growth, 2)] == [0, 1, 2]
    assert all(stage_at(growth, 2, seen - 1).level == i for i, seen in enumerate(level_starts(growth, 2)[1:]))


def test_levels_may_differ_in_length() -> None:
    growth = Growth((100, 20, 5))
    assert level_starts(growth, 4) == [0, 100, 140, 150, 160]
    assert stage_at(growth, 4, 110) == Stage(1, 0.5)
    assert stage_at(growth, 4, 164) == Stage(4, 0.8)
    assert level_starts(growth, 1) == [0, 100]


def test_batches_by_level_and_sharing_out() -> None:
    recipe = replace(RECIPES["progan"], growth=Growth((5,), (64, 32, 8)))
    assert [batch_at(recipe, level) for level in range(5)] == [64, 32, 8, 8, 8]
    assert batch_at(replace(recipe, growth=Growth((5,))), 3) == recipe.batch
    shared = shared_out(recipe, (1, 80, 64), 1_000)
    assert shared.growth == Growth((100,), (64, 32, 8))
    assert shared_out(RECIPES["dcgan"], (1, 80, 64), 1_000) == RECIPES["dcgan"]
    with pytest.raises(ValueError, match="10 phases"):
        shared_out(recipe, (1, 80, 64), 9)


@pytest.mark.parametrize("shape", [(1, 20, 16), (3, 32, 32), (1, 16, 12)])
@pytest.mark.parametrize("level", [1, 2])
def test_the_generator_s_fade_starts_where_the_last_level_ended(shape: tuple[int, ...], level: int) -> None:
    g, _ = pair(shape)
    z = torch.randn(5, 8)
    g.stage = Stage(level - 1, 1.0)
    before = g(z)
    g.stage = Stage(level, 0.0)
    assert torch.equal(g(z), interpolate(before, scale_factor=2, mode="nearest"))
    g.stage = Stage(level, 1.0)
    whole = g(z)
    g.stage = Stage(level, 1 - 1e-7)
    torch.testing.assert_close(g(z), whole)


@pytest.mark.parametrize("level", [1, 2])
def test_the_critic_s_fade_starts_where_the_last_level_ended(level: int) -> None:
    _, d = pair()
    images = torch.randn(8, 1, 5 * 2**level, 4 * 2**level)
    d.stage = Stage(level, 0.0)
    faded = d(images).logits
    d.stage = Stage(level - 1, 1.0)
    torch.testing.assert_close(faded, d(avg_pool2d(images, 2)).logits)


def test_reals_fade_as_the_generator_s_images_do() -> None:
    reals = torch.rand(2, 1, 20, 16)
    small = avg_pool2d(reals, 4)
    assert torch.equal(shrunk(reals, Stage(0, 1.0)), small)
    assert torch.allclose(shrunk(reals, Stage(1, 0.0)), interpolate(small, scale_factor=2))
    assert torch.equal(shrunk(reals, Stage(2, 1.0)), reals)
    half = 0.5 * reals + 0.5 * interpolate(avg_pool2d(reals, 2), scale_factor=2)
    assert torch.allclose(shrunk(reals, Stage(2, 0.5)), half)
    assert full_size(small, (1, 20, 16)).shape == (2, 1, 20, 16)


def test_equalised_weights_and_pixel_norm() -> None:
    layer = equalised(torch.nn.Linear(4, 3), gain=2.0)
    raw = layer.get_parameter("parametrizations.weight.original")
    x = torch.randn(6, 4)
    assert torch.allclose(layer(x), x @ raw.T * (2 / np.sqrt(4)))
    wide = equalised(torch.nn.Conv2d(64, 256, 3), gain=1.0)
    assert abs(float(wide(torch.randn(4, 64, 9, 9)).detach().std()) - 1) < 0.05
    assert torch.allclose(PixelNorm()(torch.tensor([[3.0, 4.0]])), torch.tensor([[3.0, 4.0]]) / np.sqrt(12.5))


def _gradients(recompute_from: int, **how: bool) -> list[Tensor]:
    g, d = pair(recompute_from=recompute_from)
    g.stage = d.stage = Stage(2, 0.5)
    fake = g(torch.randn(4, 8, generator=torch.Generator().manual_seed(1)))
    real = torch.rand(4, 1, 20, 16, generator=torch.Generator().manual_seed(2))
    loss = d(fake).logits.sum()
    if how["penalised"]:
        loss = loss + gradient_penalty(lambda x: d(x).logits, real, fake, torch.Generator().manual_seed(3))
    loss.backward()
    return [p.grad for net in (g, d) for p in net.parameters() if p.grad is not None]


@pytest.mark.parametrize("penalised", [False, True])
def test_recomputed_activations_give_the_same_gradients(penalised: bool) -> None:
    kept, recomputed = _gradients(99, penalised=penalised), _gradients(1, penalised=penalised)
    assert len(kept) == len(recomputed) > 20
    for a, b in zip(kept, recomputed, strict=True):
        assert torch.equal(a, b)


def test_optimizers_start_afresh_at_a_level_and_only_there() -> None:
    recipe, (images, labels) = tiny("progan"), phantoms()
    source = open_source(images, Describe(labels))
    state = new_state(recipe, source.card, 0, build_scheme(recipe), torch.device("cpu"))
    assert grow(state) == Stage(0, 1.0)
    for optimizer in state.optimizers.values():
        optimizer.state[torch.zeros(1)] = {}
    state.images_seen = 3
    grow(state)
    assert all(optimizer.state for optimizer in state.optimizers.values())
    state.images_seen = 4
    assert grow(state) == Stage(1, 0.0)
    assert not any(optimizer.state for optimizer in state.optimizers.values())
    assert all(net.stage == Stage(1, 0.0) for net in state.average.values() if isinstance(net, Growing))


@pytest.mark.parametrize("name", ["progan", "progan_small"])
@pytest.mark.parametrize("killed_at", [24, 56])  # within the fades to levels 1 and 2
def test_resume_within_a_fade_is_bitwise(
    name: str, killed_at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(tiny(name), growth=Growth((16,), (8, 4)), ema_half_life=50)
    images, labels = phantoms()

    def go(out: Path):
        return train(recipe, images, labels=labels, images_seen=80, out=out, progress=False, check_every=16)

    whole = go(tmp_path / "whole")

    class Killed(Exception):
        pass

    def stop(seed: int, position: int, batch: int):
        if position >= killed_at:
            raise Killed
        return fetch(seed, position, batch)

    opened = training.open_source(images, Describe(labels))
    fetch = opened.fetch
    with monkeypatch.context() as patch:
        patch.setattr(training, "open_source", lambda *_: replace(opened, fetch=stop))
        patch.setattr(training.time, "monotonic", iter(range(0, 10**9, 1000)).__next__)  # a checkpoint each turn
        with pytest.raises(Killed):
            go(tmp_path / "killed")
    stage = stage_at(Growth((16,)), 2, killed_at)
    assert 0 < stage.fade < 1
    resumed = go(tmp_path / "killed")
    for net in ("generator", "discriminator"):
        ours, theirs = getattr(resumed.model, net).state_dict(), getattr(whole.model, net).state_dict()
        assert all(torch.equal(ours[key], theirs[key]) for key in theirs)


def test_a_model_that_did_not_finish_growing_draws_full_size(tmp_path: Path) -> None:
    images, labels = phantoms(24, (1, 20, 16))
    recipe = tiny("progan")
    source = open_source(images, Describe(labels))
    state = new_state(recipe, source.card, 0, build_scheme(recipe), torch.device("cpu"))
    state.images_seen = 5
    grow(state)
    save_model(Model(recipe, source.card, published(state), {}), tmp_path / "m.safetensors")
    model = load_model(tmp_path / "m.safetensors")
    assert isinstance(model.generator, Growing)
    assert model.generator.stage == Stage(1, 0.25)
    made = model.generate(3)
    assert made.shape == (3, 1, 20, 16)
    assert model.discriminate(made).logits.shape == (3, 1)
    assert torch.equal(made[:, :, ::2, ::2], made[:, :, 1::2, 1::2])


def test_what_does_not_fit_is_refused_at_the_door() -> None:
    images, labels = phantoms(24, (1, 20, 16))
    with pytest.raises(ValueError, match=r"level 2 of 2 is faded in, at 16 images"):
        train(tiny("progan"), images, labels=labels, images_seen=8, progress=False)
    with pytest.raises(ValueError, match="needs growth"):
        replace(RECIPES["progan"], growth=None)
    with pytest.raises(ValueError, match="another batch at each level"):
        train(tiny("progan"), lambda seed, seen: images[:8], images_seen=80, progress=False)


def test_a_turn_at_every_level_moves_every_active_weight() -> None:
    recipe: Recipe = tiny("progan_small")
    images, labels = phantoms(24, (1, 20, 16))
    source = open_source(images, Describe(labels))
    scheme = build_scheme(recipe)
    state = new_state(recipe, source.card, 0, scheme, torch.device("cpu"))
    for level, seen in enumerate((0, 6, 14)):
        state.images_seen = seen
        stage = grow(state)
        assert stage is not None
        assert stage.level == level
        real, y = source.fetch(0, seen, 8)
        batch = Batch(shrunk(real * 2 - 1, stage), y, 0, 0)
        loss = scheme.steps[1].loss(state.networks, batch)["generator"]
        state.networks["generator"].zero_grad(set_to_none=True)
        loss.backward()
        touched = [n for n, p in state.networks["generator"].named_parameters() if p.grad is not None]
        assert any(name.startswith(f"to_image.{level}") for name in touched)
        assert not any(name.startswith(f"blocks.{level}") for name in touched)
