"""A trained discriminator as a fixed judge of single images: the same verdict and feature maps alone or in a batch."""

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from medgan_fashion.gan.models.model import Model
from medgan_fashion.gan.networks.latent import PIXELS, sample_latent
from medgan_fashion.gan.networks.layers import MinibatchDeviation, MinibatchDiscrimination


def _deviations(network: nn.Module) -> list[nn.Module]:
    return [module for module in network.modules() if isinstance(module, MinibatchDeviation)]


@contextmanager
def _hooked(modules: Sequence[nn.Module], hook: Any) -> Iterator[None]:
    """The forward hook on each of the modules, for the time of the block."""
    with ExitStack() as stack:
        for module in modules:
            stack.enter_context(module.register_forward_hook(hook))
        yield


class FrozenCritic:
    """D of a model as a function of one image.

    A layer of minibatch deviation makes D's verdict depend on the images beside it. Here its plane is the constant
    that it shows, on average, for the model's own images (up to n of them, all classes, a fixed seed), so that an
    image is judged the same alone and in any batch. Differentiable to the pixels; D itself is not changed.
    """

    def __init__(self, model: Model, n: int = 64) -> None:
        if any(isinstance(module, MinibatchDiscrimination) for module in model.discriminator.modules()):
            raise ValueError(
                "this model's D compares the images of a batch (networks.minibatch_discrimination) and judges none "
                "alone; take a model without it"
            )
        self.model = model
        self._activations = [m for m in model.discriminator.modules() if isinstance(m, (nn.LeakyReLU, nn.ReLU))]
        self._planes = _deviations(model.discriminator)
        self.typical = self._typical(n) if self._planes else 0.0

    @torch.no_grad()
    def _typical(self, n: int) -> float:
        shown: list[Tensor] = []
        n = max(4, min(n, PIXELS // math.prod(self.model.card.shape[-2:])))
        device = next(self.model.generator.parameters()).device
        y = self.model.labels(None, n)
        y = None if y is None else y.to(device)
        z = sample_latent(self.model.latent, n, torch.Generator().manual_seed(0)).to(device)
        with _hooked(self._planes, lambda module, inputs, out: shown.append(out[:, -1].mean())):
            self.model.discriminate(self.model.synthesize(z, y), y)
        return float(torch.stack(shown).mean())

    def _alone(self, module: nn.Module, inputs: tuple[Tensor, ...], out: Tensor) -> Tensor:
        x = inputs[0]
        return torch.cat([x, torch.full_like(x[:, :1], self.typical)], 1)

    def logits(self, images: Tensor, y: Tensor | None = None) -> Tensor:
        """(N,) D's raw verdict on images (N, C, H, W) in the card's value range."""
        with _hooked(self._planes, self._alone):
            return self.model.discriminate(images, y).logits.mean(1)  # one logit, or one per patch

    def maps(self, images: Tensor, y: Tensor | None = None) -> list[Tensor]:
        """What each activation of D gives, from the image on: (N, F, h, w) of convolutions, (N, F) of dense layers."""
        seen: list[Tensor] = []

        def note(module: nn.Module, inputs: tuple[Tensor, ...], out: Tensor) -> None:
            seen.append(out)

        with _hooked(self._planes, self._alone), _hooked(self._activations, note):
            self.model.discriminate(images, y)
        return seen
