"""One contract over the whole table of recipes: adding a row adds its tests."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from medgan_fashion.base.plain import from_plain, merged, to_plain
from medgan_fashion.gan import RECIPES, Model, Recipe, load_model, train
from medgan_fashion.gan.schemes.base import Scheme
from medgan_fashion.gan.schemes.table import build_scheme
from medgan_fashion.gan.training.data import Describe, Domains, open_source
from medgan_fashion.gan.training.loop import advance, fetch_batch
from medgan_fashion.gan.training.state import grow, new_state

SMALL = {"networks": {"width": 8, "max_width": 16}, "latent": {"size": 8}, "batch": 8}
GROWTH = {"phase_images": [4], "batches": [8, 4]}


def tiny(name: str) -> Recipe:
    plain = to_plain(RECIPES[name])
    plain = merged(plain, SMALL | {"networks": {k: v for k, v in SMALL["networks"].items() if k in plain["networks"]}})
    plain["growth"] = plain["growth"] and GROWTH
    if plain["networks"].get("attention"):
        plain["networks"]["attention"] = 8
    if plain["networks"].get("skip_z"):
        plain["latent"]["size"] = 12  # a piece for the base and for each block, at 16 and at 32 pixels
    if plain["networks"].get("given"):
        plain["networks"]["given"] = 1
    return from_plain(Recipe, plain)


def phantoms(
    n: int = 24, shape: tuple[int, ...] = (1, 16, 16), recipe: Recipe | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels; for a recipe that paints over given pictures, those as last channels."""
    rng = np.random.default_rng(0)
    labels = np.arange(n) % 3
    images = 0.2 * rng.random((n, *shape)) + labels.reshape(-1, *[1] * len(shape)) * 0.25
    if recipe and recipe.given:
        masks = rng.random((n, recipe.given, *shape[1:])) > 0.5
        images = np.concatenate([images, masks], axis=1)
    return images.astype(np.float32), labels


def material(recipe: Recipe, shape: tuple[int, ...] = (1, 16, 16)) -> tuple[Any, np.ndarray | None]:
    """Data and labels that the recipe asks for: a label for every fourth image where it needs few, two domains."""
    images, labels = phantoms(24, shape, recipe)
    if recipe.translation:
        k = recipe.given
        return Domains(images[:, -k:], images[:, :-k], recipe.translation.paired), None
    few = recipe.networks.condition_d == "shared"
    return images, (np.where(np.arange(24) % 4 == 0, labels, -1) if few else labels) if recipe.conditional else None


def handed(model: Model, n: int) -> torch.Tensor | None:
    """What such a model is given to paint over."""
    images, _ = phantoms(n, (1, *model.card.shape[1:]), model.recipe)
    return torch.from_numpy(images[:, 1:]) if model.recipe.given else None


@pytest.mark.parametrize("name", RECIPES)
def test_plain_and_back(name: str) -> None:
    plain = json.loads(json.dumps(to_plain(RECIPES[name])))
    assert from_plain(Recipe, plain) == RECIPES[name]
    with pytest.raises(ValueError, match=r"networks\.widht"):
        from_plain(Recipe, {**plain, "networks": {"widht": 3}})


@pytest.mark.parametrize("name", RECIPES)
def test_a_step_moves_only_what_it_trains(name: str) -> None:
    recipe = tiny(name)
    data, labels = material(recipe)
    source = open_source(data, Describe(labels))
    state = new_state(recipe, source.card, 0, scheme := build_scheme(recipe), torch.device("cpu"))
    for step in scheme.steps:
        batches = [
            fetch_batch(state, source, grow(state), i * recipe.batch, recipe.batch) for i in range(scheme.batches)
        ]
        before = {k: v.clone() for net in state.networks for k, v in _named(state, net).items()}
        alone = Scheme((step,), scheme.averaged, step.n_repeat)
        terms = advance(state, alone, batches[-step.n_repeat :], False)
        assert all(torch.isfinite(value) for value in terms.values())
        for net in state.networks:
            moved = any(not torch.equal(before[k], v) for k, v in _named(state, net).items())
            assert moved == (net in step.trains), net
        assert all(p.requires_grad for net in state.networks.values() for p in net.parameters())


def _named(state, net: str) -> dict[str, torch.Tensor]:
    return {f"{net}.{k}": v for k, v in state.networks[net].named_parameters()}


@pytest.mark.parametrize("name", RECIPES)
def test_resume_is_bitwise_and_the_model_describes_itself(name: str, tmp_path: Path) -> None:
    recipe = tiny(name)
    data, labels = material(recipe)
    turn = recipe.batch * recipe.n_critic

    def go(turns: int, out: Path):
        return train(recipe, data, labels=labels, images_seen=turns * turn, out=out, progress=False, check_every=turn)

    whole = go(6, tmp_path / "whole")
    go(3, tmp_path / "halved")
    halved = go(6, tmp_path / "halved")
    for key, value in whole.model.generator.state_dict().items():
        assert torch.equal(value, halved.model.generator.state_dict()[key]), key
    checkpoint = torch.load(tmp_path / "halved" / "checkpoint.pt", weights_only=True)
    assert checkpoint["images_seen"] == 6 * turn
    loaded = load_model(tmp_path / "halved" / "model.safetensors")
    given = handed(loaded, 5)
    assert torch.equal(loaded.generate(5, seed=3, given=given), whole.model.generate(5, seed=3, given=given))
    assert loaded.recipe == recipe
    assert loaded.facts["selected"]["images_seen"] == 6 * turn


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("shape", [(1, 16, 16), (3, 20, 16)])
def test_images_have_the_data_s_shape_and_range(name: str, shape: tuple[int, ...]) -> None:
    recipe = tiny(name)
    data, labels = material(recipe, shape)
    if recipe.translation and recipe.translation.identity and not recipe.translation.paired and shape[0] != 1:
        with pytest.raises(ValueError, match=r"translation\.identity needs both domains alike"):
            train(recipe, data, images_seen=40, progress=False)
        return
    model = train(recipe, data, labels=labels, images_seen=40, progress=False).model
    made = model.generate(4, given=handed(model, 4))
    assert made.shape == (4, *model.card.shape)
    assert float(made.min()) >= 0
    assert float(made.max()) <= 1
    z = torch.randn(2, model.latent.size, requires_grad=True)
    y = torch.tensor([0, 1]) if recipe.conditional else None
    drawn = model.synthesize(z, y, handed(model, 2))
    drawn.sum().backward()
    assert z.grad is not None
    assert float(z.grad.abs().sum()) > 0
    if "discriminator_back" not in model.networks and "discriminator" in model.networks:
        logits = model.discriminate(drawn, y).logits
        assert logits.shape[0] == 2
        assert logits.shape[1] == 1 or recipe.translation


def test_how_many_are_drawn_at_once_changes_no_picture() -> None:
    images, labels = phantoms()
    model = train(tiny("small"), images, labels=labels, images_seen=16, progress=False).model
    torch.testing.assert_close(model.generate(5, seed=3, batch=2), model.generate(5, seed=3), atol=1e-5, rtol=0)
    with pytest.raises(ValueError, match="batch is 0; give 1 or more"):
        model.generate(5, batch=0)


def test_uint8_comes_back_as_uint8() -> None:
    images, labels = phantoms()
    model = train(tiny("small"), (images * 255).astype(np.uint8), labels=labels, images_seen=16, progress=False).model
    assert model.generate(2).dtype == torch.uint8
