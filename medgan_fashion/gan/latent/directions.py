"""Attribute directions: what to add to a latent so that its image has more of something, and how surely it does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medgan_fashion.gan.latent.search import address
from medgan_fashion.gan.models.model import Model
from medgan_fashion.gan.networks.latent import sample_latent
from medgan_fashion.gan.recipe.recipe_parts import Latent

Floats = NDArray[np.float64]
Judge = Callable[[Tensor], Any]  # images (n, C, H, W) in the data's value range -> (n,) how much of the attribute
STRENGTH = 0.01  # of the ridge, in units of the latents' own variance
NEWTON_STEPS = 50


def unit(vector: Floats) -> Floats:
    """The vector (d,) at length 1; ValueError for one without a length."""
    length = np.linalg.norm(vector)
    if not np.isfinite(length) or length < 1e-9:
        raise ValueError("the attribute does not change with the latents: there is no direction to learn")
    return vector / length


def mean_difference(z: Floats, weight: Floats) -> Floats:
    """Unit vector (d,) from the mean of latents (N, d) without a value to the mean with it; weight (N,) in [0, 1] says
    how surely each has it. ValueError where all have it alike."""
    have, lack = weight.sum(), (1 - weight).sum()
    if weight.std() < 1e-9 or min(have, lack) < 1e-9:
        raise ValueError("every drawing has the value alike, or none has: this GAN draws no contrast to learn it from")
    return unit((weight[:, None] * z).sum(0) / have - ((1 - weight)[:, None] * z).sum(0) / lack)


def _ridge(gram: Floats, strength: float) -> Floats:
    """The ridge (d, d) of centred latents with Z'Z = gram: strength x their mean variance x their number."""
    return strength * np.trace(gram) / len(gram) * np.eye(len(gram))


def ridge_direction(z: Floats, values: Floats, strength: float = STRENGTH) -> Floats:
    """Unit vector (d,) of the linear regression of any attribute values (N,) on latents (N, d), both centred:
    (Z'Z + strength x N x v I)^-1 Z'values, v the latents' mean variance."""
    centred = z - z.mean(0)
    gram = centred.T @ centred
    return unit(np.linalg.solve(gram + _ridge(gram, strength), centred.T @ (values - values.mean())))


def logistic_direction(z: Floats, weight: Floats, strength: float = STRENGTH) -> Floats:
    """Unit vector (d,) of the logistic regression of weight (N,) in [0, 1] (1: has the value) on latents (N, d), with a
    ridge on all but the intercept, by Newton's steps (Hastie et al. 2009, section 4.4.1)."""
    if weight.std() < 1e-9:
        raise ValueError("every drawing has the value alike, or none has: this GAN draws no contrast to learn it from")
    rows = np.column_stack([z - z.mean(0), np.ones(len(z))])
    penalty = np.zeros((rows.shape[1],) * 2)
    penalty[:-1, :-1] = _ridge(rows[:, :-1].T @ rows[:, :-1], strength)
    beta = np.zeros(rows.shape[1])
    for _ in range(NEWTON_STEPS):
        p = 1 / (1 + np.exp(-np.clip(rows @ beta, -30, 30)))
        slope = rows.T @ (weight - p) - penalty @ beta
        step = np.linalg.solve(rows.T @ (rows * (p * (1 - p))[:, None]) + penalty + 1e-9 * np.eye(len(beta)), slope)
        beta += step * min(1.0, 5.0 / max(np.abs(step).max(), 1e-12))  # no leap where the classes hardly overlap
        if np.abs(step).max() < 1e-8:
            break
    return unit(beta[:-1])


def orthogonal_to(direction: NDArray[Any], others: Sequence[NDArray[Any]]) -> Floats:
    """The unit vector (d,) nearest to `direction` that moves along none of the `others`; ValueError where they leave
    nothing of it."""
    vector = np.asarray(direction, dtype=np.float64)
    if len(others):
        basis, sizes, _ = np.linalg.svd(
            np.stack([np.asarray(o, dtype=np.float64) for o in others], 1), full_matrices=False
        )
        basis = basis[:, sizes > 1e-9 * sizes.max()]
        rest = vector - basis @ (basis.T @ vector)
        if np.linalg.norm(rest) < 1e-6 * np.linalg.norm(vector):
            raise ValueError("this direction lies in the others altogether: leave one of them out")
        vector = rest
    return unit(vector)


