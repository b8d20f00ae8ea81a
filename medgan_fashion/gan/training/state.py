"""The whole state of a training: networks, average, optimizers, counters; its start, and its checkpoint."""

import copy
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from medgan_fashion.base.files import write_whole
from medgan_fashion.base.plain import differences, to_plain
from medgan_fashion.gan.models.model import load_model
from medgan_fashion.gan.networks.build import build_networks
from medgan_fashion.gan.networks.card import DataCard, released
from medgan_fashion.gan.recipe.schedules import Growing, Stage, base_grid, stage_at
from medgan_fashion.gan.recipe.spec import Recipe
from medgan_fashion.gan.recipe.spelling import read_recipe
from medgan_fashion.gan.schemes.base import Networks, Remembered, Scheme

# ---------------------------------------------------------------------------------------------------------------------
# Starting from a published model: its weights into freshly built networks, with a note of where they came from.


STAGE = "_extra_state"  # how far a network has grown: the training's own affair
SHOWN = 12  # layers named in an error


def _tensors(path: Path) -> dict[str, Tensor]:
    """All of a file's tensors by "network.layer"."""
    with safe_open(path, framework="pt") as file:
        return {key: file.get_tensor(key) for key in file.keys() if not key.endswith(STAGE)}  # noqa: SIM118 - no dict


def _wanted(networks: dict[str, nn.Module]) -> dict[str, Tensor]:
    return {
        f"{name}.{key}": value
        for name, net in networks.items()
        for key, value in net.state_dict().items()
        if not key.endswith(STAGE)
    }


def misfitting(wanted: dict[str, Tensor], there: dict[str, Tensor]) -> list[str]:
    """One line for each layer of `wanted` that the file's tensors `there` cannot fill."""
    lines = []
    for key, value in wanted.items():
        if key not in there:
            lines.append(f"{key} is not in the file")
        elif there[key].shape != value.shape:
            lines.append(f"{key} is {tuple(value.shape)} here and {tuple(there[key].shape)} in the file")
    return lines


def _check(path: Path, wrong: list[str], unused: list[str]) -> None:
    lines = [*wrong, *(f"{key} of the file has no place here" for key in unused)]
    if lines:
        more = f"; and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
        raise ValueError(
            f"{path} does not fit these networks: {'; '.join(lines[:SHOWN])}{more}. Take the recipe, image shape and "
            "number of classes of that model, or fill what fits: start_from(..., strict=False)"
        )


def start_from(networks: dict[str, nn.Module], model: str | Path, *, strict: bool = True) -> dict[str, Any]:
    """Fills `networks` ("generator", "discriminator", ...; as build_networks gives them) with the weights of the
    model.safetensors at `model`, in place.

    With `strict=False`, layers of another shape or name stay as they are and are listed; there must be one that fits.
    How far a progressive network has grown is not taken over: that follows from the new training's images seen.

    Returns what a training is to record, as plain data: sha256 of the file, fingerprint and released provenance of the
    data that trained it (only hashes), images it had seen, its classes, what it had started from itself, and by layer
    `left_at_random` and `unused`.

    Raises ValueError for a file that is no model, and (strict) one that lists the layers that differ.
    """
    path = Path(model)
    source = load_model(path)  # says in words what is wrong with the file
    there, wanted = _tensors(path), _wanted(networks)
    fits = {key for key, value in wanted.items() if key in there and there[key].shape == value.shape}
    if strict:
        _check(path, misfitting(wanted, there), sorted(set(there) - set(wanted)))
    if not fits:
        raise ValueError(f"no layer of {path} fits these networks; start without it")
    with torch.no_grad():
        for key in fits:
            wanted[key].copy_(there[key])  # the networks' own tensors, on whatever device
    return {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "fingerprint": source.card.fingerprint,
        "provenance": released(source.card.provenance),
        "images_seen": source.facts.get("images_seen"),
        "classes": list(source.card.classes),
        "started_from": source.facts.get("started_from"),
        "left_at_random": [key for key in wanted if key not in fits],
        "unused": sorted(set(there) - fits),
    }


FORMAT = 1


@dataclass
class State:
    """Everything that the next turn depends on, and what is kept for publication.

    `first_bad` holds, per loss term, the images seen when it first was not finite (-1: never); it lives on the
    device so that no step waits for it. `memory` is the scheme's, part by part.
    `kept` is the best healthy average so far;
    `started_from` says whose weights were the start.
    """

    recipe: Recipe
    card: DataCard
    seed: int
    networks: Networks
    average: Networks
    optimizers: dict[str, torch.optim.Optimizer]
    memory: dict[str, Remembered] = field(default_factory=dict)
    images_seen: int = 0
    first_bad: dict[str, Tensor] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    kept: dict[str, Any] | None = None
    alarm: str | None = None
    exact: bool = True
    started_from: dict[str, Any] | None = None


def _optimizers(recipe: Recipe, networks: Networks) -> dict[str, torch.optim.Optimizer]:
    betas = (recipe.beta1, recipe.beta2)
    return {
        name: torch.optim.Adam(
            net.parameters(),
            lr=recipe.lr_d if name.startswith("discriminator") else recipe.lr_g,
            betas=betas,
            fused=True,
        )
        for name, net in networks.items()
    }


