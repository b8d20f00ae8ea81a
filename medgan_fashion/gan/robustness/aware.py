"""Attacks by somebody who knows all of the defence: in the pixels, and among the images that a generator can draw."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from medgan_fashion.gan.latent.search import SearchConfig, address
from medgan_fashion.gan.networks.latent import free_from, latent_from, sample_latent
from medgan_fashion.gan.recipe.table import Latent
from medgan_fashion.gan.robustness.attacks import (
    Attack,
    Classifier,
    Slope,
    SlopeOf,
    ascend,
    checked,
    into_ball,
    margin,
    slope_of,
    steady,
)
from medgan_fashion.gan.robustness.defence import Defence, Projections, Spanner, Verdicts, defended, distance, projected

# ---------------------------------------------------------------------------------------------------------------------
# Attacks among the images that a generator can draw, by a Lagrangian: pairs, and ways to the nearest wrong one.


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


# ---------------------------------------------------------------------------------------------------------------------
# Attacks on a defended classifier by somebody who knows all of it: generator, classifier, search, seed, threshold.


# how an attacker projects at each of his steps: on from the z of the step before
QUICK = SearchConfig(
    starts=1, candidates=1, steps=20, learning_rate=0.1, noise=0.0, prior_weight=0.0, check_every=20, batch=512
)
Back = Literal["identity", "tangent"]
CONFIDENCES = (0.5, 3.0, 8.0)  # margins of logits that an image on the manifold shall miss its label by


def _like(rows: Tensor, images: Tensor) -> Tensor:
    """(N,) as (N, 1, 1, ...)."""
    return rows.reshape(-1, *[1] * (images.ndim - 1))


def _unit(x: Tensor) -> Tensor:
    return x / _like(x.flatten(1).norm(dim=1), x).clamp_min(1e-30)


def along_tangent(spanner: Spanner, z: Tensor, gradient: Tensor) -> Tensor:
    """A gradient (N, C, H, W) at the images of z (N, d) carried back through the projection: J (J'J)^-1 J' gradient.

    That is the transposed derivative of G(z*(x)) with respect to x by the implicit function theorem, without the term
    in G's curvature. J by differences, so that any decoder will do.
    """
    step, u = 1e-2, free_from(spanner.latent, z)
    columns = []
    with torch.no_grad():
        here = spanner.decode(z).flatten(1)
        for axis in torch.eye(u.shape[1], device=u.device):
            columns.append((spanner.decode(latent_from(spanner.latent, u + step * axis)).flatten(1) - here) / step)
    jacobian = torch.stack(columns, 2)
    square = jacobian.transpose(1, 2) @ jacobian
    # a latent that changes nothing, such as the length of a sphere's, must not blow up
    ridge = 1e-4 * square.diagonal(dim1=1, dim2=2).mean(1).clamp_min(1e-12)
    square = square + ridge[:, None, None] * torch.eye(u.shape[1], device=u.device)
    along = torch.linalg.solve(square, jacobian.transpose(1, 2) @ gradient.flatten(1)[:, :, None])
    return (jacobian @ along).reshape(gradient.shape)


def aware_slope(
    defence: Defence, labels: Tensor, attack: Attack, quick: SearchConfig = QUICK, back: Back = "identity"
) -> SlopeOf:
    """The function images -> Slope of the defended classifier; `back` says how the projection is passed backwards.

    "identity": as if it were not there (BPDA, Athalye et al. 2018, section 4.1): the gradient at x is the classifier's
    at G(z*(x)). "tangent": by `along_tangent`. Where x would be rejected, the gradient of -||x - G(z*)||, exact because
    z* is a minimum, is added at equal length. The first call projects as the defender does, the others go on from the
    z found last.
    """
    last: list[Tensor] = []

    def slope(images: Tensor) -> Slope:
        how, start = (quick, last[0]) if last else (defence.search, None)
        found = projected(defence.spanner, images, how, seed=defence.seed, start=start)
        last[:] = [found.z]
        here = slope_of(defence.classify, labels, attack.loss)(found.images)
        gradient = here.gradient
        if back == "tangent":
            gradient = along_tangent(defence.spanner, found.z, gradient)
        far = found.distances > defence.threshold
        nearer = _unit(gradient) + _unit(found.images - images)
        return Slope(torch.where(_like(far, images), nearer, gradient), here.loss, here.wrong & ~far)

    return slope


def aware_pgd(
    defence: Defence, images: Tensor, labels: Tensor, attack: Attack, *,
    quick: SearchConfig = QUICK, back: Back = "identity", seed: int = 0,
) -> Tensor:  # fmt: skip
    """The strongest images (N, C, H, W) that projected gradient ascent along `aware_slope` finds in their balls."""
    images, parts = checked(images, labels, attack.value_range), []
    with steady(defence.classify):
        for number, (x, y) in enumerate(zip(images.split(attack.batch), labels.split(attack.batch), strict=True)):
            slope = aware_slope(defence, y, attack, quick, back)
            parts.append(ascend(slope, x, attack, address(seed, "aware", number)))
    return torch.cat(parts)


def _chosen(rows: Tensor, parts: Sequence[Tensor]) -> Tensor:
    """For each n the n-th row of parts[rows[n]]; rows (N,), parts of the same shape (N, ...)."""
    return torch.stack(list(parts))[rows, torch.arange(len(rows), device=rows.device)]


def _merged(rows: Tensor, verdicts: Sequence[Verdicts]) -> Verdicts:
    """For each n the n-th row of verdicts[rows[n]]."""
    every = [(v.classes, v.logits, v.rejected, v.projections) for v in verdicts]
    classes, logits, rejected, found = zip(*every, strict=True)
    z, images, distances = zip(*((p.z, p.images, p.distances) for p in found), strict=True)
    projections = Projections(_chosen(rows, z), _chosen(rows, images), _chosen(rows, distances))
    return Verdicts(_chosen(rows, classes), _chosen(rows, logits), _chosen(rows, rejected), projections)


def strongest(defence: Defence, labels: Tensor, candidates: Sequence[Tensor]) -> tuple[Tensor, Verdicts]:
    """Of several attacks (N, C, H, W) on the same images, the worst for each image, and what the defence says to it.

    Accepted and of another class is worse than rejected and of another class, which is worse than of its own class;
    the first one wins a tie. No attack alone is the measure of a defence, but the worst for each image.
    """
    verdicts = [defended(defence, images) for images in candidates]
    wrong = torch.stack([v.classes != labels for v in verdicts])
    harm = wrong.int() + (wrong & ~torch.stack([v.rejected for v in verdicts])).int()
    rows = harm.argmax(0)  # the first of equals
    return _chosen(rows, candidates), _merged(rows, verdicts)


def aware_attacks(
    defence: Defence,
    images: Tensor,
    labels: Tensor,
    attack: Attack,
    *,
    seed: int = 0,
    quick: SearchConfig = QUICK,
    climb: Climb = CLIMB,
) -> dict[str, Tensor]:
    """Images (N, C, H, W) within their balls by each way of attack: `aware_pgd` with both ways back, and
    `manifold_attack` at each of CONFIDENCES.

    Which is worst for an image `strongest` says; give it the examples made in ignorance of the defence too.
    """
    images = checked(images, labels, attack.value_range)
    start = projected(defence.spanner, images, defence.search, seed=defence.seed).z
    along = {
        f"along the manifold, {confidence:g}": manifold_attack(
            defence.spanner, defence.classify, images, labels, start, attack, climb, confidence
        )
        for confidence in CONFIDENCES
    }
    through: dict[str, Back] = {"BPDA": "identity", "along the tangent": "tangent"}
    climbs = {
        name: aware_pgd(defence, images, labels, attack, quick=quick, back=back, seed=seed)
        for name, back in through.items()
    }
    return climbs | along
