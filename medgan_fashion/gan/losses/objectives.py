"""Adversarial objectives: pure functions of raw logits, and two combinators over any of them.

Each objective is a pair of losses to be minimised, `d(real, fake)` and `g(real, fake)`, on logits of shape (N, 1)
or (N,). They never see images, labels or networks, so they work in any hand-written loop.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus

Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Objective:
    """`d` and `g` take (real logits, fake logits) and return a scalar to minimise; `on_real` is d's part on reals.

    `g_needs_real` says whether `g` looks at its first argument: where it does not, a loop may pass an empty tensor
    and save a forward pass. `cross_entropy` marks objectives that one-sided label smoothing applies to.
    """

    d: Loss
    g: Loss
    on_real: Callable[[Tensor], Tensor]
    g_needs_real: bool = False
    cross_entropy: bool = False


def _cross_entropy(real: Tensor, fake: Tensor) -> Tensor:
    # -log sigmoid(real) - log(1 - sigmoid(fake)), written so that it is exact at any logit
    return softplus(-real).mean() + softplus(fake).mean()


def _towards_one(real: Tensor) -> Tensor:
    return softplus(-real).mean()


def minimax() -> Objective:
    """Goodfellow et al. 2014, eq. 1: G minimises log(1 - D(G(z)))."""
    return Objective(_cross_entropy, lambda real, fake: -softplus(fake).mean(), _towards_one, cross_entropy=True)


def non_saturating() -> Objective:
    """Goodfellow et al. 2014, section 3: G maximises log D(G(z))."""
    return Objective(_cross_entropy, lambda real, fake: softplus(-fake).mean(), _towards_one, cross_entropy=True)


def least_squares(a: float = 0.0, b: float = 1.0, c: float = 1.0, g_weight: float = 0.5) -> Objective:
    """Mao et al. 2017, eq. 2: fakes are drawn to `a`, reals to `b` by D; fakes to `c` by G. Halves as printed."""
    return Objective(
        lambda real, fake: 0.5 * (real - b).square().mean() + 0.5 * (fake - a).square().mean(),
        lambda real, fake: g_weight * (fake - c).square().mean(),
        lambda real: 0.5 * (real - b).square().mean(),
    )


def wasserstein() -> Objective:
    """Arjovsky et al. 2017: the critic's difference of means."""
    return Objective(
        lambda real, fake: fake.mean() - real.mean(), lambda real, fake: -fake.mean(), lambda real: -real.mean()
    )


def hinge() -> Objective:
    """Lim and Ye 2017; Miyato et al. 2018, eq. 16-17."""
    return Objective(
        lambda real, fake: relu(1.0 - real).mean() + relu(1.0 + fake).mean(),
        lambda real, fake: -fake.mean(),
        lambda real: relu(1.0 - real).mean(),
    )


def relativistic_average(objective: Objective) -> Objective:
    """Jolicoeur-Martineau 2018: each side is judged against the other's mean logit; G plays D with sides swapped."""

    def against_mean(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        return real - fake.mean(), fake - real.mean()

    def d(real: Tensor, fake: Tensor) -> Tensor:
        return objective.d(*against_mean(real, fake))

    def g(real: Tensor, fake: Tensor) -> Tensor:
        return objective.d(*reversed(against_mean(real, fake)))

    return Objective(d, g, objective.on_real, g_needs_real=True)


def relativistic_paired(objective: Objective) -> Objective:
    """Each real is judged against one fake (RpGAN; Huang et al. 2024): D minimises f(real - fake) and G
    f(fake - real), where f is the objective's own loss on reals."""
    return Objective(
        lambda real, fake: objective.on_real(real - fake),
        lambda real, fake: objective.on_real(fake - real),
        objective.on_real,
        g_needs_real=True,
    )


def smooth_labels(objective: Objective, amount: float) -> Objective:
    """One-sided label smoothing (Salimans et al. 2016): the target of reals is 1 - amount; fakes stay at 0.

    For cross-entropies with target t on a logit x the loss is softplus(x) - t x, so smoothing adds amount * x.
    Raises ValueError for objectives without a cross-entropy; for least squares set `b` instead.
    """
    if not objective.cross_entropy:
        raise ValueError("label smoothing needs a cross-entropy objective: minimax or non_saturating")
    if not 0.0 <= amount < 0.5:
        raise ValueError(f"label smoothing is {amount}; it must lie in [0, 0.5)")
    return Objective(
        lambda real, fake: objective.d(real, fake) + amount * real.mean(),
        objective.g,
        lambda real: objective.on_real(real) + amount * real.mean(),
        cross_entropy=True,
    )


def build_objective(name: str, relativistic: str = "none", label_smoothing: float = 0.0) -> Objective:
    """The objective that a recipe's three plain fields name."""
    if name not in OBJECTIVES:
        raise ValueError(f"unknown objective '{name}'; choose from {', '.join(OBJECTIVES)}")
    objective = OBJECTIVES[name]()
    if label_smoothing:
        objective = smooth_labels(objective, label_smoothing)
    return RELATIVISTIC[relativistic](objective)


def empty_logits(like: Tensor) -> Tensor:
    """What to pass for real logits to a `g` that does not need them."""
    return torch.empty(0, device=like.device, dtype=like.dtype)


OBJECTIVES: dict[str, Callable[[], Objective]] = {
    "minimax": minimax,
    "non_saturating": non_saturating,
    "least_squares": least_squares,
    "least_squares_whole": lambda: least_squares(g_weight=1.0),  # G's loss without its half: Kang et al. 2017
    "wasserstein": wasserstein,
    "hinge": hinge,
}

RELATIVISTIC: dict[str, Callable[[Objective], Objective]] = {
    "none": lambda objective: objective,
    "average": relativistic_average,
    "paired": relativistic_paired,
}
