"""The GAN core: recipes, one training loop, models that describe themselves. Needs torch, numpy and safetensors."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from medgan_fashion.gan.critic import FrozenCritic
    from medgan_fashion.gan.directions import (
        DirectionScore,
        apply_direction,
        find_direction,
        orthogonal_to,
        score_direction,
    )
    from medgan_fashion.gan.export import export_onnx, export_program
    from medgan_fashion.gan.hub import from_pretrained, push_to_hub, save_pretrained
    from medgan_fashion.gan.inversion import InversionConfig, Inversions, invert
    from medgan_fashion.gan.latent import lerp, sample_latent, slerp
    from medgan_fashion.gan.latent_encoder import (
        LatentEncoder,
        load_latent_encoder,
        save_latent_encoder,
        train_latent_encoder,
    )
    from medgan_fashion.gan.latent_search import Found, SearchConfig, search_latents
    from medgan_fashion.gan.layers import Judgement
    from medgan_fashion.gan.model import Model
    from medgan_fashion.gan.model_file import load_model, save_model
    from medgan_fashion.gan.networks import NETWORKS
    from medgan_fashion.gan.objectives import OBJECTIVES, Objective
    from medgan_fashion.gan.penalties import PENALTIES
    from medgan_fashion.gan.recipe import Recipe
    from medgan_fashion.gan.recipe_parts import (
        Autoencoding,
        Classify,
        Growth,
        Latent,
        NetworkPair,
        PenaltyRow,
        Stabilisers,
        Translation,
    )
    from medgan_fashion.gan.recipes import RECIPES
    from medgan_fashion.gan.sources import Domains
    from medgan_fashion.gan.strips import film_strip, slider_grid
    from medgan_fashion.gan.training import Trained, train
    from medgan_fashion.gan.warm_start import start_from
    from medgan_fashion.gan.watching import Progress, Score

# lazy, so that configuration (recipes) can be read without loading torch
_HOME = {
    "lerp": "latent", "sample_latent": "latent", "slerp": "latent",
    "Model": "model", "load_model": "model_file", "save_model": "model_file",
    "OBJECTIVES": "objectives", "Objective": "objectives", "PENALTIES": "penalties",
    "NETWORKS": "networks", "Judgement": "layers", "RECIPES": "recipes", "Recipe": "recipe", "Growth": "recipe_parts",
    "Latent": "recipe_parts", "NetworkPair": "recipe_parts", "PenaltyRow": "recipe_parts", "Classify": "recipe_parts",
    "Autoencoding": "recipe_parts", "Translation": "recipe_parts", "Stabilisers": "recipe_parts", "Domains": "sources",
    "search_latents": "latent_search", "SearchConfig": "latent_search", "Found": "latent_search",
    "invert": "inversion", "InversionConfig": "inversion", "Inversions": "inversion", "FrozenCritic": "critic",
    "train_latent_encoder": "latent_encoder", "LatentEncoder": "latent_encoder",
    "save_latent_encoder": "latent_encoder", "load_latent_encoder": "latent_encoder",
    "find_direction": "directions", "score_direction": "directions", "DirectionScore": "directions",
    "apply_direction": "directions", "orthogonal_to": "directions", "film_strip": "strips", "slider_grid": "strips",
    "export_onnx": "export", "export_program": "export", "start_from": "warm_start",
    "save_pretrained": "hub", "from_pretrained": "hub", "push_to_hub": "hub",
    "Progress": "watching", "Score": "watching", "Trained": "training", "train": "training",
}  # fmt: skip

__all__ = [  # noqa: RUF022 - in reading order
    "train", "Trained", "Progress", "Score", "load_model", "save_model", "Model",
    "RECIPES", "Recipe", "NetworkPair", "PenaltyRow", "Latent", "Growth", "Classify", "Autoencoding", "Translation",
    "Stabilisers", "Domains", "NETWORKS", "Judgement", "OBJECTIVES", "Objective", "PENALTIES",
    "sample_latent", "lerp", "slerp",
    "search_latents", "SearchConfig", "Found", "invert", "InversionConfig", "Inversions", "FrozenCritic",
    "train_latent_encoder", "LatentEncoder", "save_latent_encoder", "load_latent_encoder",
    "film_strip", "slider_grid", "find_direction", "score_direction", "DirectionScore", "apply_direction",
    "orthogonal_to", "start_from", "save_pretrained", "from_pretrained", "push_to_hub", "export_onnx", "export_program",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'medgan_fashion.gan' has no attribute '{name}'")
    return getattr(import_module(f"medgan_fashion.gan.{_HOME[name]}"), name)
