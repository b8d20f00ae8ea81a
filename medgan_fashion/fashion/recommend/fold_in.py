"""A customer's vector, and how sure it is, from a few likes and dislikes, without retraining."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.fashion.recommend.model import FactorModel, Prior

Ints = NDArray[np.int64]
Floats = NDArray[np.floating]
OTHERS = 256  # items that a like is compared with
# How many observations a like counts for. Trained vectors are shrunk by their penalty, so the prior made of them is
# narrower than tastes are; measured on customers of planted taste, five likes do best between 6 and 20.
STRENGTH = 8.0
CHOICE = 4.0  # the same of one choice between two items; see docs/results.md
_NEWTON = 50


@dataclass(frozen=True)
class Taste:
    """A normal distribution of a customer's vector: mean float64 (K,), covariance float64 (K, K).

    `source`: "trained" (the model's own vector), "folded" (from likes and dislikes), or "popularity": nothing is
    known, the mean is the average customer's, and whoever shows a ranking from it says so.
    """

    mean: Floats
    covariance: Floats
    source: Literal["trained", "folded", "popularity"] = "folded"


def log_posterior(theta: Floats, steps: Floats, offsets: Floats, weights: Floats, prior: Prior) -> float:
    """sum_m w_m ln sigma(theta . d_m + o_m) - (theta - mean)' C^-1 (theta - mean) / 2, but for a constant.

    Args:
        steps: d (M, K), vector of the preferred item less the other's. offsets: o (M,), the same of biases.
    """
    away = theta - prior.mean
    return float(
        -weights @ np.logaddexp(0, -(steps @ theta + offsets)) - away @ np.linalg.solve(prior.covariance, away) / 2
    )


def newton(steps: Floats, offsets: Floats, weights: Floats, prior: Prior) -> tuple[Floats, Floats]:
    """The maximum of `log_posterior` (K,), and the inverse of its curvature there (K, K), Laplace's covariance.

    The function is strictly concave; steps are halved until it rises.
    """
    theta, precision = prior.mean.copy(), np.linalg.inv(prior.covariance)
    value = log_posterior(theta, steps, offsets, weights, prior)
    for _ in range(_NEWTON):
        gradient, curvature = _derivatives(theta, steps, offsets, weights, prior.mean, precision)
        move = np.linalg.solve(curvature, gradient)
        gain, rate = float(gradient @ move), 1.0
        while (new := log_posterior(theta + rate * move, steps, offsets, weights, prior)) < value and rate > 1e-6:
            rate /= 2
        theta, value = theta + rate * move, new
        if gain < 1e-12:
            break
    curvature = _derivatives(theta, steps, offsets, weights, prior.mean, precision)[1]
    return theta, np.linalg.inv(curvature)


def _derivatives(
    theta: Floats, steps: Floats, offsets: Floats, weights: Floats, mean: Floats, precision: Floats
) -> tuple[Floats, Floats]:
    """Gradient (K,) and minus the Hessian (K, K) of `log_posterior`."""
    sure = 1 / (1 + np.exp(-np.clip(steps @ theta + offsets, -500, 500)))
    gradient = steps.T @ (weights * (1 - sure)) - precision @ (theta - mean)
    return gradient, (steps * (weights * sure * (1 - sure))[:, None]).T @ steps + precision


def _check(model: FactorModel, rows: Ints) -> None:
    for row in rows:
        if not 0 <= row < len(model.items):
            raise ValueError(f"no item in row {row}: the recommender '{model.name}' has {len(model.items)} items")
        if not model.known[row]:
            raise ValueError(
                f"the recommender '{model.name}' does not know item '{model.items[row]}', which nobody has bought: use "
                "a visual one, or leave that item out"
            )


def _observations(
    model: FactorModel, liked: Ints, disliked: Ints, chosen: Ints, seed: int, strength: float
) -> tuple[Floats, Floats, Floats]:
    """Vector differences (M, K), bias differences (M,) and weights (M,) of everything that was said."""
    named = np.concatenate([liked, disliked])
    others = np.setdiff1d(np.flatnonzero(model.known), np.concatenate([named, chosen.ravel()]))
    if len(others) > OTHERS:
        others = np.sort(np.random.default_rng((seed, 71)).choice(others, OTHERS, replace=False))
    signs = np.where(np.isin(named, liked), 1.0, -1.0)
    phi, bias = model.phi.astype(np.float64), model.bias.astype(np.float64)
    steps = (signs[:, None, None] * (phi[named][:, None] - phi[others])).reshape(-1, phi.shape[1])
    offsets = (signs[:, None] * (bias[named][:, None] - bias[others])).ravel()
    weights = np.full(len(offsets), strength / max(len(others), 1))
    better, worse = chosen.T
    return (
        np.concatenate([steps, phi[better] - phi[worse]]),
        np.concatenate([offsets, bias[better] - bias[worse]]),
        np.concatenate([weights, np.full(len(chosen), CHOICE * strength / STRENGTH)]),
    )


def fold_in(
    model: FactorModel,
    likes: NDArray[np.int64],
    dislikes: NDArray[np.int64],
    seed: int,
    *,
    choices: NDArray[np.int64] | None = None,
    strength: float = STRENGTH,
) -> Taste:
    """The taste of somebody who likes and dislikes those items (rows), for any model of vectors.

    Maximum of the posterior under the model's prior with the likelihood of BPR: each like is above, and each
    dislike below, items drawn by `seed` from those not named; the draws of one like weigh `strength` together. A row
    (better, worse) of `choices` (M, 2) is one more comparison, half as heavy as a like. Covariance by Laplace.
    ValueError names an item that the model cannot rank.
    """
    liked, disliked = np.unique(likes).astype(np.int64), np.unique(dislikes).astype(np.int64)
    chosen = np.zeros((0, 2), dtype=np.int64) if choices is None else np.asarray(choices, dtype=np.int64).reshape(-1, 2)
    named = np.concatenate([liked, disliked, chosen.ravel()])
    _check(model, named)
    if both := np.intersect1d(liked, disliked).tolist():
        raise ValueError(f"item '{model.items[both[0]]}' is both liked and disliked: leave it out of one list")
    prior = Prior(model.prior.mean.astype(np.float64), model.prior.covariance.astype(np.float64))
    if not len(named) or not len(prior.mean):
        return Taste(prior.mean, prior.covariance, "popularity")
    steps, offsets, weights = _observations(model, liked, disliked, chosen, seed, strength)
    if not len(steps):  # everything there is was named
        return Taste(prior.mean, prior.covariance)
    return Taste(*newton(steps, offsets, weights, prior))


def taste_of(model: FactorModel, customer: str) -> Taste:
    """The taste of one of the model's own customers (pseudonym), "popularity" for one without a like in training.

    The covariance is the prior's: an upper bound for a trained customer, whose purchases the model does not hold.
    """
    if customer not in model.customers:
        raise ValueError(f"no customer '{customer}' in the recommender '{model.name}': fold in a few likes instead")
    row = model.customers.index(customer)
    known = model.trained is None or bool(model.trained[row])
    mean = model.theta[row].astype(np.float64) if known else model.prior.mean
    return Taste(mean, model.prior.covariance, "trained" if known else "popularity")
