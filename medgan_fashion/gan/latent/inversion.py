"""Latent inversion: the z whose image comes nearest to a given one; and D as a fixed judge of single images."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from medgan_fashion.gan.latent.search import RowObjective, SearchConfig, search_latents
from medgan_fashion.gan.models.model import Model
from medgan_fashion.gan.networks.latent import PIXELS, sample_latent
from medgan_fashion.gan.networks.layers import MinibatchDeviation, MinibatchDiscrimination

# ---------------------------------------------------------------------------------------------------------------------
# A trained discriminator as a fixed judge of single images: the same verdict and feature maps alone or in a batch.


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


# ---------------------------------------------------------------------------------------------------------------------
# Latent inversion: the z whose image comes nearest to a given one, with numbers that say how near.


GROUP = 64  # targets worked on at once, fewer where they are large

Encode = Callable[[Tensor, Tensor | None], Tensor]


@dataclass(frozen=True)
class InversionConfig:
    """What "near" means: the pixels' mean square (in units of [-1, 1]) plus `feature_weight` x the relative distance
    of D's feature maps, both inside the mask with weight 1 and outside it with `outside`. The search's own
    `prior_weight` holds z near its prior."""

    search: SearchConfig = field(
        default_factory=lambda: SearchConfig(
            starts=4, candidates=256, steps=200, learning_rate=0.1, noise=0.02, prior_weight=1e-3, check_every=20
        )
    )
    feature_weight: float = 0.02
    outside: float = 0.1


@dataclass(frozen=True)
class Inversions:
    """For P targets: z (P, d), images (P, C, H, W) in the card's value range, `psnr` (P,) in dB inside the mask,
    `feature_distance` (P,) of D's feature maps inside the mask, 0 for equal images and about 1 for unlike ones."""

    z: Tensor
    images: Tensor
    psnr: Tensor
    feature_distance: Tensor


def _weights(masks: Tensor, outside: float) -> Tensor:
    """(P, 1, H, W) weights that sum to 1, of masks (P, H, W)."""
    weight = torch.where(masks, 1.0, outside)[:, None]
    return weight / weight.sum((2, 3), keepdim=True)


def squared_distance(a: Tensor, b: Tensor, weight: Tensor) -> Tensor:
    """(N,) weighted mean over pixels, and plain mean over channels, of (a - b)^2; weight (N, 1, H, W) sums to 1."""
    return ((a - b).square().mean(1, keepdim=True) * weight).sum((1, 2, 3))


def map_distance(a: Tensor, b: Tensor, weight: Tensor) -> Tensor:
    """(N,) squared distance of feature maps relative to b's own square: maps (N, F, h, w) under the weight averaged
    to their grid, or dense features (N, F) without it."""
    if a.ndim == 2:
        return (a - b).square().sum(1) / b.square().sum(1).clamp_min(1e-8)
    coarse = adaptive_avg_pool2d(weight, (a.shape[-2], a.shape[-1]))
    apart = ((a - b).square().sum(1, keepdim=True) * coarse).sum((1, 2, 3))
    return apart / (b.square().sum(1, keepdim=True) * coarse).sum((1, 2, 3)).clamp_min(1e-8)


def psnr(a: Tensor, b: Tensor, masks: Tensor, value_range: tuple[float, float]) -> Tensor:
    """(N,) peak signal-to-noise ratio in dB inside the masks (N, H, W), at most 100."""
    error = squared_distance(a.float(), b.float(), _weights(masks, 0.0))
    return -10 * (error / (value_range[1] - value_range[0]) ** 2).clamp_min(1e-10).log10()


@dataclass(frozen=True)
class _Targets:
    """A group of targets from number `first` on, with what every step needs of them; `weight` (P, 1, H, W)."""

    first: int
    images: Tensor
    labels: Tensor | None
    masks: Tensor
    weight: Tensor
    maps: list[Tensor]

    def y(self, p: Tensor) -> Tensor | None:
        return None if self.labels is None else self.labels[p]


def _feature_distance(critic: FrozenCritic, images: Tensor, to: _Targets, p: Tensor, weight: Tensor) -> Tensor:
    maps = critic.maps(images, to.y(p))
    return torch.stack([map_distance(a, b[p], weight) for a, b in zip(maps, to.maps, strict=True)]).mean(0)


