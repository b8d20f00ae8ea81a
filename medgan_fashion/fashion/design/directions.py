"""Attribute directions: what to add to a latent so that its garment has longer sleeves, or another colour."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medgan_fashion.evaluation.classifiers.metrics import cell_value
from medgan_fashion.evaluation.encoder import Encoder, train_encoder
from medgan_fashion.fashion.design.atelier import Atelier
from medgan_fashion.gan.latent.directions import apply_direction, mean_difference
from medgan_fashion.gan.latent.search import address
from medgan_fashion.gan.networks.latent import sample_latent

Floats = NDArray[np.float64]
LEAST = 20  # items of a value, and items without it, to learn it from
DRAWINGS = 1024


@dataclass(frozen=True)
class AttributeReader:
    """A small classifier of one attribute's values on pictures.

    Args:
        name, values: of the attribute; every value has at least 20 items to learn from.
        encoder: the classifier. accuracy: balanced, on held-out items; NaN where none has a known value.
    """

    name: str
    values: tuple[str, ...]
    encoder: Encoder
    accuracy: float

    def read(self, atelier: Atelier, images: NDArray[np.float32]) -> Floats:
        """Probabilities (B, len(values)) of pictures (B, 3, h, w) in [0, 1]."""
        size = atelier.catalogue.size
        shown = [atelier.look(torch.as_tensor(part)).numpy() for part in np.array_split(images, 1 + len(images) // 256)]
        return self.encoder.predict(np.concatenate(shown).reshape(-1, 3, size, size))


@dataclass(frozen=True)
class Direction:
    """Towards one value of an attribute, for one category.

    Args:
        vector: float32 (d,) of length 1; add multiples of sqrt(d) times it with `apply_direction`.
        effect: mean probability of the value over fresh drawings, at amounts -0.5, 0 and 0.5: rising means that it
            works, and how well.
    """

    attribute: str
    value: str
    category: int
    vector: NDArray[np.float32]
    effect: tuple[float, float, float]


def _frequent(values: list[str], rows: NDArray[np.int64]) -> tuple[str, ...]:
    """Values that at least 20 of those rows have, sorted; the empty one is unknown."""
    names, counts = np.unique([values[row] for row in rows if values[row]], return_counts=True)
    return tuple(str(name) for name, count in zip(names, counts, strict=True) if count >= LEAST)


def train_reader(atelier: Atelier, attribute: str, *, updates: int = 300, seed: int) -> AttributeReader:
    """Learns an attribute of the catalogue from items that are not held out; ValueError where it cannot be learned."""
    catalogue = atelier.catalogue
    if attribute not in catalogue.attributes:
        known = ", ".join(catalogue.attributes) or "none"
        raise ValueError(f"the catalogue has no attribute '{attribute}': it has {known}")
    given = list(catalogue.attributes[attribute])
    names = _frequent(given, np.flatnonzero(~catalogue.held_out))
    if len(names) < 2:
        raise ValueError(f"attribute '{attribute}' needs two values with {LEAST} items each, it has {len(names)}")
    number = np.array([names.index(value) if value in names else -1 for value in given])
    train, test = (
        np.flatnonzero(~catalogue.held_out & (number >= 0)),
        np.flatnonzero(catalogue.held_out & (number >= 0)),
    )

    def shown(rows: NDArray[np.int64]) -> NDArray[np.float32]:
        return atelier.look(torch.as_tensor(catalogue.floats(rows))).numpy()

    encoder = train_encoder(shown(train), number[train], len(names), updates=updates, seed=seed)
    accuracy = float("nan")
    if len(test):
        accuracy = cell_value(encoder.predict(shown(test)), number[test], "balanced_accuracy")
    return AttributeReader(attribute, names, encoder, accuracy)


def _drawn(atelier: Atelier, category: int, n: int, *where: object) -> Tensor:
    return sample_latent(atelier.model.latent, n, torch.Generator().manual_seed(address(*where, category)))


def find_direction(
    atelier: Atelier, reader: AttributeReader, value: str, category: int, *, drawings: int = DRAWINGS, seed: int
) -> Direction:
    """The direction towards `value` for a category: the difference of mean latents between drawings that the reader
    sees the value in and those that it does not; its effect is measured on other drawings."""
    if value not in reader.values:
        raise ValueError(f"attribute '{reader.name}' has no value '{value}': it has {', '.join(reader.values)}")
    column, latent = reader.values.index(value), atelier.model.latent

    def seen_in(z: Tensor) -> Floats:
        return reader.read(atelier, atelier.paint(z, np.full(len(z), category)))[:, column]

    z = _drawn(atelier, category, drawings, seed, "direction")
    vector = mean_difference(z.numpy().astype(np.float64), seen_in(z)).astype(np.float32)
    fresh = _drawn(atelier, category, max(64, drawings // 8), seed, "effect")
    effect = [float(seen_in(apply_direction(fresh, vector, amount, latent)).mean()) for amount in (-0.5, 0.0, 0.5)]
    return Direction(reader.name, value, category, vector, (effect[0], effect[1], effect[2]))
