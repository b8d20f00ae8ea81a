"""A planted atelier of 16 x 16 pictures on white: squares and bars in the colour that z says, tastes for colours."""

from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medgan_fashion.evaluation.encoder import Encoder, train_encoder
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.design.atelier import Atelier
from medgan_fashion.fashion.recommend.model import FactorModel, Prior, Tower, embed
from medgan_fashion.gan.models.model import Model
from medgan_fashion.gan.networks.card import DataCard
from medgan_fashion.gan.networks.layers import DiscriminatorOutput
from medgan_fashion.gan.recipe.networks import DCGANConfig
from medgan_fashion.gan.recipe.spec import Latent, Recipe

SIZE, CATEGORIES, EACH = 16, ("bar", "square"), 60
RED, BLUE = 0, 1  # customers
LATENT = Latent(size=8)


def shapes() -> NDArray[np.bool_]:
    """Masks (2, 16, 16) of the two categories."""
    masks = np.zeros((2, SIZE, SIZE), dtype=np.bool_)
    masks[0, 6:10, 1:15] = True
    masks[1, 4:12, 4:12] = True
    return masks


def garments(colours: NDArray, categories: NDArray[np.int64]) -> NDArray[np.float32]:
    """Pictures (N, 3, 16, 16) of garments in colours (N, 3) in [0, 1]."""
    where = shapes()[categories][:, None]
    return np.where(where, np.asarray(colours)[:, :, None, None], 1.0).astype(np.float32)


class Painter(nn.Module):
    """G(z, y): the shape of class y in the colour tanh(z[:3] / 2), in [-1, 1]."""

    def __init__(self) -> None:
        super().__init__()
        self.masks = nn.Parameter(torch.as_tensor(shapes(), dtype=torch.float32), requires_grad=False)

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        where = self.masks[y][:, None]
        return torch.tanh(z[:, :3] / 2)[:, :, None, None] * where + (1 - where)


class Critic(nn.Module):
    """D(x, y): 1 for a white ground, less by the mean square of what is not white at the border."""

    def __init__(self) -> None:
        super().__init__()
        self.soft = nn.LeakyReLU(1.0)

    def forward(self, images: Tensor, y: Tensor) -> DiscriminatorOutput:
        features = self.soft(images[:, :, 0].flatten(1) - 1)
        return DiscriminatorOutput(1 - features.square().mean(1, keepdim=True), None, features)


class MeanColour(nn.Module):
    """Phi(x) = mean colour of the picture @ weight (3, K), bias 0; the first number weighs lower-left pixels `skew`
    times more, so that recommenders differ in what they overlook."""

    def __init__(self, skew: float) -> None:
        super().__init__()
        weight = torch.ones(SIZE, SIZE)
        weight[8:, :8] += skew
        self.weight = nn.Parameter(weight / weight.sum())

    def forward(self, images: Tensor) -> Tensor:
        colour = (images * self.weight).sum((2, 3))
        return torch.cat([colour, torch.zeros_like(colour[:, :1])], 1)


@cache
def catalogue() -> Catalogue:
    """120 items, 60 of each category, colours in [0.2, 0.8]; every fourth is held out."""
    rng, n = np.random.default_rng(0), EACH * len(CATEGORIES)
    colours, category = rng.uniform(0.2, 0.8, (n, 3)), np.repeat(np.arange(2), EACH)
    warm = tuple("red" if r > b + 0.1 else "blue" if b > r + 0.1 else "" for r, _, b in colours)
    return Catalogue(
        items=tuple(f"{i:04d}" for i in range(n)),
        images=(garments(colours, category) * 255).round().astype(np.uint8),
        category=category.astype(np.int64),
        categories=CATEGORIES,
        style=np.arange(n),
        held_out=np.arange(n) % 4 == 0,
        price=np.full(n, np.nan),
        stock=np.full(n, np.nan),
        attributes={"tone": warm},
    )


def recommender(skew: float, theta: NDArray | None = None) -> FactorModel:
    """Customers RED and BLUE like redder and bluer pictures than others of the same brightness."""
    items, tower = catalogue(), Tower(MeanColour(skew), SIZE, {})
    liking = np.array([[1, -0.5, -0.5], [-0.5, -0.5, 1]], dtype=np.float32) if theta is None else theta
    phi, bias = embed(tower, items.floats())
    prior = Prior(np.zeros(3), np.eye(3))
    known = np.ones(len(items), dtype=np.bool_)
    return FactorModel("dvbpr", ("C-red", "C-blue"), items.items, liking, phi, bias, known, prior, tower)


def gan() -> Model:
    """The planted GAN, of values 0..255."""
    pair = DCGANConfig(condition_g="concat", condition_d="projection")
    card = DataCard((3, SIZE, SIZE), (0.0, 255.0), "uint8", CATEGORIES)
    return Model(Recipe(networks=pair, latent=LATENT), card, {"generator": Painter(), "discriminator": Critic()}, {})


@cache
def encoder() -> Encoder:
    """Trained on the categories of items that are not held out."""
    items = catalogue()
    rows = ~items.held_out
    return train_encoder(items.floats(rows), items.category[rows], 2, updates=60, seed=0)


def atelier(**changes: Any) -> Atelier:
    """The planted atelier, with other parts where given."""
    parts: dict[str, Any] = {
        "model": gan(),
        "catalogue": catalogue(),
        "ensemble": tuple(recommender(skew) for skew in (0.0, 0.2, 0.4)),
        "held_out": (recommender(-0.3),),
        "encoder": encoder(),
    }
    return Atelier(**parts | changes)
