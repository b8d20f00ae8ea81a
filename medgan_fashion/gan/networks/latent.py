"""Latents: priors, truncation, walks and breeding; and images drawn from a seed, in batches."""

import math

import torch
from torch import Tensor, nn

from medgan_fashion.gan.recipe.spec import Latent

# ---------------------------------------------------------------------------------------------------------------------
# Latents: the three priors, truncation, free variables to search them by, walks between two points, and breeding.


EDGE = 1 - 1e-4  # how near a searched z may start to the border of U(-1, 1), where tanh has no slope


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


def free_from(latent: Latent, z: Tensor) -> Tensor:
    """The free variable u (..., d) whose `latent_from` is z."""
    return torch.atanh(z.clamp(-EDGE, EDGE)) if latent.prior == "uniform" else z


def latent_from(latent: Latent, u: Tensor) -> Tensor:
    """z (..., d) where the prior allows it: tanh u for U(-1, 1), on the sphere, or u itself for N(0, 1)."""
    if latent.prior == "uniform":
        return torch.tanh(u)
    return to_sphere(u) if latent.prior == "sphere" else u


def kept_within(latent: Latent, u: Tensor, ball: float | None) -> Tensor:
    """u back on the sphere, or, of a normal z, within the ball of radius ball x sqrt(d)."""
    if latent.prior == "sphere":
        return to_sphere(u)
    if ball is None or latent.prior == "uniform":
        return u
    bound = ball * math.sqrt(u.shape[-1])
    return u * (bound / u.norm(dim=-1, keepdim=True).clamp_min(1e-12)).clamp_max(1.0)


def prior_term(latent: Latent, z: Tensor) -> Tensor:
    """(...,) how unlike N(0, I) the length of z (..., d) is: (|z|^2 - d)^2 / 2d, of mean 1 under it; 0 for the other
    priors, which `latent_from` keeps."""
    if latent.prior != "normal":
        return torch.zeros_like(z[..., 0])
    d = z.shape[-1]
    return (z.square().sum(-1) - d).square() / (2 * d)


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


def mutated(latent: Latent, z: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """z (..., d) moved at random, as likely under the prior as a fresh draw is, however often it is repeated.

    Normal: sqrt(1 - s^2) z + s e with fresh e (the preconditioned Crank-Nicolson step, Cotter et al. 2013, which
    leaves N(0, I) as it is); sphere: the same, brought back to it; uniform: every coordinate drawn anew with
    probability s^2. Strength s in [0, 1]: 0 changes nothing, 1 keeps nothing.
    """
    if not 0 <= strength <= 1:
        raise ValueError(f"strength is {strength}; it must lie in [0, 1]")
    count = z.numel() // z.shape[-1]
    fresh = sample_latent(latent, count, generator).reshape(z.shape).to(z)
    if latent.prior == "uniform":
        changed = torch.rand(z.shape, generator=generator, device=generator.device).to(z.device) < strength**2
        return torch.where(changed, fresh, z)
    moved = math.sqrt(1 - strength**2) * z + strength * fresh
    return to_sphere(moved) if latent.prior == "sphere" else moved


def crossed(latent: Latent, a: Tensor, b: Tensor, generator: torch.Generator) -> Tensor:
    """A child (..., d) of two: each coordinate from one parent or the other (uniform crossover, Syswerda 1989), which
    keeps every coordinate's own distribution; brought back to the sphere where that is the prior."""
    mother = torch.rand(a.shape, generator=generator, device=generator.device).to(a.device) < 0.5
    child = torch.where(mother, a, b)
    return to_sphere(child) if latent.prior == "sphere" else child


def between(latent: Latent, a: Tensor, b: Tensor, t: float | Tensor) -> Tensor:
    """The walk from a to b that is right for the prior: straight for the uniform one, else along the great circle."""
    return lerp(a, b, t) if latent.prior == "uniform" else slerp(a, b, t)


# ---------------------------------------------------------------------------------------------------------------------
# Drawing images from a generator in batches, from a seed, without touching its state.


PIXELS = 2**22  # drawn at once: 256 images of 128x128, three of 1280x1024


@torch.no_grad()
def draw(
    generator: nn.Module,
    latent: Latent,
    n: int,
    labels: Tensor | None,
    *,
    seed: int,
    device: torch.device,
    truncation: float | None = None,
    shape: tuple[int, ...] = (),
    given: Tensor | None = None,
    batch: int | None = None,
) -> Tensor:
    """(n, C, H, W) images in [-1, 1] on the CPU. The latents come from the CPU's generator: a seed means the same
    pictures on every device. `shape` (C, H, W) bounds how many are drawn at once, unless `batch` says it.
    `given` (n, K, H, W) in [-1, 1]: what a generator of kind "spade" paints over."""
    batch = batch or max(1, min(256, PIXELS // max(1, math.prod(shape[-2:]))))
    z = sample_latent(latent, n, torch.Generator().manual_seed(seed), truncation)
    was_training = generator.training
    generator.eval()
    parts = []
    for start in range(0, n, batch):
        y = None if labels is None else labels[start : start + batch].to(device)
        handed = () if given is None else (given[start : start + batch].to(device),)
        parts.append(generator(z[start : start + batch].to(device), y, *handed).float().cpu())
    generator.train(was_training)
    return torch.cat(parts)
