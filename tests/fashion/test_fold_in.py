"""Folding in: the maximum by hand, uncertainty that falls, a planted taste found again, named fallbacks."""

from dataclasses import replace

import numpy as np
import pytest

from medgan_fashion.fashion.config import BprConfig, DvbprConfig, PairsConfig, TowerConfig
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.purchases import Purchases
from medgan_fashion.fashion.recommend.fold_in import fold_in, log_posterior, newton, taste_of
from medgan_fashion.fashion.recommend.model import FactorModel, Prior, empirical_prior
from medgan_fashion.fashion.recommend.recommenders import fit

NONE = np.empty(0, dtype=np.int64)


def plane(n_items: int = 300) -> FactorModel:
    """Items spread over a plane, customers from N(0, I)."""
    rng = np.random.default_rng(0)
    phi, theta = rng.normal(size=(n_items, 2)).astype(np.float32), rng.normal(size=(50, 2)).astype(np.float32)
    names = tuple(f"C-{i}" for i in range(50)), tuple(f"{i:03d}" for i in range(n_items))
    known = np.ones(n_items, dtype=bool)
    return FactorModel("bpr", *names, theta, phi, np.zeros(n_items, np.float32), known, Prior(np.zeros(2), np.eye(2)))


def test_the_maximum_in_one_dimension() -> None:
    # theta = w d sigma(-theta d) with d = 1, w = 2: theta (1 + e^theta) = 2
    mean, covariance = newton(np.ones((1, 1)), np.zeros(1), np.array([2.0]), Prior(np.zeros(1), np.eye(1)))
    assert mean[0] * (1 + np.exp(mean[0])) == pytest.approx(2)
    sure = 1 / (1 + np.exp(-mean[0]))
    assert covariance[0, 0] == pytest.approx(1 / (1 + 2 * sure * (1 - sure)))


def test_newton_finds_a_maximum_however_far() -> None:
    rng = np.random.default_rng(0)
    prior = Prior(rng.normal(size=5) * 30, 100 * np.eye(5))
    steps, offsets, weights = rng.normal(size=(40, 5)) * 10, rng.normal(size=40) * 50, rng.random(40)
    mean, covariance = newton(steps, offsets, weights, prior)
    best = log_posterior(mean, steps, offsets, weights, prior)
    nearby = mean + rng.normal(size=(50, 5)) * 0.05
    assert all(log_posterior(theta, steps, offsets, weights, prior) < best for theta in nearby)
    assert (np.linalg.eigvalsh(covariance) > 0).all()


def test_more_likes_less_uncertainty_and_a_nearer_taste() -> None:
    model, truth = plane(), np.array([0.8, -0.6])
    likes = np.argsort(-(model.phi @ truth))[:40]
    tastes = [fold_in(model, likes[:count], NONE, 0) for count in (0, 1, 2, 5, 10, 40)]
    traces = [float(np.trace(taste.covariance)) for taste in tastes]
    assert traces == sorted(traces, reverse=True)
    assert traces[0] > traces[-1] + 0.5
    near = tastes[3].mean @ truth / np.linalg.norm(tastes[3].mean)
    assert near > 0.97


def test_a_dislike_is_a_like_the_other_way_round() -> None:
    model = plane()
    ours = fold_in(model, np.array([3]), NONE, 0).mean
    mirrored = replace(model, phi=-model.phi)
    np.testing.assert_allclose(fold_in(mirrored, NONE, np.array([3]), 0).mean, ours, rtol=1e-6)


def test_the_seed_is_the_result() -> None:
    draws = [fold_in(plane(2000), np.array([3, 3, 9]), np.array([5]), seed).mean for seed in (0, 0, 1)]
    np.testing.assert_array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])
    np.testing.assert_array_equal(draws[0], fold_in(plane(2000), np.array([9, 3]), np.array([5]), 0).mean)


