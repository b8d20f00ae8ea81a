"""How evenly a generator's images change along walks through its latent space, in the features of an encoder."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from medgan_fashion.gan.networks.latent import slerp

Floats = NDArray[np.float64]
Synth = Callable[[Tensor], Tensor]
Features = Callable[[NDArray[np.float32]], ArrayLike]
Walk = Callable[[Tensor, Tensor, Tensor], Tensor]
_BATCH = 256


@dataclass(frozen=True)
class PathLength:
    """`mean` squared change of features per unit of the walk squared, over `values` (N,), one per pair of latents;
    `trimmed` leaves out values outside the 1st..99th percentile, as Karras et al. do."""

    mean: float
    trimmed: float
    values: Floats


@dataclass(frozen=True)
class Strips:
    """`steps` (N, S): the change of features at each step of N film strips; `ratios` (N,): the largest step over the
    mean one, from 1 (even) to S (all in one jump); `mean` of the ratios."""

    mean: float
    ratios: Floats
    steps: Floats


def _seen(synth: Synth, features: Features, z: Tensor) -> Floats:
    """Features float64 (N, d) of the images that latents (N, k) give, without gradients."""
    parts = []
    with torch.inference_mode():
        for part in z.split(_BATCH):
            images = np.asarray(synth(part).float().cpu().numpy(), dtype=np.float32)
            parts.append(np.asarray(features(images), dtype=np.float64).reshape(len(part), -1))
    return np.concatenate(parts)


def _check(first: Tensor, second: Tensor) -> None:
    if first.ndim != 2 or first.shape != second.shape or not len(first):
        raise ValueError(f"latents {tuple(first.shape)} and {tuple(second.shape)} must both be the same (N, k), N > 0.")


def _at(walk: Walk, first: Tensor, second: Tensor, t: Tensor) -> Tensor:
    """Latents on the way, computed in float64: a step of 1e-3 loses digits in float32."""
    return walk(first.double(), second.double(), t.double()[:, None]).to(first)


def path_length(
    synth: Synth,
    first: Tensor,
    second: Tensor,
    features: Features,
    *,
    eps: float = 1e-3,
    walk: Walk = slerp,
    seed: int = 0,
) -> PathLength:
    """Perceptual path length (Karras et al. 2019): E |f(G(walk(t))) - f(G(walk(t + eps)))|^2 / eps^2 at random t.

    Args:
        synth: latents (N, k) -> images, such as `lambda z: model.synthesize(z, labels)` of one class.
        first, second: latents (N, k), the ends of N walks.
        features: images float32, as `synth` gives them, -> (N, d), such as an encoder's on images brought to [0, 1].
        eps: the step. Karras et al. take 1e-4, where features in float32 are mostly rounding.
        walk: `slerp` for normal and spherical priors, `lerp` for a uniform one.

    It has no scale of its own: compare generators under one encoder, at one eps. A generator that always draws the
    same image has 0, so it is blind to collapse. ValueError for latents of different shapes or eps outside (0, 1).
    """
    _check(first, second)
    if not 0 < eps < 1:
        raise ValueError(f"eps {eps} must lie between 0 and 1.")
    drawn = np.random.default_rng((seed, 38)).uniform(0, 1 - eps, len(first))
    t = torch.from_numpy(drawn).to(first.device)
    near, far = (_seen(synth, features, _at(walk, first, second, at)) for at in (t, t + eps))
    values = ((far - near) ** 2).sum(axis=1) / eps**2
    low, high = np.percentile(values, 1, method="lower"), np.percentile(values, 99, method="higher")
    return PathLength(float(values.mean()), float(values[(values >= low) & (values <= high)].mean()), values)


def strip_steps(
    synth: Synth, first: Tensor, second: Tensor, features: Features, *, steps: int = 16, walk: Walk = slerp
) -> Strips:
    """Film strips of steps + 1 images from latents `first` to `second` (N, k): how far features move at each step.

    A strip that hardly moves has a ratio of 1 by definition where all steps are 0. Arguments as in `path_length`;
    ValueError for latents of different shapes or fewer than 2 steps.
    """
    _check(first, second)
    if steps < 2:
        raise ValueError(f"{steps} steps make no strip: give 2 or more.")
    times = torch.linspace(0, 1, steps + 1, dtype=torch.float64, device=first.device)
    frames = np.stack([_seen(synth, features, _at(walk, first, second, t.expand(len(first)))) for t in times], axis=1)
    moved = np.linalg.norm(np.diff(frames, axis=1), axis=2)
    mean = moved.mean(axis=1)
    ratios = np.divide(moved.max(axis=1), mean, out=np.ones_like(mean), where=mean > 0)
    return Strips(float(ratios.mean()), ratios, moved)
