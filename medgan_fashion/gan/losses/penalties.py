"""Penalties on the critic, and terms that a loss may carry beside the adversarial one."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

# ---------------------------------------------------------------------------------------------------------------------
# Penalties on the critic: each sees only a function `images -> logits`, so it works in any loop and any conditioning.
#
# `penalty(critic, real, fake, generator=None) -> scalar`, in float32 whatever the surrounding autocast. Labels,
# augmentation and wrappers are closed over by `critic`. The value does not depend on the batch size. `generator`
# addresses the randomness; without one, torch's global generator is used.


Critic = Callable[[Tensor], Tensor]
Penalty = Callable[[Critic, Tensor, Tensor, "torch.Generator | None"], Tensor]


def _slopes(critic: Critic, images: Tensor) -> Tensor:
    """Norm of the critic's gradient at each image, (N,); differentiable once more."""
    with torch.autocast(images.device.type, enabled=False):
        images = images.detach().float().requires_grad_()
        (grad,) = torch.autograd.grad(critic(images).sum(), images, create_graph=True)
        # the norm per image, never over the batch; the tiny constant keeps sqrt differentiable at 0
        return (grad.flatten(1).square().sum(1) + 1e-24).sqrt()


def gradient_penalty(critic: Critic, real: Tensor, fake: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """E (||grad D(x^)|| - 1)^2 at random points between reals and fakes (Gulrajani et al. 2017, eq. 3)."""
    shape = (real.shape[0], *[1] * (real.ndim - 1))
    mix = torch.rand(shape, generator=generator, device=real.device)
    return (_slopes(critic, mix * real.float() + (1 - mix) * fake.float()) - 1.0).square().mean()


def r1(critic: Critic, real: Tensor, fake: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """E ||grad D(x)||^2 at reals (Mescheder et al. 2018, eq. 9, without gamma / 2: that is the row's weight)."""
    return _slopes(critic, real).square().mean()


def r2(critic: Critic, real: Tensor, fake: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """E ||grad D(G(z))||^2 at fakes (Mescheder et al. 2018, eq. 10, without gamma / 2); R3GAN has it beside r1."""
    return _slopes(critic, fake).square().mean()


def drift(critic: Critic, real: Tensor, fake: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """E D(x)^2 at reals: keeps a Wasserstein critic's level from wandering (Karras et al. 2018, appendix A.1)."""
    return critic(real).float().square().mean()


PENALTIES: dict[str, Penalty] = {"gradient_penalty": gradient_penalty, "r1": r1, "r2": r2, "drift": drift}


# ---------------------------------------------------------------------------------------------------------------------
# Terms that a loss may carry beside the adversarial one: orthogonal weights, matched features.


def _filters(network: nn.Module) -> list[Tensor]:
    """The weights of convolutions and dense layers as (outputs, inputs); raw ones where a norm is put over them."""
    found = []
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            own = dict(module.named_parameters())
            raw = own["weight"] if "weight" in own else own["parametrizations.weight.original"]
            found.append((raw.transpose(0, 1) if isinstance(module, nn.ConvTranspose2d) else raw).flatten(1))
    return found


def orthogonal(network: nn.Module) -> Tensor:
    """Sum over layers of ||W'W (1 - I)||_F^2, the columns of W one filter each (Brock et al. 2019, eq. 3).

    It asks for filters at right angles and leaves their lengths alone. Embeddings are left out, as in the paper.
    """
    terms = []
    for rows in _filters(network):
        # ||W'W||_F = ||WW'||_F, and the diagonal holds the squared lengths: the smaller product is enough
        with torch.autocast(rows.device.type, enabled=False):
            gram = rows @ rows.T if rows.shape[0] <= rows.shape[1] else rows.T @ rows
        terms.append(gram.square().sum() - rows.square().sum(1).square().sum())
    return torch.stack(terms).sum() if terms else torch.zeros(())


def feature_distance(real_features: Tensor, fake_features: Tensor) -> Tensor:
    """||E f(real) - E f(fake)||^2 of features (N, F) and (M, F) (Salimans et al. 2016, section 3.1).

    The real side needs no gradient: pass it detached.
    """
    return (real_features.float().mean(0) - fake_features.float().mean(0)).square().sum()