@pytest.mark.parametrize("name", ["bpr", "dvbpr"])
def test_a_new_customer_of_a_trained_model(name: str, catalogue: Catalogue, purchases: Purchases) -> None:
    config = {
        "bpr": BprConfig(factors=4),
        "dvbpr": DvbprConfig(4, TowerConfig(size=16, width=8), PairsConfig(batch=32, updates=40, learning_rate=5e-3)),
    }[name]
    model = fit(name, catalogue, purchases.take(purchases.customer < 20), config)
    assert isinstance(model, FactorModel)
    liked = np.flatnonzero(model.known & ~catalogue.held_out)
    likes = liked[liked % 2 == 1][:3]
    scores = model.phi @ fold_in(model, likes, NONE, 0).mean + model.bias
    others = np.setdiff1d(liked, likes)
    assert (scores[others[others % 2 == 1]].mean()) > scores[others[others % 2 == 0]].mean()


def test_fallbacks_are_named() -> None:
    model = replace(plane(), trained=np.arange(50) != 7)
    assert fold_in(model, NONE, NONE, 0).source == "popularity"
    assert taste_of(model, "C-7").source == "popularity"
    np.testing.assert_array_equal(taste_of(model, "C-7").mean, model.prior.mean)
    assert taste_of(model, "C-8").source == "trained"
    np.testing.assert_array_equal(taste_of(model, "C-8").mean, model.theta[8])
    with pytest.raises(ValueError, match="no customer 'C-x' in the recommender 'bpr'"):
        taste_of(model, "C-x")


def test_refuses_items_it_cannot_place() -> None:
    model = replace(plane(), known=np.arange(300) != 4)
    with pytest.raises(ValueError, match="does not know item '004', which nobody has bought"):
        fold_in(model, np.array([4]), NONE, 0)
    with pytest.raises(ValueError, match="no item in row 300"):
        fold_in(model, np.array([300]), NONE, 0)
    with pytest.raises(ValueError, match="item '003' is both liked and disliked"):
        fold_in(model, np.array([2, 3]), np.array([3]), 0)


def test_popularity_folds_in_to_nothing(catalogue: Catalogue, purchases: Purchases) -> None:
    model = fit("popularity", catalogue, purchases)
    assert isinstance(model, FactorModel)
    taste = fold_in(model, np.array([0]), NONE, 0)
    assert (taste.mean.shape, taste.covariance.shape, taste.source) == ((0,), (0, 0), "popularity")


def test_the_prior_is_wide_where_customers_are_few() -> None:
    rng = np.random.default_rng(0)
    many = empirical_prior(rng.normal(2, 3, (4000, 3)).astype(np.float32))
    np.testing.assert_allclose(many.mean, 2, atol=0.2)
    np.testing.assert_allclose(many.covariance, 9 * np.eye(3), atol=0.6)
    few = empirical_prior(rng.normal(2, 3, (2, 3)).astype(np.float32))
    assert np.linalg.cond(few.covariance) < 20  # two customers leave a line; drawn towards a ball
    np.testing.assert_array_equal(empirical_prior(np.zeros((0, 3), np.float32)).covariance, np.eye(3))


def test_a_choice_moves_the_taste_along_the_difference_and_more_often_farther() -> None:
    model, pair = plane(), np.array([[0, 1]])
    once, often = (fold_in(model, NONE, NONE, 0, choices=np.repeat(pair, n, axis=0)).mean for n in (1, 10))
    away = (model.phi[0] - model.phi[1]).astype(np.float64)
    assert 0 < once @ away < often @ away
    # under a prior without a preferred direction nothing else is learned
    assert np.allclose(once - (once @ away) / (away @ away) * away, 0, atol=1e-6)
    other = fold_in(model, NONE, NONE, 0, choices=pair[:, ::-1]).mean
    assert np.allclose(other, -once, atol=1e-6) == bool(model.bias[0] == model.bias[1])
