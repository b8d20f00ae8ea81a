"""Fitting any recommender by its name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.encoder import Encoder
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.purchases import Purchases
from medgan_fashion.fashion.recommend.collaborative import fit_als, fit_bpr, fit_popularity
from medgan_fashion.fashion.recommend.model import FactorModel
from medgan_fashion.fashion.recommend.neighbourhood import Neighbourhood, fit_item_knn
from medgan_fashion.fashion.recommend.visual import fit_dvbpr, fit_vbpr
from medgan_fashion.fashion.recommender_config import (
    AlsConfig,
    BprConfig,
    DvbprConfig,
    KnnConfig,
    PopularityConfig,
    RecommenderConfig,
    VbprConfig,
)


@dataclass(frozen=True)
class Kind:
    """A row of the table: the function, its configuration, and what it looks at beside the purchases."""

    fit: Callable[..., FactorModel | Neighbourhood]
    config: type
    features: bool = False
    pixels: bool = False


def fit(
    name: str,
    catalogue: Catalogue,
    train: Purchases,
    config: RecommenderConfig | None = None,
    seed: int = 0,
    features: NDArray[np.floating] | None = None,
    encoder: Encoder | None = None,
    device: str = "cpu",
) -> FactorModel | Neighbourhood:
    """Fits the recommender `name` on likes and dislikes of items that are not held out.

    Args:
        config: of the kind's own type; None takes its defaults.
        features: a table (N, F), for vbpr; it then has no tower. encoder: see `category_encoder`, for vbpr.
        device: where dvbpr trains.

    ValueError for an unknown name, another kind's config or nothing to learn from.
    """
    if name not in RECOMMENDERS:
        raise ValueError(f"unknown recommender '{name}'; there are {', '.join(RECOMMENDERS)}")
    kind = RECOMMENDERS[name]
    settings = kind.config() if config is None else config
    if not isinstance(settings, kind.config):
        raise ValueError(f"'{name}' takes a {kind.config.__name__}, not a {type(settings).__name__}")
    warm = train.take(~catalogue.held_out[train.item])
    if not (warm.weight > 0).any():
        raise ValueError("no likes to learn from: training needs purchases of items that are not held out")
    more: dict[str, Any] = {"features": features, "encoder": encoder} if kind.features else {}
    if kind.pixels:
        more["device"] = device
    return kind.fit(catalogue, warm, settings, seed, **more)


RECOMMENDERS: dict[str, Kind] = {
    "popularity": Kind(fit_popularity, PopularityConfig),
    "item_knn": Kind(fit_item_knn, KnnConfig),
    "als": Kind(fit_als, AlsConfig),
    "bpr": Kind(fit_bpr, BprConfig),
    "vbpr": Kind(fit_vbpr, VbprConfig, features=True),
    "dvbpr": Kind(fit_dvbpr, DvbprConfig, pixels=True),
}
