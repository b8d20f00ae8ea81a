"""Penalties on the critic: each sees only a function `images -> logits`, so it works in any loop and any conditioning.

`penalty(critic, real, fake, generator=None) -> scalar`, in float32 whatever the surrounding autocast. Labels,
augmentation and wrappers are closed over by `critic`. The value does not depend on the batch size. `generator`
addresses the randomness; without one, torch's global generator is used.
"""

from collections.abc import Callable

import torch
from torch import Tensor

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
