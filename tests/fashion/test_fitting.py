"""The contract of the whole table of recommenders, on a checkerboard of purchases."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from medgan_fashion.fashion.config import (
    AlsConfig,
    BprConfig,
    DvbprConfig,
    PairsConfig,
    TowerConfig,
    VbprConfig,
)
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.purchases import Purchases
from medgan_fashion.fashion.recommend.model import FactorModel, Recommender
from medgan_fashion.fashion.recommend.recommenders import RECOMMENDERS, Neighbourhood, fit
from medgan_fashion.fashion.recommend.towers import train_catalogue_encoder

PAIRS = PairsConfig(batch=32, updates=40, learning_rate=5e-3)
SMALL: dict[str, Any] = {
    "als": AlsConfig(factors=4),
    "bpr": BprConfig(factors=4, iterations=200),
    "vbpr": VbprConfig(4, 4, PAIRS),
    "dvbpr": DvbprConfig(4, TowerConfig(size=16, width=8), PAIRS),
}


def fitted(name: str, catalogue: Catalogue, train: Purchases, seed: int = 0) -> FactorModel | Neighbourhood:
    features = np.eye(2)[np.arange(len(catalogue)) % 2] if name == "vbpr" else None
    return fit(name, catalogue, train, SMALL.get(name), seed, features=features)


def own_share(scores: np.ndarray, rows: np.ndarray) -> float:
    """Mean over customers of the chance that an item of their colour stands above one of the other."""
    shares = []
    for person, mine in enumerate(scores):
        own, other = mine[rows[rows % 2 == person % 2]], mine[rows[rows % 2 != person % 2]]
        shares.append((own[:, None] > other).mean() + (own[:, None] == other).mean() / 2)
    return float(np.mean(shares))


@pytest.mark.parametrize("name", RECOMMENDERS)
def test_every_recommender_keeps_the_contract(name: str, catalogue: Catalogue, purchases: Purchases) -> None:
    model: Recommender = fitted(name, catalogue, purchases)
    assert (model.name, model.customers, model.items) == (name, purchases.customers, catalogue.items)
    everyone = np.arange(24)
    scores = model.score_items(everyone)
    assert scores.shape == (24, 40)
    assert scores.dtype == np.float32
    np.testing.assert_array_equal(np.isnan(scores), np.broadcast_to(~model.known, scores.shape))
    warm = np.flatnonzero(~catalogue.held_out & model.known)
    assert own_share(scores, warm) > (0.4 if name == "popularity" else 0.95)
    found = model.recommend(everyone, 3, exclude=purchases.seen(40), allowed=~catalogue.held_out)
    seen = purchases.seen(40).toarray() > 0
    assert not seen[everyone[:, None], found.rows].any()
    np.testing.assert_allclose(np.take_along_axis(scores, found.rows, axis=1), found.scores, rtol=1e-5, atol=1e-6)
    assert (np.diff(found.scores, axis=1) <= 0).all()


@pytest.mark.parametrize("name", RECOMMENDERS)
def test_a_seed_is_a_result(name: str, catalogue: Catalogue, purchases: Purchases) -> None:
    state = np.random.get_state(legacy=False)
    scores = [fitted(name, catalogue, purchases, seed).score_items(np.arange(24)) for seed in (3, 3, 4)]
    np.testing.assert_array_equal(scores[0], scores[1])
    assert name in ("popularity", "item_knn") or not np.array_equal(scores[0], scores[2], equal_nan=True)
    assert str(state) == str(np.random.get_state(legacy=False))


@pytest.mark.parametrize("name", ["vbpr", "dvbpr"])
def test_only_visual_models_rank_cold_items(name: str, catalogue: Catalogue, purchases: Purchases) -> None:
    scores = fitted(name, catalogue, purchases).score_items(np.arange(24))
    assert own_share(scores, np.flatnonzero(catalogue.held_out)) > 0.95
    assert not fitted("bpr", catalogue, purchases).known[catalogue.held_out].any()


@pytest.mark.parametrize("name", ["vbpr", "dvbpr", "bpr"])
def test_training_never_looks_at_held_out_items(name: str, catalogue: Catalogue, purchases: Purchases) -> None:
    images = catalogue.images.copy()
    images[catalogue.held_out] = 0
    dark, warm = replace(catalogue, images=images), ~catalogue.held_out
    more = np.flatnonzero(catalogue.held_out)[:4]
    extra = Purchases(
        purchases.customers,
        np.concatenate([purchases.customer, np.zeros(4, np.int64)]),
        np.concatenate([purchases.item, more]),
        np.concatenate([purchases.weight, np.ones(4, np.float32)]),
        np.concatenate([purchases.time, np.zeros(4)]),
    )
    scores = [
        fitted(name, shop, train).score_items(np.arange(24)) for shop, train in ((catalogue, purchases), (dark, extra))
    ]
    np.testing.assert_array_equal(scores[0][:, warm], scores[1][:, warm])


def test_a_customer_without_a_like_is_ranked_as_the_average_one(catalogue: Catalogue, purchases: Purchases) -> None:
    model = fitted("dvbpr", catalogue, purchases.take(purchases.customer != 5))
    assert isinstance(model, FactorModel)
    assert model.trained is not None
    assert np.flatnonzero(~model.trained).tolist() == [5]
    np.testing.assert_allclose(model.theta[5], model.prior.mean, rtol=1e-6)


def test_refuses_what_it_cannot_fit(catalogue: Catalogue, purchases: Purchases) -> None:
    with pytest.raises(ValueError, match="unknown recommender 'svd'; there are popularity"):
        fit("svd", catalogue, purchases)
    with pytest.raises(ValueError, match="'als' takes a AlsConfig, not a BprConfig"):
        fit("als", catalogue, purchases, BprConfig())
    with pytest.raises(ValueError, match="no likes to learn from"):
        fit("popularity", catalogue, purchases.take(catalogue.held_out[purchases.item]))
    alike = replace(catalogue, categories=("tops",), category=np.zeros_like(catalogue.category))
    with pytest.raises(ValueError, match="one category only"):
        train_catalogue_encoder(alike, seed=0)