def _objective(model: Model, critic: FrozenCritic, to: _Targets, config: InversionConfig) -> RowObjective:
    """Minus the loss of rows z for their problems."""
    low, high = model.card.value_range

    def objective(z: Tensor, problem: Tensor, generator: torch.Generator) -> Tensor:
        p = problem - to.first
        images, weight = model.synthesize(z, to.y(p)), to.weight[p]
        loss = (2 / (high - low)) ** 2 * squared_distance(images, to.images[p], weight)
        if config.feature_weight:
            loss = loss + config.feature_weight * _feature_distance(critic, images, to, p, weight)
        return -loss

    return objective


def _inverted(
    model: Model, critic: FrozenCritic, to: _Targets, config: InversionConfig, seed: int, encoder: Encode | None
) -> Inversions:
    """One group of targets."""
    start = None
    if encoder is not None:
        start = encoder(to.images, to.labels)[:, None]
    n, device = len(to.images), to.images.device
    found = search_latents(
        _objective(model, critic, to, config), model.latent, n, config.search,
        seed=seed, start=start, first=to.first, device=device,
    )  # fmt: skip
    z, rows = found.z[:, 0], torch.arange(n, device=device)
    low, high = model.card.value_range
    with torch.no_grad():
        images = model.synthesize(z, to.labels).clamp(low, high)
        apart = _feature_distance(critic, images, to, rows, _weights(to.masks, 0.0))
    return Inversions(z, images, psnr(images, to.images, to.masks, (low, high)), apart)


def _checked(model: Model, targets: Tensor, labels: Tensor | None, masks: Tensor | None) -> Tensor:
    """The masks, everything where None; ValueError where something does not fit."""
    shape = tuple(model.card.shape)
    if tuple(targets.shape[1:]) != shape or len(targets) == 0:
        raise ValueError(f"targets have shape {tuple(targets.shape)}; this model draws images of {shape}")
    low, high = model.card.value_range
    margin = 1e-3 * (high - low)
    if not (float(targets.min()) >= low - margin and float(targets.max()) <= high + margin):
        raise ValueError(
            f"targets span [{float(targets.min()):g}, {float(targets.max()):g}]; scale to [{low:g}, {high:g}]"
        )
    if (labels is None) == model.recipe.draws_classes:
        raise ValueError("give labels, one class number per target, to a conditional model, and none to another")
    if labels is not None and len(labels) != len(targets):
        raise ValueError(f"{len(labels)} labels for {len(targets)} targets; give one each")
    if masks is None:
        return torch.ones(len(targets), *shape[1:], dtype=torch.bool, device=targets.device)
    if masks.shape != (len(targets), *shape[1:]) or not bool(masks.flatten(1).any(1).all()):
        raise ValueError(
            f"masks have shape {tuple(masks.shape)}; give {(len(targets), *shape[1:])}, none of them empty"
        )
    return masks.bool()


def invert(
    model: Model,
    targets: Tensor,
    labels: Tensor | None = None,
    *,
    masks: Tensor | None = None,
    config: InversionConfig = InversionConfig(),
    seed: int = 0,
    encoder: Encode | None = None,
) -> Inversions:
    """The latents whose images come nearest to `targets` (P, C, H, W) in the card's value range.

    `labels` (P,) class numbers of a conditional model; `masks` (P, H, W) bool, what matters (None: everything);
    `encoder(images, labels) -> (P, d)` gives one of the starts, the best of random latents the others. Targets are
    worked on in groups, which bounds memory and changes no answer.
    """
    masks = _checked(model, targets, labels, masks)
    device = next(model.generator.parameters()).device
    critic, parts = FrozenCritic(model), []
    size = max(1, min(GROUP, PIXELS // math.prod(model.card.shape[-2:])))
    for i in range(0, len(targets), size):
        images, here = targets[i : i + size].float().to(device), masks[i : i + size].to(device)
        y = None if labels is None else labels[i : i + size].to(device)
        with torch.no_grad():
            maps = critic.maps(images, y)
        to = _Targets(i, images, y, here, _weights(here, config.outside), maps)
        parts.append(_inverted(model, critic, to, config, seed, encoder))
    columns = zip(*((p.z, p.images, p.psnr, p.feature_distance) for p in parts), strict=True)
    return Inversions(*(torch.cat(column) for column in columns))
