"""The GAN core: recipes, one training loop, models that describe themselves. Needs torch, numpy and safetensors."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from medgan_fashion.gan.latent import lerp, sample_latent, slerp
    from medgan_fashion.gan.model import Model, load_model, save_model
    from medgan_fashion.gan.objectives import OBJECTIVES, Objective
    from medgan_fashion.gan.penalties import PENALTIES
    from medgan_fashion.gan.recipes import RECIPES, Growth, Latent, NetworkPair, PenaltyRow, Recipe
    from medgan_fashion.gan.training import Trained, train
    from medgan_fashion.gan.watching import Progress, Score

# lazy, so that configuration (recipes) can be read without loading torch
_HOME = {
    "lerp": "latent", "sample_latent": "latent", "slerp": "latent",
    "Model": "model", "load_model": "model", "save_model": "model",
    "OBJECTIVES": "objectives", "Objective": "objectives", "PENALTIES": "penalties",
    "RECIPES": "recipes", "Growth": "recipes", "Latent": "recipes", "NetworkPair": "recipes",
    "PenaltyRow": "recipes", "Recipe": "recipes",
    "Progress": "watching", "Score": "watching", "Trained": "training", "train": "training",
}  # fmt: skip

__all__ = [  # noqa: RUF022 - in reading order
    "train", "Trained", "Progress", "Score", "load_model", "save_model", "Model",
    "RECIPES", "Recipe", "NetworkPair", "PenaltyRow", "Latent", "Growth",
    "OBJECTIVES", "Objective", "PENALTIES", "sample_latent", "lerp", "slerp",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'medgan_fashion.gan' has no attribute '{name}'")
    return getattr(import_module(f"medgan_fashion.gan.{_HOME[name]}"), name)
