"""The progressive pair (Karras et al. 2018): equalised weights, pixel normalisation, one block a level, fade-in."""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d
from torch.nn.utils.parametrize import register_parametrization
from torch.utils.checkpoint import checkpoint

from medgan_fashion.gan.networks.layers import DiscriminatorOutput, LabelledLatent, MinibatchDeviation, OutputHead
from medgan_fashion.gan.recipe.networks import ProGANConfig
from medgan_fashion.gan.recipe.schedules import Growing, Stage, base_grid, doubled
from medgan_fashion.gan.recipe.spec import Latent

SLOPE = 0.2
RELU_GAIN = math.sqrt(2)  # He et al. 2015


class _Scale(nn.Module):
    """Multiplies a weight by a constant at run time."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, weight: Tensor) -> Tensor:
        return weight * self.scale


def equalised(module: nn.Module, gain: float = RELU_GAIN) -> nn.Module:
    """Weights N(0, 1) scaled by gain / sqrt(fan in) at run time: Adam's steps then mean the same in every layer.

    Embeddings are N(0, 1) already and are scaled where they are used.
    """
    if isinstance(module, (nn.Conv2d, nn.Linear)):
        nn.init.normal_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
        register_parametrization(module, "weight", _Scale(gain / math.sqrt(module.weight[0].numel())))
    return module


class PixelNorm(nn.Module):
    """Divides the features at each pixel by their root mean square."""

    def forward(self, x: Tensor) -> Tensor:
        return x * (x.float().square().mean(1, keepdim=True) + 1e-8).rsqrt().to(x.dtype)


def level_widths(pair: ProGANConfig, top: int) -> list[int]:
    """Channels at each level, from the base grid to full resolution."""
    return [min(pair.width * 2 ** (top - level), pair.max_width) for level in range(top + 1)]


def _conv(inward: int, outward: int) -> nn.Module:
    return equalised(nn.Conv2d(inward, outward, 3, 1, 1))


def _made(inward: int, outward: int) -> nn.Sequential:
    """G's block after upsampling."""
    layers: list[nn.Module] = []
    for before in (inward, outward):
        layers += [_conv(before, outward), nn.LeakyReLU(SLOPE), PixelNorm()]
    return nn.Sequential(*layers)


def _judged(inward: int, outward: int) -> nn.Sequential:
    """D's block, before and with its downsampling."""
    act = nn.LeakyReLU(SLOPE)
    return nn.Sequential(_conv(inward, inward), act, _conv(inward, outward), act, nn.AvgPool2d(2))


def _through(block: nn.Module, x: Tensor, recompute: bool) -> Tensor:
    """The block's output; with `recompute` its activations are computed again in the backward pass, not kept."""
    if recompute and torch.is_grad_enabled():
        # no layer here is random: there is no random state to preserve
        return checkpoint(block, x, use_reentrant=False, preserve_rng_state=False)
    return block(x)


class ProGenerator(Growing):
    """z and label to the images of its stage's resolution; their range is [-1, 1] by training, not by a tanh."""

    def __init__(self, pair: ProGANConfig, latent: Latent, shape: tuple[int, ...], n_classes: int) -> None:
        super().__init__()
        channels, height, width = shape
        h0, w0, top = base_grid(height, width)
        widths = level_widths(pair, top)
        self.stage, self.recompute_from = Stage(top, 1.0), pair.recompute_from
        self.labelled = LabelledLatent(pair.condition_g, latent.size, n_classes)
        dense = nn.Linear(self.labelled.out_features, widths[0] * h0 * w0)
        self.base = nn.Sequential(
            PixelNorm(),
            equalised(dense, RELU_GAIN / 4),
            nn.Unflatten(1, (widths[0], h0, w0)),
            nn.LeakyReLU(SLOPE),
            PixelNorm(),
            _conv(widths[0], widths[0]),
            nn.LeakyReLU(SLOPE),
            PixelNorm(),
        )
        self.blocks = nn.ModuleList(_made(a, b) for a, b in pairwise(widths))
        self.to_image = nn.ModuleList(equalised(nn.Conv2d(w, channels, 1), 1.0) for w in widths)

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        level, fade = self.stage
        before = x = self.base(self.labelled(z, y))
        for i, block in enumerate(self.blocks[:level], start=1):
            before, x = x, _through(block, doubled(x), i >= self.recompute_from)
        images = self.to_image[level](x)
        if fade < 1:
            images = torch.lerp(doubled(self.to_image[level - 1](before)), images, fade)
        return images


class ProDiscriminator(Growing):
    """Images of its stage's resolution to the verdict; minibatch deviation at the base grid."""

    def __init__(self, pair: ProGANConfig, shape: tuple[int, ...], n_classes: int) -> None:
        super().__init__()
        channels, height, width = shape
        h0, w0, top = base_grid(height, width)
        widths = level_widths(pair, top)
        self.stage, self.recompute_from = Stage(top, 1.0), pair.recompute_from
        act = nn.LeakyReLU(SLOPE)
        self.from_image = nn.ModuleList(nn.Sequential(equalised(nn.Conv2d(channels, w, 1)), act) for w in widths)
        self.blocks = nn.ModuleList(_judged(b, a) for a, b in pairwise(widths))
        deviation: list[nn.Module] = [MinibatchDeviation()] if pair.minibatch_deviation else []
        self.base = nn.Sequential(
            *deviation,
            _conv(widths[0] + len(deviation), widths[0]),
            act,
            nn.Flatten(),
            equalised(nn.Linear(widths[0] * h0 * w0, widths[0])),
            act,
        )
        self.verdict = OutputHead(widths[0], pair.condition_d, n_classes, lambda module: equalised(module, 1.0))

    def forward(self, images: Tensor, y: Tensor | None = None) -> DiscriminatorOutput:
        level, fade = self.stage
        x = self.from_image[level](images)
        for i in range(level, 0, -1):
            x = _through(self.blocks[i - 1], x, i >= self.recompute_from)
            if i == level and fade < 1:
                x = torch.lerp(self.from_image[level - 1](avg_pool2d(images, 2)), x, fade)
        return self.verdict(self.base(x), y)
