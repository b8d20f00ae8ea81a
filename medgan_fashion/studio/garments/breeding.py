"""Sets of pictures made from others in the latent space; each remembers its parents and how it was made."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medgan_fashion.fashion.design.directions import LEAST, apply_direction
from medgan_fashion.gan.networks.latent import between, crossed, mutated, sample_latent
from medgan_fashion.studio.garments.workshop import Workshop
from medgan_fashion.studio.settings import Settings
from medgan_fashion.studio.store.pictures import Picture, new_picture

BROOD, STRIP = 8, 7  # pictures of a brood, frames of a film strip
TURNS = (-0.5, -0.25, 0.0, 0.25, 0.5)  # how far along an attribute's direction
VARIETY = {"calm": 0.25, "gentle": 0.4, "lively": 0.6, "wild": 0.85}  # how far children lie from their parent
TRUNCATION = {"calm": 0.5, "gentle": 0.8, "lively": 1.2, "wild": None}  # how far from the average pictures begin


def _set(
    shop: Workshop, category: str, op: str, z: Tensor, parents: Sequence[Picture], facts: list[dict[str, Any]]
) -> list[Picture]:
    """Pictures of latents (n, d) that belong together."""
    batch, ids = secrets.token_hex(8), [parent.id for parent in parents]
    return [
        new_picture(shop.run.name, shop.model_hash, category, op, row, parents=ids, facts=told, job=batch)
        for row, told in zip(z.cpu().float().numpy(), facts, strict=True)
    ]


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _told(seed: int, n: int, **more: Any) -> list[dict[str, Any]]:
    return [{"seed": seed, "number": number, **more} for number in range(n)]


def begun(shop: Workshop, category: str, variety: str, seed: int) -> list[Picture]:
    """A first brood from nothing."""
    latent = shop.atelier.model.latent
    cut = None if latent.prior == "sphere" else TRUNCATION[variety]
    z = sample_latent(latent, BROOD, _generator(seed), cut)
    return _set(shop, category, "random", z, [], _told(seed, BROOD, variety=variety))


def children(shop: Workshop, parent: Picture, variety: str, seed: int) -> list[Picture]:
    """Variations of one picture."""
    z = torch.as_tensor(parent.z).expand(BROOD, -1)
    moved = mutated(shop.atelier.model.latent, z, VARIETY[variety], _generator(seed))
    return _set(shop, parent.category, "child", moved, [parent], _told(seed, BROOD, variety=variety))


def cross(shop: Workshop, mother: Picture, father: Picture, seed: int) -> list[Picture]:
    """Children of two, of the first one's category."""
    a, b = (torch.as_tensor(parent.z).expand(BROOD, -1) for parent in (mother, father))
    z = crossed(shop.atelier.model.latent, a, b, _generator(seed))
    return _set(shop, mother.category, "cross", z, [mother, father], _told(seed, BROOD))


def film_strip(shop: Workshop, first: Picture, last: Picture) -> list[Picture]:
    """Frames on the way from one to the other, of the first one's category."""
    amounts, latent = np.linspace(0, 1, STRIP).tolist(), shop.atelier.model.latent
    a, b = torch.as_tensor(first.z), torch.as_tensor(last.z)
    z = torch.stack([between(latent, a, b, t) for t in amounts])
    return _set(shop, first.category, "film", z, [first, last], [{"amount": t} for t in amounts])


def direction_of(
    shop: Workshop, settings: Settings, attribute: str, value: str, category: str
) -> tuple[NDArray[np.float32], tuple[float, float, float]] | None:
    """The direction towards an attribute's value and its effect (see `directions.Direction`), None where it has not
    been learned yet."""
    key = direction_key(shop, attribute, value, category)
    folder: Path = settings.folder / "stages" / "direction" / key
    if not folder.is_dir():
        return None
    low, middle, high = json.loads((folder / "direction.json").read_text())["effect"]
    return np.load(folder / "vector.npy"), (low, middle, high)


def turned(shop: Workshop, parent: Picture, vector: NDArray[np.float32], attribute: str, value: str) -> list[Picture]:
    """A picture with less and more of an attribute's value."""
    z, latent = torch.as_tensor(parent.z), shop.atelier.model.latent
    moved = torch.stack([apply_direction(z, vector, amount, latent) for amount in TURNS])
    facts = [{"attribute": attribute, "value": value, "amount": amount} for amount in TURNS]
    return _set(shop, parent.category, "turn", moved, [parent], facts)


def new_seed() -> int:
    """A seed nobody asked for; every picture keeps its own."""
    return secrets.randbelow(2**31)


def learnable(shop: Workshop) -> dict[str, list[str]]:
    """Attributes and their values that enough items have."""
    attributes = shop.opened.catalogue.attributes
    counted = {name: {v: values.count(v) for v in set(values) if v} for name, values in attributes.items()}
    found = {name: sorted(v for v, n in counts.items() if n >= LEAST) for name, counts in counted.items()}
    names = sorted(found, key=lambda name: "colo" not in name.lower())  # what everybody tries first
    return {name: found[name] for name in names if len(found[name]) > 1}


def words_of(picture: Picture) -> str:
    """How a picture came to be, in a few plain words."""
    facts = picture.facts
    if picture.op == "turn":
        amount = float(facts["amount"])
        return "as it was" if amount == 0 else f"{'more' if amount > 0 else 'less'} {facts['value']}"
    if picture.op == "film":
        return f"{100 * float(facts['amount']):.0f} % of the way"
    if picture.op == "walk":
        return f"moved towards your taste ({100 * float(facts['amount']):.0f} %)"
    told = {"random": "drawn from nothing", "searched": "designed for you", "child": "child", "cross": "child of two"}
    return (told | {"drawing": "drawing of a garment", "photo": "your photo"})[picture.op]


def direction_key(shop: Workshop, attribute: str, value: str, category: str) -> str:
    """Under which a direction is kept."""
    text = json.dumps([shop.model_hash, attribute, value, category])
    return hashlib.sha256(text.encode()).hexdigest()[:20]
