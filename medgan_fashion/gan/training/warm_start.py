"""Starting from a published model: its weights into freshly built networks, with a note of where they came from."""

import hashlib
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor, nn

from medgan_fashion.gan.models.model_file import load_model
from medgan_fashion.gan.networks.released import released

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
