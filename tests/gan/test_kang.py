"""The pair of Kang et al. 2017: its layers as printed, one step at its own sizes, its objective by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from medgan_fashion.base.plain import from_plain, to_plain
from medgan_fashion.gan import OBJECTIVES, RECIPES, Recipe
from medgan_fashion.gan.networks.build import build_networks
from medgan_fashion.gan.networks.dvbpr import DVBPRDiscriminator, DVBPRGenerator, first_map, with_planes
from medgan_fashion.gan.schemes.base import Batch
from medgan_fashion.gan.schemes.table import build_scheme
from medgan_fashion.gan.training.data import Describe, open_source
from medgan_fashion.gan.training.loop import advance
from medgan_fashion.gan.training.state import new_state


def test_the_layers_are_the_released_code_s() -> None:
    recipe = RECIPES["dvbpr_lsgan"]
    pair = build_networks(recipe, (3, 64, 64), 6, 0)
    g, d = pair["generator"], pair["discriminator"]
    assert isinstance(g, DVBPRGenerator)
    assert isinstance(d, DVBPRDiscriminator)
    assert (g.dense.in_features, g.dense.out_features) == (256 + 6, 4 * 4 * 256)
    deconvs = [(m.out_channels, m.stride[0], m.kernel_size[0]) for m in g.layers if isinstance(m, nn.ConvTranspose2d)]
    assert deconvs == [(256, 2, 3), (256, 1, 3), (256, 2, 3), (256, 1, 3), (128, 2, 3), (64, 2, 3), (3, 1, 3)]
    assert [(m.in_channels, m.out_channels) for m in d.convs if isinstance(m, nn.Conv2d)] == [
        (3 + 6, 64),
        (64 + 6, 128),
        (128 + 6, 256),
        (256 + 6, 512),
    ]
    assert d.logit.in_features == 4 * 4 * 512
    assert float(g.dense.weight.detach().std()) == pytest.approx(0.02, rel=0.02)


def test_the_first_map_follows_from_the_image() -> None:
    assert first_map(64, 64) == (4, 4, 4)
    assert first_map(128, 128) == (8, 8, 4)
    assert first_map(224, 224) == (14, 14, 4)
    assert first_map(20, 16) == (5, 4, 2)
    planes = with_planes(torch.zeros(2, 1, 3, 3), torch.eye(2))
    assert planes.shape == (2, 3, 3, 3)
    assert planes[:, 1:].mean((2, 3)).tolist() == [[1.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize(("name", "side"), [("dvbpr_lsgan", 64), ("dvbpr_lsgan_128", 128)])
def test_one_turn_at_the_paper_s_size(name: str, side: int) -> None:
    recipe = from_plain(Recipe, {**to_plain(RECIPES[name]), "batch": 2})
    images = np.random.default_rng(0).random((4, 3, side, side), dtype=np.float32)
    source = open_source(images, Describe(np.arange(4) % 2))
    scheme = build_scheme(recipe)
    state = new_state(recipe, source.card, 0, scheme, torch.device("cpu"))
    real, y = source.fetch(0, 0, 2)
    terms = advance(state, scheme, [Batch(real * 2 - 1, y, 0, 0)], False)
    assert all(bool(torch.isfinite(value)) for value in terms.values())
    z = torch.zeros(2, recipe.latent.size)
    assert state.networks["generator"](z, y).shape == (2, 3, side, side)


def test_g_s_loss_is_whole_and_d_s_is_halved() -> None:
    objective = OBJECTIVES["least_squares_whole"]()
    real, fake = torch.tensor([[0.5], [2.0]]), torch.tensor([[0.0], [3.0]])
    assert float(objective.d(real, fake)) == pytest.approx(0.5 * (0.25 + 1) / 2 + 0.5 * 9 / 2)
    assert float(objective.g(real, fake)) == pytest.approx((1 + 4) / 2)


def test_the_class_matters_and_other_kinds_refuse_one_hot() -> None:
    recipe = RECIPES["dvbpr_lsgan"]
    pair = build_networks(recipe, (1, 16, 16), 3, 0)
    z, y = torch.zeros(3, 256), torch.arange(3)
    with torch.no_grad():
        images = pair["generator"].eval()(z, y)
        judged = pair["discriminator"].eval()(images[:1].expand(3, -1, -1, -1), y).logits
    assert float((images[0] - images[1]).abs().max()) > 0
    assert float((judged[0] - judged[1]).abs()) > 0
    with pytest.raises(ValueError, match="onehot"):
        from_plain(Recipe, {**to_plain(RECIPES["dcgan"]), "networks": {"condition_g": "onehot"}})