def apply_direction(z: Tensor, direction: NDArray[Any] | Tensor, amount: float, latent: Latent) -> Tensor:
    """z (..., d) moved by amount x sqrt(d) along a unit direction (d,), kept as likely under the prior as it was.

    Normal and sphere: brought back to its own length, so that amount 1 is a turn of about 45 degrees. Uniform: cut
    to [-1, 1].
    """
    vector = torch.as_tensor(direction, dtype=z.dtype, device=z.device)
    moved = z + amount * z.shape[-1] ** 0.5 * vector
    if latent.prior == "uniform":
        return moved.clamp(-1, 1)
    return moved * (z.norm(dim=-1, keepdim=True) / moved.norm(dim=-1, keepdim=True).clamp_min(1e-12))


@dataclass(frozen=True)
class DirectionScore:
    """How surely a direction works on `n` latents that it was not learned from.

    Args:
        share: of the n, in which the attribute is higher at +amount than at -amount (a tie counts half); 0.5 is chance.
        change: mean of the attribute at +amount less that at -amount, in the judge's own units.
        random_change: the same for random directions, without its sign: a direction that does not change the attribute
            by several times as much has learned little, even where its share is 1.
    """

    share: float
    change: float
    random_change: float
    n: int


def _judged(model: Model, judge: Judge, z: Tensor, y: Tensor | None) -> Floats:
    device = next(model.generator.parameters()).device
    found = []
    with torch.no_grad():
        for rows in torch.arange(len(z)).split(64):
            labels = None if y is None else y[rows].to(device)
            images = model.synthesize(z[rows].to(device), labels).clamp(*model.card.value_range).cpu()
            found.append(np.asarray(judge(images), dtype=np.float64).reshape(len(rows)))
    return np.concatenate(found)


def _moves(model: Model, judge: Judge, z: Tensor, y: Tensor | None, vector: Floats, amount: float) -> Floats:
    ends = [_judged(model, judge, apply_direction(z, vector, a, model.latent), y) for a in (amount, -amount)]
    return ends[0] - ends[1]


def score_direction(
    model: Model,
    judge: Judge,
    direction: NDArray[Any],
    z: Tensor,
    *,
    y: Tensor | None = None,
    amount: float = 0.5,
    n_random: int = 4,
    seed: int = 0,
) -> DirectionScore:
    """Moves latents z (n, d), class numbers y (n,), to and fro and asks `judge` which way the attribute went. Hand over
    latents that the direction was not learned from."""
    change = _moves(model, judge, z, y, np.asarray(direction, dtype=np.float64), amount)
    rng = np.random.default_rng((seed, 7))
    others = [_moves(model, judge, z, y, unit(rng.normal(size=z.shape[1])), amount).mean() for _ in range(n_random)]
    by_chance = float(np.abs(others).mean()) if others else float("nan")
    share = float(((change > 0) + 0.5 * (change == 0)).mean())
    return DirectionScore(share, float(change.mean()), by_chance, len(z))


def find_direction(
    model: Model,
    judge: Judge,
    *,
    method: str = "ridge",
    n: int = 1024,
    label: int | str | None = None,
    against: Sequence[NDArray[Any]] = (),
    amount: float = 0.5,
    seed: int = 0,
) -> tuple[NDArray[np.float32], DirectionScore]:
    """The unit direction (d,) in which `judge` sees more of its attribute, and its score on n / 4 other latents.

    `method`: a key of METHODS; "mean" and "logistic" need a judge of values in [0, 1]. `label`: one class; None: all,
    evenly. `against`: directions that it must not move along.

    Raises ValueError where the images differ in nothing that the judge sees, and for a model that paints over pictures.
    """
    if method not in METHODS:
        raise ValueError(f"unknown method '{method}'; choose from {', '.join(METHODS)}")
    if model.recipe.networks.given:
        raise ValueError("this model paints over given pictures; directions are for those that draw from z alone")
    draws = {"learn": n, "score": max(16, n // 4)}
    z = {
        purpose: sample_latent(model.latent, k, torch.Generator().manual_seed(address(seed, "direction", purpose)))
        for purpose, k in draws.items()
    }
    y = {purpose: model.labels(label, k) for purpose, k in draws.items()}
    seen = _judged(model, judge, z["learn"], y["learn"])
    if method != "ridge" and not (seen.min() >= 0 and seen.max() <= 1):
        raise ValueError(f"the judge's values lie outside [0, 1], where '{method}' needs them; take method='ridge'")
    vector = orthogonal_to(METHODS[method](z["learn"].numpy().astype(np.float64), seen), against)
    score = score_direction(model, judge, vector, z["score"], y=y["score"], amount=amount, seed=seed)
    return vector.astype(np.float32), score


METHODS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "mean": mean_difference,
    "ridge": ridge_direction,
    "logistic": logistic_direction,
}
