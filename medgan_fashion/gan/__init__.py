"""The GAN core: recipes, one training loop, models that describe themselves. Needs torch, numpy and safetensors.

Read it in this order. `recipe`: a paper is a row of plain values, and what does not fit. `losses` and `networks`: what
the row names, pure functions and modules. `schemes`: which networks move in which order on which loss. `training`: the
one loop, its state and its data. `models`: what comes out, and its file. `latent`: searching and editing by a model.
`robustness`: adversarial examples, and a defence by a generator. What is promised stands in `__all__`.
"""

import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    from medgan_fashion.gan.latent.inversion import FrozenCritic, InversionConfig, Inversions, invert
    from medgan_fashion.gan.latent.search import Found, SearchConfig, search_latents
    from medgan_fashion.gan.losses.objectives import OBJECTIVES, Objective
    from medgan_fashion.gan.losses.penalties import PENALTIES, drift, gradient_penalty, r1, r2
    from medgan_fashion.gan.models.export import export_onnx, export_program
    from medgan_fashion.gan.models.hub import from_pretrained, push_to_hub, save_pretrained
    from medgan_fashion.gan.models.model import Model, load_model, save_model
    from medgan_fashion.gan.networks.build import NETWORKS
    from medgan_fashion.gan.networks.card import DataCard
    from medgan_fashion.gan.networks.latent import lerp, sample_latent, slerp
    from medgan_fashion.gan.networks.layers import DiscriminatorOutput
    from medgan_fashion.gan.recipe.networks import (
        NETWORK_CONFIGS,
        BigGANConfig,
        CycleGANConfig,
        DCGANConfig,
        DVBPRConfig,
        MLPConfig,
        NetworkConfig,
        ProGANConfig,
        SPADEConfig,
        UNetConfig,
    )
    from medgan_fashion.gan.recipe.spec import (
        Autoencoding,
        Classify,
        Growth,
        Latent,
        PenaltyRow,
        Recipe,
        Regularization,
        Translation,
    )
    from medgan_fashion.gan.recipe.table import RECIPES, changed_recipe
    from medgan_fashion.gan.schemes.base import Batch, Scheme, Step
    from medgan_fashion.gan.schemes.table import build_scheme
    from medgan_fashion.gan.training.data import Describe, Domains, Source, open_source
    from medgan_fashion.gan.training.loop import Trained, advance, count_turn, model_of, next_batches, train
    from medgan_fashion.gan.training.state import State, new_state, start_from
    from medgan_fashion.gan.training.watch import Progress, Score

# lazy, so that configuration (recipes) can be read without loading torch
_HOME = {
    "medgan_fashion.gan.recipe.table": (
        "RECIPES",
        "changed_recipe",
    ),
    "medgan_fashion.gan.recipe.spec": (
        "Recipe",
        "PenaltyRow",
        "Latent",
        "Growth",
        "Classify",
        "Autoencoding",
        "Translation",
        "Regularization",
    ),
    "medgan_fashion.gan.recipe.networks": (
        "NETWORK_CONFIGS",
        "NetworkConfig",
        "MLPConfig",
        "DCGANConfig",
        "DVBPRConfig",
        "ProGANConfig",
        "BigGANConfig",
        "UNetConfig",
        "CycleGANConfig",
        "SPADEConfig",
    ),
    "medgan_fashion.gan.losses.objectives": (
        "OBJECTIVES",
        "Objective",
    ),
    "medgan_fashion.gan.losses.penalties": (
        "PENALTIES",
        "gradient_penalty",
        "r1",
        "r2",
        "drift",
    ),
    "medgan_fashion.gan.networks.build": ("NETWORKS",),
    "medgan_fashion.gan.networks.card": ("DataCard",),
    "medgan_fashion.gan.networks.layers": ("DiscriminatorOutput",),
    "medgan_fashion.gan.networks.latent": (
        "sample_latent",
        "lerp",
        "slerp",
    ),
    "medgan_fashion.gan.models.model": (
        "Model",
        "load_model",
        "save_model",
    ),
    "medgan_fashion.gan.models.export": (
        "export_onnx",
        "export_program",
    ),
    "medgan_fashion.gan.models.hub": (
        "save_pretrained",
        "from_pretrained",
        "push_to_hub",
    ),
    "medgan_fashion.gan.latent.search": (
        "search_latents",
        "SearchConfig",
        "Found",
    ),
    "medgan_fashion.gan.latent.inversion": (
        "invert",
        "InversionConfig",
        "Inversions",
        "FrozenCritic",
    ),
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
        "film_strip",
        "slider_grid",
    ),
    "medgan_fashion.gan.schemes.base": (
        "Batch",
        "Scheme",
        "Step",
    ),
    "medgan_fashion.gan.schemes.table": ("build_scheme",),
    "medgan_fashion.gan.training.data": (
        "Domains",
        "Describe",
        "Source",
        "open_source",
    ),
    "medgan_fashion.gan.training.state": (
        "State",
        "new_state",
        "start_from",
    ),
    "medgan_fashion.gan.training.watch": (
        "Progress",
        "Score",
    ),
    "medgan_fashion.gan.training.loop": (
        "train",
        "Trained",
        "next_batches",
        "advance",
        "count_turn",
        "model_of",
    ),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [  # noqa: RUF022 - in reading order
    "train", "Trained", "Progress", "Score", "load_model", "save_model", "Model", "RECIPES", "Recipe",
    "changed_recipe", "PenaltyRow", "Latent", "Growth", "Classify", "Autoencoding", "Translation", "Regularization",
    "NETWORK_CONFIGS", "NetworkConfig", "MLPConfig", "DCGANConfig", "DVBPRConfig", "ProGANConfig", "BigGANConfig",
    "UNetConfig", "CycleGANConfig", "SPADEConfig", "Domains", "NETWORKS", "DataCard", "DiscriminatorOutput",
    "OBJECTIVES", "Objective", "PENALTIES", "gradient_penalty", "r1", "r2", "drift", "open_source", "Source",
    "Describe", "build_scheme", "Scheme", "Step", "Batch", "new_state", "State", "next_batches", "advance",
    "count_turn", "model_of", "sample_latent", "lerp", "slerp", "search_latents", "SearchConfig", "Found", "invert",
    "InversionConfig", "Inversions", "FrozenCritic", "train_latent_encoder", "LatentEncoder", "save_latent_encoder",
    "load_latent_encoder", "film_strip", "slider_grid", "find_direction", "score_direction", "DirectionScore",
    "apply_direction", "orthogonal_to", "start_from", "save_pretrained", "from_pretrained", "push_to_hub",
    "export_onnx", "export_program",
]  # fmt: skip


# names of the first version
_RENAMED = {"Judgement": "DiscriminatorOutput", "Stabilisers": "Regularization"}


def __getattr__(name: str) -> Any:
    if name in _RENAMED:
        warnings.warn(f"medgan_fashion.gan.{name} is now {_RENAMED[name]}", DeprecationWarning, stacklevel=2)
        name = _RENAMED[name]
    if name == "NetworkPair":
        raise ImportError("NetworkPair is now one dataclass a kind: DCGANConfig, MLPConfig, ... (NETWORK_CONFIGS)")
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'medgan_fashion.gan' has no attribute '{name}'")
    return getattr(import_module(_MODULE_OF[name]), name)
