"""Attacks among the images that a generator can draw, by a Lagrangian: pairs, and ways to the nearest wrong one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from medgan_fashion.gan.networks.latent import free_from, latent_from, sample_latent
from medgan_fashion.gan.recipe.table import Latent
from medgan_fashion.gan.robustness.attacks import Attack, Classifier, into_ball, margin, steady
from medgan_fashion.gan.robustness.defence import Spanner, distance

Rows = Callable[[Tensor], Tensor]  # latents (N, k, d) -> one number per row (N,)


@dataclass(frozen=True)
class Climb:
    """How a Lagrangian is climbed: Adam on the latents, while each row's multiplier, from 1 on and never below 0, moves
    by `multiplier_rate` x how far its constraint is broken. `prior_weight` x ||z|| is taken off, as 1712.09196 does.

    `loss` of pairs: the paper's, or how far the second one misses the class of the first in logits, which climbs on
    where the probabilities of a very sure classifier have no slope left.
    """

    steps: int = 100
    learning_rate: float = 0.05
    multiplier_rate: float = 0.1
    prior_weight: float = 1e-4
    loss: Literal["cross_entropy", "margin"] = "cross_entropy"


CLIMB = Climb()


@dataclass(frozen=True)
class Pairs:
    """Two images (N, C, H, W) that the generator can draw, their latents (N, 2, d), the L2 norm of their difference
    (N,), and the cross-entropy (N,) of the classifier's probabilities for the second under those for the first."""

    first: Tensor
    second: Tensor
    z: Tensor
    distances: Tensor
    cross_entropy: Tensor


def climbed(gain: Rows, gap: Rows, latent: Latent, u: Tensor, how: Climb) -> Tensor:
    """The free variables (N, k, d) of highest gain seen where gap <= 0, and the last ones where that was never so.

    Every row's gain and gap must depend on its own latents (N, k, d) alone. Starts at u.
    """
    best, best_gain = u.clone(), torch.full((len(u),), -torch.inf, device=u.device)
    multiplier, u = torch.ones_like(best_gain), u.clone().requires_grad_()
    optimizer = torch.optim.Adam([u], lr=how.learning_rate)
    for _ in range(how.steps):
        with torch.enable_grad():
            z = latent_from(latent, u)
            value, over = gain(z), gap(z)
            wanted = value - multiplier * over - how.prior_weight * z.norm(dim=-1).sum(-1)
            (u.grad,) = torch.autograd.grad(-wanted.sum(), u)
        kept = (over <= 0) & (value > best_gain)
        best_gain = torch.where(kept, value.detach(), best_gain)
        best = torch.where((kept | best_gain.isinf())[:, None, None], u.detach(), best)
        optimizer.step()
        multiplier = (multiplier + how.multiplier_rate * over.detach()).clamp_min(0)
    return best


def soft_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """(N,) cross-entropy of logits (N, K) under the probabilities that the logits `targets` (N, K) stand for."""
    return -(targets.softmax(1) * logits.log_softmax(1)).sum(1)


def manifold_pairs(
    spanner: Spanner, classify: Classifier, n: int, epsilon: float, how: Climb = CLIMB, seed: int = 0,
    device: torch.device | str = "cpu",
) -> Pairs:  # fmt: skip
    """n pairs G(z1), G(z2) within epsilon (L2) of each other that the classifier tells apart as much as possible.

    The "overpowered" attack of 1712.09196: max over z1, z2 of CE(C(G z1), C(G z2)) s.t. ||G z1 - G z2|| <= epsilon, by
    its Lagrangian, from z1 drawn from the prior and z2 beside it. Every pair is within epsilon: the worst is twice z1.
    """
    generator = torch.Generator().manual_seed(seed)
    one = free_from(spanner.latent, sample_latent(spanner.latent, n, generator))
    beside = one + 0.01 * torch.randn(one.shape, generator=generator)
    u = torch.stack([one, beside], 1).to(device)

    def both(z: Tensor) -> tuple[Tensor, Tensor]:
        images = spanner.decode(z.flatten(0, 1)).unflatten(0, (len(z), 2))
        return images[:, 0], images[:, 1]

    def gain(z: Tensor) -> Tensor:
        one, two = (classify(images) for images in both(z))
        return soft_cross_entropy(two, one) if how.loss == "cross_entropy" else margin(two, one.argmax(1))

    with steady(classify):
        u = climbed(gain, lambda z: distance(*both(z)) - epsilon, spanner.latent, u, how)
        with torch.no_grad():
            apart = distance(*both(latent_from(spanner.latent, u)))
            u[:, 1] = torch.where((apart > epsilon)[:, None], u[:, 0], u[:, 1])
            z = latent_from(spanner.latent, u)
            a, b = both(z)
            return Pairs(a, b, z, distance(a, b), soft_cross_entropy(classify(b), classify(a)))


def manifold_attack(
    spanner: Spanner, classify: Classifier, images: Tensor, labels: Tensor, start: Tensor, attack: Attack,
    how: Climb = CLIMB, confidence: float = 1.0,
) -> Tensor:  # fmt: skip
    """Images (N, C, H, W) within their balls, moved towards the nearest image of the generator that misses the label.

    That one, min ||G(z) - x|| s.t. margin(C(G z)) >= confidence, is climbed to from `start` (N, d), the z of the
    images' projections: a projection that follows lands there although nothing looks wrong with it.
    """

    def gain(z: Tensor) -> Tensor:
        return -distance(spanner.decode(z[:, 0]), images)

    def gap(z: Tensor) -> Tensor:
        return confidence - margin(classify(spanner.decode(z[:, 0])), labels)

    with steady(classify):
        u = climbed(gain, gap, spanner.latent, free_from(spanner.latent, start)[:, None], how)
    return into_ball(spanner.draw(latent_from(spanner.latent, u)[:, 0]), images, attack)
