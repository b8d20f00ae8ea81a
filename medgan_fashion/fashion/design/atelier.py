"""The atelier: everything that designing needs, loaded once and checked against each other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from medgan_fashion.evaluation.encoder import Encoder
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.recommend.model import FactorModel, resized
from medgan_fashion.fashion.recommend.towers import EncoderFeatures
from medgan_fashion.gan.models.model import Model

Tastes = tuple[NDArray[np.float32], ...]
"""Customers' vectors (T, K_m) for each recommender, in the order of `Atelier.recommenders`."""

Pictures = Callable[[NDArray[np.int64]], NDArray[np.float32]]
"""Pictures (B, 3, h, w) in [0, 1] of row numbers (B,)."""

CHUNK = 256
STANDARD = 4096  # real garments at most that features are standardised on
SEEDS = 3  # of the ensemble, at least


def to_unit(images: Tensor, value_range: tuple[float, float]) -> Tensor:
    """Pictures of a GAN in its card's range to [0, 1], cut there; differentiable inside."""
    low, high = value_range
    return ((images - low) / (high - low)).clamp(0, 1)


@dataclass(frozen=True)
class Atelier:
    """A GAN, a catalogue and the recommenders that know it.

    Args:
        model: the GAN, of three channels; its classes are categories of the catalogue, by name.
        catalogue: the items.
        ensemble: at least three visual recommenders (other seeds), which the search climbs.
        held_out: recommenders that no search climbs (another seed and another architecture).
        encoder: trained on the categories of items that are not held out: category check and realism.
    """

    model: Model
    catalogue: Catalogue
    ensemble: tuple[FactorModel, ...]
    held_out: tuple[FactorModel, ...]
    encoder: Encoder

    def __post_init__(self) -> None:
        _check_model(self.model, self.catalogue)
        if len(self.ensemble) < SEEDS:
            raise ValueError(f"the ensemble has {len(self.ensemble)} recommenders: train at least {SEEDS} seeds")
        if not self.held_out:
            raise ValueError("no held-out recommender: train one of another seed and architecture to judge designs")
        for recommender in self.recommenders:
            _check_recommender(recommender, self.ensemble[0], self.catalogue)

    @property
    def recommenders(self) -> tuple[FactorModel, ...]:
        """All of them, the ensemble first."""
        return (*self.ensemble, *self.held_out)

    @property
    def device(self) -> torch.device:
        """Where the GAN is."""
        return next(self.model.generator.parameters()).device

    def tastes(self, customers: ArrayLike) -> Tastes:
        """The vectors of those customers (rows of the recommenders' tables)."""
        rows = np.asarray(customers, dtype=np.int64)
        return tuple(recommender.theta[rows] for recommender in self.recommenders)

    def drawable(self) -> NDArray[np.int64]:
        """Numbers of the catalogue's categories that the GAN draws."""
        known = self.model.card.classes if self.model.recipe.conditional else self.catalogue.categories
        return np.flatnonzero([name in known for name in self.catalogue.categories])

    def labels(self, categories: ArrayLike) -> Tensor | None:
        """The GAN's class numbers (B,) for the catalogue's categories (B,); None for a GAN without classes."""
        classes = self.model.card.classes
        if not self.model.recipe.conditional:
            return None
        names = [self.catalogue.categories[int(c)] for c in np.asarray(categories).reshape(-1)]
        for name in names:
            if name not in classes:
                raise ValueError(
                    f"the GAN knows no '{name}' (it draws {', '.join(classes)}): train it on this catalogue"
                )
        return torch.tensor([classes.index(name) for name in names], device=self.device)

    def draw(self, z: Tensor, labels: Tensor | None) -> Tensor:
        """Pictures (B, 3, S, S) in [0, 1] of latents (B, d) and the GAN's class numbers (B,); differentiable in z."""
        return to_unit(self.model.synthesize(z, labels), self.model.card.value_range)

    def paint(self, z: Tensor, categories: ArrayLike) -> NDArray[np.float32]:
        """Pictures float32 (B, 3, S, S) in [0, 1] of latents (B, d) and the catalogue's categories (B,)."""
        labels, parts = self.labels(categories), []
        with torch.inference_mode():
            for at in range(0, len(z), CHUNK):
                y = None if labels is None else labels[at : at + CHUNK]
                parts.append(self.draw(z[at : at + CHUNK].to(self.device), y).float().cpu().numpy())
        return np.concatenate(parts) if parts else np.zeros((0, *self.model.card.shape), dtype=np.float32)

    def look(self, images: Tensor) -> Tensor:
        """Pictures (B, 3, h, w) at the encoder's size, none sharper than the GAN draws: drawings and photos are to
        differ in what they show, not in resolution. Differentiable."""
        drawn = min(self.model.card.shape[-1], images.shape[-1])
        return resized(resized(images, drawn), self.catalogue.size).clamp(0, 1)

    @cached_property
    def _standard(self) -> tuple[Tensor, Tensor]:
        """Mean and sd (F,) of the encoder's features of real garments, a sample of those that are not held out."""
        rows = np.flatnonzero(~self.catalogue.held_out)
        rows = rows[:: max(1, len(rows) // STANDARD)]
        found = torch.as_tensor(np.concatenate(list(self._parts(self.catalogue.floats, rows))))
        return found.mean(dim=0), found.std(dim=0).clamp_min(1e-6)

    def _parts(self, pictures: Pictures, rows: NDArray[np.int64]) -> Iterator[NDArray[np.float32]]:
        """Features of pictures by row, a chunk at a time: a catalogue never stands in memory whole."""
        network = EncoderFeatures(self.encoder.network)
        for at in range(0, len(rows), CHUNK):
            with torch.inference_mode():
                yield network(self.look(torch.as_tensor(pictures(rows[at : at + CHUNK])))).numpy()

    def standardised(self, features: Tensor) -> Tensor:
        """Raw features (B, F) in standard deviations over real garments, divided by sqrt(F); differentiable."""
        mean, sd = self._standard
        return (features - mean) / sd / features.shape[1] ** 0.5

    def features(self, images: NDArray[np.float32]) -> NDArray[np.float64]:
        """The encoder's features (B, F) of pictures (B, 3, h, w) in [0, 1], at every depth: colour and texture count
        as much as shape. Standardised, so that real garments are about a distance of 1 from their mean."""
        return self._features(lambda rows: images[rows], np.arange(len(images)))

    def item_features(self) -> NDArray[np.float64]:
        """The features (N, F) of the catalogue's items."""
        return self._features(self.catalogue.floats, np.arange(len(self.catalogue)))

    def _features(self, pictures: Pictures, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        parts = list(self._parts(pictures, rows))
        if not parts:
            return np.zeros((0, EncoderFeatures(self.encoder.network).dim))
        return self.standardised(torch.as_tensor(np.concatenate(parts))).double().numpy()

    def _looked(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        size = self.catalogue.size
        parts = [self.look(torch.as_tensor(images[at : at + CHUNK])).numpy() for at in range(0, len(images), CHUNK)]
        return np.concatenate(parts) if parts else np.zeros((0, 3, size, size), dtype=np.float32)

    def categories_of(self, images: NDArray[np.float32]) -> NDArray[np.int64]:
        """The categories (B,) that the encoder sees in pictures (B, 3, h, w) in [0, 1]."""
        return self.encoder.predict(self._looked(images)).argmax(axis=1).astype(np.int64)


def _check_model(model: Model, catalogue: Catalogue) -> None:
    shape, classes = model.card.shape, model.card.classes
    if len(shape) != 3 or shape[0] != 3 or shape[1] != shape[2]:
        raise ValueError(f"the GAN draws pictures of shape {shape}: train one on this catalogue's (3, S, S)")
    if model.recipe.conditional and not set(classes) & set(catalogue.categories):
        raise ValueError(
            f"the GAN draws {', '.join(classes)}, the catalogue has {', '.join(catalogue.categories)}: "
            "take a GAN that was trained on this catalogue"
        )


def _check_recommender(recommender: FactorModel, first: FactorModel, catalogue: Catalogue) -> None:
    if recommender.tower is None:
        raise ValueError(f"the recommender '{recommender.name}' cannot look at pictures: designing needs visual ones")
    if recommender.items != catalogue.items:
        raise ValueError(f"the recommender '{recommender.name}' was fitted on another catalogue: fit it on this one")
    if recommender.customers != first.customers:
        raise ValueError(f"the recommender '{recommender.name}' knows other customers: fit all on the same purchases")
