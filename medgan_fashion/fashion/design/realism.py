"""Realism: how near a picture is to real garments, measured as held-out photos themselves are."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from torch import Tensor

from medgan_fashion.evaluation.encoder import SmallCNN
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.design.atelier import Atelier
from medgan_fashion.fashion.recommend.towers import EncoderFeatures

Floats = NDArray[np.float64]
LEAST = 10  # held-out photos of a category to take its threshold from


def nearest_distances(features: Floats, others: Floats) -> Floats:
    """Distance (B,) of each row (B, d) to the nearest of the others (N, d)."""
    return cdist(features, others).min(axis=1)


def own_distances(features: Floats, style: NDArray[np.int64]) -> Floats:
    """Distance (N,) of each row (N, d) to the nearest one of another style; inf where there is none."""
    apart = cdist(features, features)
    apart[style[:, None] == style[None]] = np.inf
    return apart.min(axis=1)


@dataclass(frozen=True)
class Realism:
    """Features of real garments, and how far held-out photos lie from those that were trained on.

    Args:
        features: (N, d) of all items in the encoder's space.
        reference: for each category, rows of items that are not held out.
        held_out: for each category, the sorted distances of its held-out photos to the nearest reference; of the
            reference items to the nearest of another style where fewer than 10 are held out.
        quantile: of those distances that a design must not exceed.
    """

    features: Floats
    reference: tuple[NDArray[np.int64], ...]
    held_out: tuple[Floats, ...]
    quantile: float

    def threshold(self, category: int) -> float:
        """The largest distance that a realistic picture of the category has."""
        distances = self.held_out[category]
        return float(np.quantile(distances, self.quantile)) if len(distances) else float("inf")

    def distances(self, features: Floats, category: int) -> Floats:
        """Distance (B,) of pictures (their features (B, d)) to the nearest reference item of the category."""
        rows = self.reference[category]
        if len(rows) == 0:
            return np.full(len(features), np.inf)
        return nearest_distances(features, self.features[rows])

    def quantiles(self, distances: Floats, category: int) -> Floats:
        """Share (B,) of held-out photos of the category that are nearer than those distances (B,)."""
        own = self.held_out[category]
        return np.searchsorted(own, distances, side="left") / max(1, len(own))

    def nearest(self, features: Floats, rows: NDArray[np.int64], k: int) -> tuple[NDArray[np.int64], Floats]:
        """The k items among `rows` nearest to each picture (B, d): rows (B, k), distances (B, k), the nearest first;
        fewer columns where there are fewer items."""
        apart = cdist(features, self.features[rows]).astype(np.float64)
        order = apart.argsort(axis=1, kind="stable")[:, :k]
        return rows[order], np.take_along_axis(apart, order, axis=1)


def fit_realism(features: Floats, catalogue: Catalogue, quantile: float) -> Realism:
    """The realism of pictures in a feature space, from the features (N, d) of the catalogue's items."""
    reference, spread = [], []
    for category in range(len(catalogue.categories)):
        mine = catalogue.category == category
        known, unseen = np.flatnonzero(mine & ~catalogue.held_out), np.flatnonzero(mine & catalogue.held_out)
        reference.append(known)
        if len(unseen) >= LEAST and len(known):
            distances = nearest_distances(features[unseen], features[known])
        elif len(known):
            distances = own_distances(features[known], catalogue.style[known])
        else:
            distances = np.zeros(0)
        spread.append(np.sort(distances[np.isfinite(distances)]))
    return Realism(features, tuple(reference), tuple(spread), quantile)


SURE = 0.8  # probability of its category that a picture in the search is drawn up to


def shortfall(atelier: Atelier, realism: Realism, images: Tensor, categories: Tensor) -> Tensor:
    """How far (B,) pictures (B, 3, h, w) are from what the checks let pass, 0 where they pass; differentiable.

    max(0, log 0.8 - log p(category)) + max(0, distance / threshold - 1): nats of doubt about the category, and the
    share by which the nearest real garment of it is farther than the realism threshold.
    """
    network = atelier.encoder.network
    cnn = network.network
    assert isinstance(cnn, SmallCNN)  # an encoder is one
    raw = EncoderFeatures(network)(atelier.look(images))
    hidden = raw[:, -cnn.head.in_features :]
    sure = torch.log_softmax(cnn.head(hidden), dim=1).gather(1, categories[:, None])[:, 0]
    features = atelier.standardised(raw)
    doubt = (math.log(SURE) - sure).relu()
    far = torch.zeros_like(doubt)
    for category in categories.unique().tolist():
        threshold, rows = realism.threshold(category), realism.reference[category]
        if len(rows) and 0 < threshold < float("inf"):
            mine = categories == category
            others = torch.as_tensor(realism.features[rows], dtype=features.dtype, device=features.device)
            away = torch.cdist(features[mine], others).amin(1)
            far = far.masked_scatter(mine, (away / threshold - 1).relu())
    return doubt + far


def measure_realism(atelier: Atelier, quantile: float) -> Realism:
    """The realism of an atelier, in its encoder's space."""
    return fit_realism(atelier.item_features(), atelier.catalogue, quantile)
