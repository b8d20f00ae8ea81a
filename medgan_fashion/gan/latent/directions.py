"""Attribute directions in the latent space, and the film strips and sliders that show them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medgan_fashion.gan.latent.search import address
from medgan_fashion.gan.models.model import Model
from medgan_fashion.gan.networks.latent import between, sample_latent
from medgan_fashion.gan.recipe.spec import Latent

# ---------------------------------------------------------------------------------------------------------------------
# Attribute directions: what to add to a latent so that its image has more of something, and how surely it does.


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
    if model.recipe.given:
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


# ---------------------------------------------------------------------------------------------------------------------
# Film strips between two latents, sliders along directions, and the grid that shows them.


FINE = 4  # steps looked at for each frame of a strip that is spaced evenly by features
AT_ONCE = 64

Features = Callable[[Tensor], Any]  # images (n, C, H, W) -> (n, F)


def drawn(model: Model, z: Tensor, y: Tensor | None = None, given: Tensor | None = None) -> Tensor:
    """(N, C, H, W) images of latents z (N, d) as `generate` gives them: in the data's range and dtype, on the CPU."""
    device = next(model.generator.parameters()).device
    parts = []
    with torch.no_grad():
        for rows in torch.arange(len(z)).split(AT_ONCE):
            labels = None if y is None else y[rows].to(device)
            handed = None if given is None else given[rows]
            parts.append(model.synthesize(z[rows].to(device), labels, handed).float().cpu())
    images = torch.cat(parts).clamp(*model.card.value_range)
    return images.round().to(torch.uint8) if model.card.dtype == "uint8" else images


def walk(latent: Latent, z_a: Tensor, z_b: Tensor, t: Tensor) -> Tensor:
    """Latents (R, n, d) on the way that is right for the prior from z_a to z_b (R, d), at t (n,) or (R, n) in [0, 1];
    its ends are z_a and z_b to the last bit where t is 0 and 1."""
    t = t.expand(len(z_a), t.shape[-1])[..., None].to(z_a)
    a, b = z_a[:, None], z_b[:, None]
    return torch.where(t == 0, a, torch.where(t == 1, b, between(latent, a, b, t)))


def even_times(features: NDArray[Any], n: int) -> NDArray[np.float64]:
    """n times in [0, 1], 0 and 1 among them, between which features (m, F) seen at m even times change equally: equal
    shares of the length of their path. Even times where nothing changes."""
    steps = np.linalg.norm(np.diff(np.asarray(features, dtype=np.float64), axis=0), axis=1)
    travelled = np.concatenate([[0.0], steps.cumsum()])
    even = np.linspace(0, 1, n)
    if travelled[-1] <= 0:
        return even
    # a stretch without any change would make the way back from length to time ambiguous
    travelled += np.linspace(0, 1e-6 * travelled[-1], len(travelled))
    return np.interp(even * travelled[-1], travelled, np.linspace(0, 1, len(travelled)))


def film_strip(
    model: Model,
    z_a: Tensor,
    z_b: Tensor,
    n: int = 9,
    *,
    y: Tensor | None = None,
    given: Tensor | None = None,
    features: Features | None = None,
) -> Tensor:
    """(R, n, C, H, W): n frames from each of z_a (R, d) to its z_b, along the great circle, or straight where the prior
    is uniform; in the data's range and dtype.

    y (R,) class numbers, `given` (R, K, H, W): one for all frames of a row. `features` (for example an encoder's): the
    frames are spaced so that they differ by equal steps of these, instead of equal steps of z.

    Raises ValueError for fewer than two frames, or ends that do not match.
    """
    if n < 2 or z_a.shape != z_b.shape or z_a.ndim != 2 or z_a.shape[1] != model.latent.size:
        raise ValueError(
            f"{n} frames from {tuple(z_a.shape)} to {tuple(z_b.shape)}: give two or more frames, and ends of one "
            f"shape, (rows, {model.latent.size})"
        )

    def frames(t: Tensor) -> Tensor:
        k = t.shape[-1]
        rows = torch.arange(len(z_a)).repeat_interleave(k)
        handed = None if given is None else given[rows]
        z = walk(model.latent, z_a, z_b, t).reshape(-1, z_a.shape[1])
        return drawn(model, z, None if y is None else y[rows], handed).unflatten(0, (-1, k))

    if features is None:
        return frames(torch.linspace(0, 1, n))
    fine = frames(torch.linspace(0, 1, FINE * (n - 1) + 1))
    times = [even_times(np.asarray(features(row)).reshape(len(row), -1), n) for row in fine]
    return frames(torch.from_numpy(np.stack(times)))


def slider_grid(
    model: Model,
    z: Tensor,
    direction: NDArray[Any] | Tensor,
    amounts: Sequence[float] = (-1.0, -0.5, 0.0, 0.5, 1.0),
    *,
    y: Tensor | None = None,
    given: Tensor | None = None,
) -> Tensor:
    """(N, len(amounts), C, H, W): each of the latents z (N, d) moved by each amount along a unit direction (d,), see
    `directions.apply_direction`."""
    columns = [drawn(model, apply_direction(z, direction, a, model.latent), y, given) for a in amounts]
    return torch.stack(columns, 1)


def tiled(rows: Tensor) -> Tensor:
    """(C, R x H, n x W): the images of rows (R, n, C, H, W) as one picture. Channels that are no colours (not 1 or 3),
    such as an image and its mask, stand side by side."""
    if rows.shape[2] not in (1, 3):
        rows = torch.cat(list(rows.split(1, 2)), -1)
    r, n, c, h, w = rows.shape
    return rows.permute(2, 0, 3, 1, 4).reshape(c, r * h, n * w)
