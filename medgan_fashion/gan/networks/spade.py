"""A generator that paints over a given picture (a mask): spatially adaptive normalisation, Park et al. 2019 (SPADE)."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu

from medgan_fashion.gan.networks.layers import LabelledLatent
from medgan_fashion.gan.recipe.recipe_parts import Latent, NetworkPair
from medgan_fashion.gan.recipe.schedules import base_grid


class Spade(nn.Module):
    """Normalises each channel over the batch, then scales and shifts every place by what the given picture says there:
    (1 + gamma(given)) x + beta(given) (Park et al. 2019, eq. 1)."""

    def __init__(self, channels: int, given: int, hidden: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.read = nn.Conv2d(given, hidden, 3, padding=1)
        self.write = nn.Conv2d(hidden, 2 * channels, 3, padding=1)

    def forward(self, x: Tensor, given: Tensor) -> Tensor:
        # area, not nearest: a thin outline must not fall between the samples of a coarse grid
        small = interpolate(given, x.shape[-2:], mode="area")
        gamma, beta = self.write(self.read(small).relu()).chunk(2, 1)
        return self.norm(x) * (1 + gamma) + beta


class SpadeBlock(nn.Module):
    """Twice the size, then a residual convolution behind a Spade. Bilinear where the paper repeats pixels: one
    convolution a block is too few to smooth the squares that the shortcut would carry to the end."""

    def __init__(self, before: int, after: int, given: int) -> None:
        super().__init__()
        self.spade = Spade(before, given, min(after, 32))
        self.convolution = nn.Conv2d(before, after, 3, padding=1)
        self.shortcut = nn.Identity() if before == after else nn.Conv2d(before, after, 1, bias=False)

    def forward(self, x: Tensor, given: Tensor) -> Tensor:
        x = interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        return self.shortcut(x) + self.convolution(leaky_relu(self.spade(x, given), 0.2))


class SpadeGenerator(nn.Module):
    """`G(z, y, given)`: images whose last channels are `given` (N, `pair.given`, H, W) as it came, in [-1, 1], and
    whose other channels are painted over it. z says how, where the given picture leaves a choice."""

    def __init__(self, pair: NetworkPair, latent: Latent, shape: tuple[int, ...], n_classes: int) -> None:
        super().__init__()
        channels, height, width = shape
        h0, w0, k = base_grid(height, width)
        widths = [min(pair.width * 2**i, pair.max_width) for i in range(k)][::-1]
        self.labelled = LabelledLatent(pair.condition_g, latent.size, n_classes)
        self.base = (widths[0], h0, w0)
        self.dense = nn.Linear(self.labelled.out_features, math.prod(self.base))
        pairs = zip(widths, [*widths[1:], widths[-1]], strict=True)
        self.blocks = nn.ModuleList(SpadeBlock(before, after, pair.given) for before, after in pairs)
        self.paint = nn.Conv2d(widths[-1], channels - pair.given, 3, padding=1)
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.normal_(module.weight, 0.0, math.sqrt(1.0 / module.weight[0].numel()))
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, z: Tensor, y: Tensor | None, given: Tensor) -> Tensor:
        x = self.dense(self.labelled(z, y)).reshape(-1, *self.base)
        for block in self.blocks:
            x = block(x, given)
        return torch.cat([self.paint(leaky_relu(x, 0.2)).tanh(), given], 1)
