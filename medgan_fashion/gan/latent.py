"""Latents: the three priors, truncation, and walks between two points."""

import math

import torch
from torch import Tensor

from medgan_fashion.gan.recipes import Latent


def sample_latent(latent: Latent, n: int, generator: torch.Generator, truncation: float | None = None) -> Tensor:
    """(n, latent.size) draws from the prior, on the generator's device.

    `truncation` t > 0 keeps N(0, 1) within +-t (by the inverse of the distribution function, so a seed gives the
    same direction at every t) and U(-1, 1) within +-t. A sphere has no tails: ValueError.
    """
    device = generator.device
    if truncation is not None and truncation <= 0:
        raise ValueError(f"truncation is {truncation}; it must be above 0")
    if latent.prior == "uniform":
        u = torch.rand(n, latent.size, generator=generator, device=device) * 2 - 1
        return u if truncation is None else u * min(truncation, 1.0)
    if latent.prior == "sphere":
        if truncation is not None:
            raise ValueError("a sphere prior has no tails to truncate; leave truncation out")
        return to_sphere(torch.randn(n, latent.size, generator=generator, device=device))
    if truncation is None:
        return torch.randn(n, latent.size, generator=generator, device=device)
    u = torch.rand(n, latent.size, generator=generator, device=device) * 2 - 1
    return math.sqrt(2.0) * torch.erfinv(u * math.erf(truncation / math.sqrt(2.0)))


def to_sphere(z: Tensor) -> Tensor:
    """z (..., d) scaled to the sphere of radius sqrt(d), where N(0, I) concentrates."""
    return z * (math.sqrt(z.shape[-1]) / z.norm(dim=-1, keepdim=True).clamp_min(1e-12))


def lerp(a: Tensor, b: Tensor, t: float | Tensor) -> Tensor:
    """The straight walk (1 - t) a + t b. Right for the uniform prior."""
    return a + (b - a) * t


def slerp(a: Tensor, b: Tensor, t: float | Tensor) -> Tensor:
    """The walk along the great circle, lengths interpolated. Right for the normal and sphere priors (White 2016)."""
    length_a, length_b = a.norm(dim=-1, keepdim=True), b.norm(dim=-1, keepdim=True)
    unit_a, unit_b = a / length_a.clamp_min(1e-12), b / length_b.clamp_min(1e-12)
    angle = (unit_a * unit_b).sum(-1, keepdim=True).clamp(-1, 1).acos()
    sine = angle.sin()
    along = (((1 - t) * angle).sin() * unit_a + (t * angle).sin() * unit_b) / sine.clamp_min(1e-12)
    # at angle 0 every point of the arc is the same; at pi the arc is not unique and the straight walk serves
    direction = torch.where(sine < 1e-6, lerp(unit_a, unit_b, t), along)
    return direction * lerp(length_a, length_b, t)
