"""Untrained models of any recipe, small enough to draw from in no time; every weight is at random, none at zero."""

import torch

from medgan_fashion.gan import RECIPES, Model
from medgan_fashion.gan.networks.build import build_networks
from medgan_fashion.gan.networks.card import DataCard
from medgan_fashion.gan.recipe.spec import Recipe
from medgan_fashion.gan.recipe.table import changed_recipe

SMALL = {"networks": {"width": 4, "max_width": 8}, "latent": {"size": 6}}
CLASSES = ("a", "b", "c")


def tiny_recipe(name: str, networks: dict[str, int] | None = None) -> Recipe:
    """The row at a size for tests."""
    attention = {"attention": 8} if getattr(RECIPES[name].networks, "attention", 0) else {}
    growth = {"growth": {"phase_images": [4], "batches": [4]}} if RECIPES[name].growth else {}
    small = {key: value for key, value in SMALL["networks"].items() if hasattr(RECIPES[name].networks, key)}
    return changed_recipe(name, {**SMALL, "networks": {**small, **attention, **(networks or {})}} | growth)


def tiny_model(
    name: str, side: int = 16, provenance: dict | None = None, networks: dict[str, int] | None = None
) -> Model:
    """Images of `side` pixels a side and 1 channel in [0, 1]; a translator's are as many as it is given."""
    recipe = tiny_recipe(name, networks)
    given = recipe.given
    shape = ((given if recipe.translation else 1) + given, side, side)
    classes = CLASSES if recipe.conditional else ()
    card = DataCard(shape, (0.0, 1.0), "float32", classes, 24, "0123456789abcdef", provenance or {})
    built = build_networks(recipe, shape, len(classes), seed=0)
    stream = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for network in built.values():
            for value in network.parameters():  # such as attention's weight, which starts at 0
                value.add_(0.05 * torch.randn(value.shape, generator=stream))
            for key, value in network.named_buffers():
                if key.endswith(("running_mean", "running_var")):
                    value.add_(0.1 * torch.rand(value.shape, generator=stream))
    facts = {"images_seen": 16, "seed": 0, "selected": {"by": "the last weights"}, "alarm": None}
    return Model(recipe, card, built, facts)
