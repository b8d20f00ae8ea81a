"""The GAN core: recipes, one training loop, models that describe themselves. Needs torch, numpy and safetensors."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from medgan_fashion.gan.latent.critic import FrozenCritic
    from medgan_fashion.gan.latent.directions import (
        DirectionScore,
        apply_direction,
        film_strip,
        find_direction,
        orthogonal_to,
        score_direction,
        slider_grid,
    )
    from medgan_fashion.gan.latent.encoder import (
        LatentEncoder,
        load_latent_encoder,
        save_latent_encoder,
        train_latent_encoder,
    )
    from medgan_fashion.gan.latent.inversion import InversionConfig, Inversions, invert
    from medgan_fashion.gan.latent.search import Found, SearchConfig, search_latents
    from medgan_fashion.gan.losses.objectives import OBJECTIVES, Objective
    from medgan_fashion.gan.losses.penalties import PENALTIES
    from medgan_fashion.gan.models.export import export_onnx, export_program
    from medgan_fashion.gan.models.hub import from_pretrained, push_to_hub, save_pretrained
    from medgan_fashion.gan.models.model import Model, load_model, save_model
    from medgan_fashion.gan.networks.dcgan import NETWORKS
    from medgan_fashion.gan.networks.latent import lerp, sample_latent, slerp
    from medgan_fashion.gan.networks.layers import Judgement
    from medgan_fashion.gan.recipe.spec import (
        Autoencoding,
        Classify,
        Growth,
        Latent,
        NetworkPair,
        PenaltyRow,
        Recipe,
        Stabilisers,
        Translation,
    )
    from medgan_fashion.gan.recipe.table import RECIPES
    from medgan_fashion.gan.training.data import Domains
    from medgan_fashion.gan.training.loop import Trained, train
    from medgan_fashion.gan.training.state import start_from
    from medgan_fashion.gan.training.watch import Progress, Score

# lazy, so that configuration (recipes) can be read without loading torch
_HOME = {
    "medgan_fashion.gan.networks.latent": (
        "lerp",
        "sample_latent",
        "slerp",
    ),
    "medgan_fashion.gan.models.model": ("Model",),
    "medgan_fashion.gan.models.model": (
        "load_model",
        "save_model",
    ),
    "medgan_fashion.gan.losses.objectives": (
        "OBJECTIVES",
        "Objective",
    ),
    "medgan_fashion.gan.losses.penalties": ("PENALTIES",),
    "medgan_fashion.gan.networks.dcgan": ("NETWORKS",),
    "medgan_fashion.gan.networks.layers": ("Judgement",),
    "medgan_fashion.gan.recipe.table": ("RECIPES",),
    "medgan_fashion.gan.recipe.spec": ("Recipe",),
    "medgan_fashion.gan.recipe.spec": (
        "Growth",
        "Latent",
        "NetworkPair",
        "PenaltyRow",
        "Classify",
        "Autoencoding",
        "Translation",
        "Stabilisers",
    ),
    "medgan_fashion.gan.training.data": ("Domains",),
    "medgan_fashion.gan.latent.search": (
        "search_latents",
        "SearchConfig",
        "Found",
    ),
    "medgan_fashion.gan.latent.inversion": (
        "invert",
        "InversionConfig",
        "Inversions",
    ),
    "medgan_fashion.gan.latent.critic": ("FrozenCritic",),
    "medgan_fashion.gan.latent.encoder": (
        "train_latent_encoder",
        "LatentEncoder",
        "save_latent_encoder",
        "load_latent_encoder",
    ),
    "medgan_fashion.gan.latent.directions": (
        "find_direction",
        "score_direction",
        "DirectionScore",
        "apply_direction",
        "orthogonal_to",
    ),
    "medgan_fashion.gan.latent.directions": (
        "film_strip",
        "slider_grid",
    ),
    "medgan_fashion.gan.models.export": (
        "export_onnx",
        "export_program",
    ),
    "medgan_fashion.gan.training.state": ("start_from",),
    "medgan_fashion.gan.models.hub": (
        "save_pretrained",
        "from_pretrained",
        "push_to_hub",
    ),
    "medgan_fashion.gan.training.watch": (
        "Progress",
        "Score",
    ),
    "medgan_fashion.gan.training.loop": (
        "Trained",
        "train",
    ),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

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
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'medgan_fashion.gan' has no attribute '{name}'")
    return getattr(import_module(_MODULE_OF[name]), name)
