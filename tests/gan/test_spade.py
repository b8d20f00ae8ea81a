"""Images painted over given masks: the masks come back untouched, and the paint follows them."""

import numpy as np
import pytest
import torch

from medgan_fashion.gan import RECIPES, Recipe, SPADEConfig, load_model, train
from medgan_fashion.gan.networks.translators import Spade
from medgan_fashion.gan.recipe.table import changed_recipe


def _pairs(n: int, seed: int) -> np.ndarray:
    """Grey squares of 16x16, bright where the mask is, on a darker ground: (n, 2, 16, 16) in [0, 1]."""
    rng = np.random.default_rng(seed)
    masks = np.zeros((n, 1, 16, 16), np.float32)
    for mask in masks:
        top, left, side = rng.integers(0, 8), rng.integers(0, 8), rng.integers(5, 9)
        mask[0, top : top + side, left : left + side] = 1
    images = 0.2 + 0.6 * masks + 0.03 * rng.standard_normal(masks.shape)
    return np.concatenate([images, masks], 1).clip(0, 1).astype(np.float32)


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    changes = {"networks": {"width": 8, "max_width": 16}, "latent": {"size": 8}, "batch": 16}
    return changed_recipe("small_spade", {**changes, "augment": []})


@pytest.mark.slow
def test_a_planted_translation_is_recovered(recipe: Recipe, tmp_path) -> None:
    torch.set_num_threads(1)
    train(recipe, _pairs(64, 0), images_seen=1_600, seed=0, out=tmp_path, progress=False, device="cpu")
    model, asked = load_model(tmp_path / "model.safetensors"), torch.from_numpy(_pairs(32, 1)[:, 1:])
    made = model.generate(32, seed=3, given=asked)
    assert torch.equal(made[:, 1:], asked)
    inside, outside = made[:, :1][asked > 0.5].mean(), made[:, :1][asked < 0.5].mean()
    assert inside - outside > 0.4  # 0.6 is the truth
    assert torch.equal(made, model.generate(32, seed=3, given=asked))


def test_what_is_given_must_fit(recipe: Recipe) -> None:
    torch.set_num_threads(1)
    model = train(recipe, _pairs(16, 0), images_seen=16, progress=False, device="cpu").model
    with pytest.raises(ValueError, match=r"paints over given masks of shape \(2, 1, 16, 16\), but has none"):
        model.generate(2)
    plain = train("mlp_gan", _pairs(16, 0), images_seen=64, progress=False, device="cpu").model
    with pytest.raises(ValueError, match="paints over no given picture"):
        plain.generate(2, given=torch.zeros(2, 1, 16, 16))
    with pytest.raises(ValueError, match="the images have 1 channels: add the masks"):
        train(recipe, _pairs(16, 0)[:, :1], images_seen=16, progress=False, device="cpu")
    with pytest.raises(ValueError, match=r"spade needs networks\.given, the number"):
        Recipe(networks=SPADEConfig())
    with pytest.raises(ValueError, match=r"networks\.given has no place in networks\.kind dcgan"):
        changed_recipe("dcgan", {"networks": {"given": 1}})


def test_spade_is_a_normalised_map_scaled_and_shifted_by_the_mask() -> None:
    layer, x = Spade(3, 1, 4), torch.randn(8, 3, 4, 4)
    mask = (torch.rand(8, 1, 8, 8) > 0.5).float()
    torch.nn.init.zeros_(layer.write.weight)
    assert layer.write.bias is not None
    with torch.no_grad():
        layer.write.bias[:3], layer.write.bias[3:] = 1.0, 0.5  # gamma 1, beta 1/2
    mean, sd = x.mean((0, 2, 3), keepdim=True), x.var((0, 2, 3), unbiased=False, keepdim=True).add(1e-5).sqrt()
    torch.testing.assert_close(layer(x, mask), 2 * (x - mean) / sd + 0.5)


def test_the_joint_recipe_is_small_without_classes() -> None:
    assert not RECIPES["small_joint"].conditional
    assert RECIPES["small"].conditional
