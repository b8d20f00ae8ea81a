"""One contract over the whole table of recipes: adding a row adds its tests."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from medgan_fashion.gan import RECIPES, Model, Recipe, load_model, train
from medgan_fashion.gan.games import Batch, synthesis
from medgan_fashion.gan.plain import from_plain, to_plain
from medgan_fashion.gan.sources import Describe, open_source
from medgan_fashion.gan.state import new_state
from medgan_fashion.gan.training import advance

SMALL = {"networks": {"width": 8, "max_width": 16}, "latent": {"size": 8}, "batch": 8}
GROWTH = {"phase_images": [4], "batches": [8, 4]}


def tiny(name: str) -> Recipe:
    plain = to_plain(RECIPES[name])
    for key, value in SMALL.items():
        plain[key] = {**plain[key], **value} if isinstance(value, dict) else value
    plain["growth"] = plain["growth"] and GROWTH
    return from_plain(Recipe, plain)


def phantoms(
    n: int = 24, shape: tuple[int, ...] = (1, 16, 16), recipe: Recipe | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels; for a recipe that paints over given pictures, those as last channels."""
    rng = np.random.default_rng(0)
    labels = np.arange(n) % 3
    images = 0.2 * rng.random((n, *shape)) + labels.reshape(-1, *[1] * len(shape)) * 0.25
    if recipe and recipe.networks.given:
        masks = rng.random((n, recipe.networks.given, *shape[1:])) > 0.5
        images = np.concatenate([images, masks], axis=1)
    return images.astype(np.float32), labels


def handed(model: Model, n: int) -> torch.Tensor | None:
    """What such a model is given to paint over."""
    images, _ = phantoms(n, (1, *model.card.shape[1:]), model.recipe)
    return torch.from_numpy(images[:, 1:]) if model.recipe.networks.given else None


@pytest.mark.parametrize("name", RECIPES)
def test_plain_and_back(name: str) -> None:
    plain = json.loads(json.dumps(to_plain(RECIPES[name])))
    assert from_plain(Recipe, plain) == RECIPES[name]
    with pytest.raises(ValueError, match=r"networks\.widht"):
        from_plain(Recipe, {**plain, "networks": {"widht": 3}})


@pytest.mark.parametrize("name", RECIPES)
def test_a_step_moves_only_what_it_trains(name: str) -> None:
    recipe = tiny(name)
    images, labels = phantoms(recipe=recipe)
    source = open_source(images, Describe(labels))
    state = new_state(recipe, source.card, 0, game := synthesis(recipe), torch.device("cpu"))
    real, y = source.fetch(0, 0, recipe.batch)
    for step in game.steps:
        batch = Batch(real * 2 - 1, y, 0, 0)
        before = {k: v.clone() for net in ("generator", "discriminator") for k, v in _named(state, net).items()}
        terms = advance(state, type(game)((step,), game.averaged, step.n_repeat), [batch] * step.n_repeat, False)
        assert all(torch.isfinite(value) for value in terms.values())
        for net in ("generator", "discriminator"):
            moved = any(not torch.equal(before[k], v) for k, v in _named(state, net).items())
            assert moved == (net == step.trains)
        assert all(p.requires_grad for net in state.networks.values() for p in net.parameters())


def _named(state, net: str) -> dict[str, torch.Tensor]:
    return {f"{net}.{k}": v for k, v in state.networks[net].named_parameters()}


@pytest.mark.parametrize("name", RECIPES)
def test_resume_is_bitwise_and_the_model_describes_itself(name: str, tmp_path: Path) -> None:
    recipe = tiny(name)
    images, labels = phantoms(recipe=recipe)
    turn = recipe.batch * recipe.n_critic

    def go(turns: int, out: Path):
        return train(recipe, images, labels=labels, images_seen=turns * turn, out=out, progress=False, check_every=turn)

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
    images, labels = phantoms(24, shape, tiny(name))
    model = train(tiny(name), images, labels=labels, images_seen=40, progress=False).model
    made = model.generate(4, given=handed(model, 4))
    assert made.shape == (4, *images.shape[1:])
    assert float(made.min()) >= 0
    assert float(made.max()) <= 1
    z = torch.randn(2, model.latent.size, requires_grad=True)
    y = torch.tensor([0, 1]) if model.recipe.conditional else None
    judged = model.discriminate(model.synthesize(z, y, handed(model, 2)), y)
    judged.logits.sum().backward()
    assert z.grad is not None
    assert float(z.grad.abs().sum()) > 0
    assert judged.logits.shape == (2, 1)


def test_uint8_comes_back_as_uint8() -> None:
    images, labels = phantoms()
    model = train(tiny("small"), (images * 255).astype(np.uint8), labels=labels, images_seen=16, progress=False).model
    assert model.generate(2).dtype == torch.uint8