def new_state(
    recipe: Recipe, card: DataCard, seed: int, scheme: Scheme, device: torch.device, init_from: str | Path | None = None
) -> State:
    """Fresh networks on `device`, the same for the same seed on any device; or with a published model's weights."""
    networks = build_networks(recipe, card.shape, len(card.classes), seed)
    started_from = None if init_from is None else start_from(networks, init_from)
    networks = {name: net.to(device).train() for name, net in networks.items()}
    average: Networks = {}
    for name in scheme.averaged if recipe.ema_half_life else ():
        average[name] = copy.deepcopy(networks[name]).requires_grad_(False).eval()
    memory = {name: part.start(networks, card.shape) for name, part in scheme.memory.items()}
    optimizers = _optimizers(recipe, networks)
    return State(recipe, card, seed, networks, average, optimizers, memory, started_from=started_from)


def grow(state: State) -> Stage | None:
    """Brings every network to the stage of `images_seen`; a new level starts with fresh optimizers. None where
    nothing grows."""
    if state.recipe.growth is None:
        return None
    stage = stage_at(state.recipe.growth, base_grid(*state.card.shape[-2:])[2], state.images_seen)
    for name, net in [*state.networks.items(), *state.average.items()]:
        assert isinstance(net, Growing)
        # the network's own stage came with the checkpoint: a resumed training resets when an unbroken one would
        if net is state.networks[name] and net.stage.level != stage.level:
            state.optimizers[name].state.clear()
        net.stage = stage
    return stage


def _floats(net: nn.Module, estimates: bool = False) -> list[Tensor]:
    """What is averaged: weights, and batch normalisation's running statistics with the weights that made them. Or the
    spectral norms' `estimates`: unit vectors, whose average would no longer be one."""
    state = net.state_dict()
    return [t for k, t in state.items() if t.is_floating_point() and k.endswith(("._u", "._v")) == estimates]


@torch.no_grad()
def update_average(state: State, batch: int) -> None:
    """One step of the exponential average; its half-life grows with the first images (Karras et al. 2020)."""
    if state.average:
        half_life = min(state.recipe.ema_half_life, 0.05 * (state.images_seen + batch))
        mix = get_ema_multi_avg_fn(0.5 ** (batch / half_life))
        for name, net in state.average.items():
            mix(_floats(net), _floats(state.networks[name]), None)  # pyright: ignore[reportArgumentType]
            for kept, live in zip(_floats(net, True), _floats(state.networks[name], True), strict=True):
                kept.copy_(live)


def published(state: State) -> Networks:
    """The networks to hand out: the averaged ones where there is an average, the live ones otherwise."""
    return {**state.networks, **state.average}


def copy_weights(networks: Networks) -> dict[str, dict[str, Tensor]]:
    """Detached copies of all weights and buffers."""
    return {name: {k: v.detach().clone() for k, v in net.state_dict().items()} for name, net in networks.items()}


def save_checkpoint(state: State, path: Path) -> None:
    """Plain containers and tensors only, so that `torch.load(weights_only=True)` reads it."""
    data = {
        "format": FORMAT,
        "recipe": to_plain(state.recipe),
        "card": to_plain(state.card),
        "seed": state.seed,
        "images_seen": state.images_seen,
        "networks": {k: v.state_dict() for k, v in state.networks.items()},
        "average": {k: v.state_dict() for k, v in state.average.items()},
        "optimizers": {k: v.state_dict() for k, v in state.optimizers.items()},
        "memory": state.memory,
        "first_bad": state.first_bad,
        "history": state.history,
        "kept": state.kept,
        "alarm": state.alarm,
        "exact": state.exact,
        "started_from": state.started_from,
    }
    write_whole(path, lambda temporary: torch.save(data, temporary))


def load_checkpoint(state: State, path: Path) -> None:
    """Fills a new state from the checkpoint of the same recipe, data and seed.

    Raises ValueError that shows the difference for another recipe, data set or seed, and for a file that is no
    checkpoint of this version.
    """
    try:
        data = torch.load(path, weights_only=True, map_location=next(state.networks["generator"].parameters()).device)
    except Exception as error:  # torch raises a dozen kinds for a file that is not its own
        raise ValueError(
            f"{path} is not a checkpoint that can be read ({type(error).__name__}); delete it to start anew"
        ) from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ValueError(f"{path} is not a checkpoint of format {FORMAT}; delete it to start anew")
    ours = {"recipe": to_plain(state.recipe), "card": to_plain(state.card), "seed": state.seed}
    ours["started_from"] = state.started_from
    # through the classes: what an older file does not name has its default
    theirs = {"recipe": to_plain(read_recipe(data["recipe"])), "card": data["card"], "seed": data["seed"]}
    theirs["started_from"] = data.get("started_from")
    changed = differences(theirs, ours)
    if changed:
        raise ValueError(f"{path} belongs to another training ({'; '.join(changed)}); choose another out folder")
    for name in state.networks:
        state.networks[name].load_state_dict(data["networks"][name])
        state.optimizers[name].load_state_dict(data["optimizers"][name])
    for name, net in state.average.items():
        # an older file may not have averaged this one
        net.load_state_dict(data["average"].get(name, data["networks"][name]))
    state.memory = data.get("memory", {})
    for name in ("images_seen", "first_bad", "history", "kept", "alarm", "exact"):
        setattr(state, name, data[name])
