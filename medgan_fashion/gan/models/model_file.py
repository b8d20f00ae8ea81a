"""A published model's file: safetensors with the networks' weights, and what they are as JSON; no code."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from medgan_fashion.base.files import write_whole
from medgan_fashion.base.plain import from_plain, to_plain
from medgan_fashion.gan.models.model import Model
from medgan_fashion.gan.networks.build import build_networks
from medgan_fashion.gan.networks.card import DataCard
from medgan_fashion.gan.recipe.spec import Recipe

FORMAT = "medgan_fashion.model/1"


def model_from_weights(
    recipe: Recipe, card: DataCard, weights: dict[str, dict[str, Tensor]], facts: dict[str, Any]
) -> Model:
    """Rebuilds the networks and fills them."""
    networks = build_networks(recipe, card.shape, len(card.classes), seed=0)
    for name, net in networks.items():
        net.load_state_dict(weights[name])
    return Model(recipe, card, networks, facts)


def save_model(model: Model, path: str | Path) -> None:
    """One safetensors file; recipe, card and facts stand in its metadata as JSON."""
    networks = model.networks
    tensors = {
        f"{name}.{k}": v.contiguous().cpu() for name, net in networks.items() for k, v in net.state_dict().items()
    }
    about = {"recipe": to_plain(model.recipe), "card": to_plain(model.card), "facts": to_plain(model.facts)}
    # one key only: safetensors writes several in random order, and equal models should be equal files
    write_whole(Path(path), lambda temporary: save_file(tensors, temporary, {FORMAT: json.dumps(about)}))


def load_model(path: str | Path, device: str | torch.device = "cpu") -> Model:
    """Reads what `save_model` wrote. ValueError naming the file when it is something else; no code is run by it."""
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"no model at {path}; give the path of a model.safetensors")
    try:
        with safe_open(path, framework="pt", device=str(device)) as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
    except SafetensorError as error:
        raise ValueError(
            f"{path} is not a safetensors file ({error}); give a model.safetensors of this package"
        ) from error
    if FORMAT not in metadata:
        known = ", ".join(metadata) or "none"
        raise ValueError(f"{path} is not a model of this package: it needs metadata {FORMAT} and has {known}")
    about = json.loads(metadata[FORMAT])
    recipe, card = from_plain(Recipe, about["recipe"]), from_plain(DataCard, about["card"])
    weights: dict[str, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        name, _, rest = key.partition(".")
        weights.setdefault(name, {})[rest] = tensor
    return model_from_weights(recipe, card, weights, about["facts"]).to(device)
