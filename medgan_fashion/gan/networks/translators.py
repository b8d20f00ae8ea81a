"""Generators that are given a picture: U-Net, residual translator and SPADE, and a discriminator of patches."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu
from torch.nn.utils.parametrizations import spectral_norm

from medgan_fashion.gan.networks.layers import DiscriminatorOutput, LabelledLatent, LabelPlane
from medgan_fashion.gan.recipe.networks import CycleGANConfig, SPADEConfig, UNetConfig
from medgan_fashion.gan.recipe.schedules import base_grid
from medgan_fashion.gan.recipe.spec import Latent

# ---------------------------------------------------------------------------------------------------------------------
# Translators, `G(z, y, given) -> images` whose last channels are `given`, and a discriminator of patches.
#
# The paint goes from the given channels to the others: by a U-Net (Isola et al. 2017, pix2pix) or by residual blocks
# between two halvings (Johnson et al. 2016; Zhu et al. 2017, CycleGAN). Isola et al. found that G learns to ignore a
# noise z that is fed to it, and Zhu et al. feed none; here z shifts the channels of the bottleneck a little, so that
# the call is every generator's, and its say is small.


HALVINGS = 3  # of the 70x70 patches of Isola et al. 2017


def _fresh(module: nn.Module, how: str) -> nn.Module:
    """N(0, 0.02) weights as in both papers, or He's."""
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
        sees = module.weight[0].numel()
        if isinstance(module, nn.ConvTranspose2d):  # at stride 2 an output pixel sees a quarter of the kernel
            sees = module.weight[:, 0].numel() / 4
        nn.init.normal_(module.weight, 0.0, 0.02 if how == "dcgan" else math.sqrt(2.0 / sees))
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    return module


def _norm(how: str, channels: int) -> nn.Module:
    return nn.InstanceNorm2d(channels) if how == "instance" else nn.Identity()


def _widths(pair: UNetConfig, n: int) -> list[int]:
    return [min(pair.width * 2**i, pair.max_width) for i in range(n)]


class Nudge(nn.Module):
    """x (N, C, h, w) with each channel shifted by a number that is linear in z, and in the label where it is used.

    It must stand between a normalisation and its activation: the next normalisation takes a plain shift away.
    """

    def __init__(self, pair: UNetConfig, latent: Latent, channels: int, n_classes: int) -> None:
        super().__init__()
        if pair.condition_g not in ("none", "concat", "multiply"):
            raise ValueError(
                f"networks.kind {pair.kind} takes condition_g none, concat or multiply, not '{pair.condition_g}'"
            )
        self.labelled = LabelledLatent(pair.condition_g, latent.size, n_classes)
        self.shift = nn.Linear(self.labelled.out_features, channels)
        nn.init.normal_(self.shift.weight, 0.0, 0.1 / math.sqrt(self.labelled.out_features))
        nn.init.zeros_(self.shift.bias)

    def forward(self, x: Tensor, z: Tensor, y: Tensor | None) -> Tensor:
        return x + self.shift(self.labelled(z, y))[:, :, None, None]


class UNetTranslator(nn.Module):
    """4x4 convolutions of stride 2 down to the base grid and back, each level handed across (Isola et al. 2017, 6.1.1).

    The paper goes down to 1x1 and has dropout for noise; neither is here.
    """

    def __init__(self, pair: UNetConfig, latent: Latent, shape: tuple[int, ...], n_classes: int) -> None:
        super().__init__()
        channels, height, width = shape
        widths = _widths(pair, base_grid(height, width)[2])
        plain = pair.norm_g == "none"
        self.downs, self.ups = nn.ModuleList(), nn.ModuleList()
        for i, after in enumerate(widths):
            before = widths[i - 1] if i else pair.given
            conv = nn.Conv2d(before, after, 4, 2, 1, bias=plain or i == 0)
            self.downs.append(nn.Sequential(conv, _norm(pair.norm_g, after)) if i else conv)
        for i, before in reversed(list(enumerate(widths))):
            joined = before if i == len(widths) - 1 else 2 * before
            if i:
                conv = nn.ConvTranspose2d(joined, widths[i - 1], 4, 2, 1, bias=plain)
                self.ups.append(nn.Sequential(conv, _norm(pair.norm_g, widths[i - 1])))
            else:
                self.ups.append(nn.ConvTranspose2d(joined, channels - pair.given, 4, 2, 1))
        self.nudge = Nudge(pair, latent, widths[-1], n_classes)
        for module in self.modules():
            _fresh(module, pair.init)

    def forward(self, z: Tensor, y: Tensor | None, given: Tensor) -> Tensor:
        levels = [self.downs[0](given)]
        for down in self.downs[1:]:
            levels.append(down(leaky_relu(levels[-1], 0.2)))
        x = self.ups[0](self.nudge(levels.pop(), z, y).relu())
        for up in self.ups[1:]:
            x = up(torch.cat([x, levels.pop()], 1).relu())
        return torch.cat([x.tanh(), given], 1)


class ResidualBlock(nn.Module):
    """x + two 3x3 convolutions with mirrored borders (Johnson et al. 2016; no ReLU after the sum)."""

    def __init__(self, channels: int, pair: CycleGANConfig) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(2):
            conv = nn.Conv2d(channels, channels, 3, 1, 1, bias=pair.norm_g == "none", padding_mode="reflect")
            layers += [conv, _norm(pair.norm_g, channels), nn.ReLU()]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


class ResnetTranslator(nn.Module):
    """A 7x7 stem, two halvings, `depth` residual blocks, two doublings, 7x7 paint (Zhu et al. 2017, appendix 7.2).

    The doublings are transposed 4x4 convolutions where the paper's are 3x3: a kernel that the stride divides covers
    every pixel equally often, which 3x3 does not (checkerboards, Odena et al. 2016).
    """

    def __init__(self, pair: CycleGANConfig, latent: Latent, shape: tuple[int, ...], n_classes: int) -> None:
        super().__init__()
        channels, height, width = shape
        if height % 4 or width % 4 or min(height, width) < 8:
            raise ValueError(
                f"networks.kind cyclegan needs sides that 4 divides, of at least 8, not {height}x{width}; resize the "
                f"images to {' x '.join(str(max(8, math.ceil(side / 4) * 4)) for side in (height, width))}"
            )
        one, two, four = _widths(pair, 3)
        bias = pair.norm_g == "none"

        def stage(conv: nn.Module, after: int) -> list[nn.Module]:
            return [conv, _norm(pair.norm_g, after), nn.ReLU()]

        self.encoder = nn.Sequential(
            *stage(nn.Conv2d(pair.given, one, 7, 1, 3, bias=bias, padding_mode="reflect"), one),
            *stage(nn.Conv2d(one, two, 3, 2, 1, bias=bias), two),
            *stage(nn.Conv2d(two, four, 3, 2, 1, bias=bias), four)[:2],
        )
        self.nudge = Nudge(pair, latent, four, n_classes)
        self.decoder = nn.Sequential(
            nn.ReLU(),
            *(ResidualBlock(four, pair) for _ in range(pair.depth)),
            *stage(nn.ConvTranspose2d(four, two, 4, 2, 1, bias=bias), two),
            *stage(nn.ConvTranspose2d(two, one, 4, 2, 1, bias=bias), one),
            nn.Conv2d(one, channels - pair.given, 7, 1, 3, padding_mode="reflect"),
        )
        for module in self.modules():
            _fresh(module, pair.init)

    def forward(self, z: Tensor, y: Tensor | None, given: Tensor) -> Tensor:
        return torch.cat([self.decoder(self.nudge(self.encoder(given), z, y)).tanh(), given], 1)


class PatchDiscriminator(nn.Module):
    """One logit per overlapping patch, (N, P); features (N, F) are the last maps' means (Isola et al. 2017, 6.1.2).

    Three 4x4 convolutions of stride 2, 70x70 patches, or as many as leave a side of 4; then two of stride 1. No
    normalisation in the first and the last. Labels come in as a plane or not at all; images of any shape >= 3x3.
    """

    def __init__(self, pair: UNetConfig, shape: tuple[int, ...], n_classes: int) -> None:
        super().__init__()
        channels, height, width = shape
        if pair.condition_d not in ("none", "plane"):
            raise ValueError(f"a discriminator of patches takes condition_d none or plane, not '{pair.condition_d}'")
        if min(height, width) < 3:
            raise ValueError(f"a discriminator of patches needs images of at least 3x3, not {height}x{width}")
        halvings = max(n for n in range(HALVINGS + 1) if n == 0 or min(height, width) >> n >= 4)
        self.plane = LabelPlane(n_classes, (height, width)) if pair.condition_d == "plane" else None
        layers: list[nn.Module] = []
        before = channels + (self.plane is not None)
        for i, after in enumerate(_widths(pair, halvings + 1)):
            # the last map here has a side of 2 or more, where an instance still has a spread
            norm = _norm(pair.norm_d, after) if i else nn.Identity()
            layers += [self._conv(pair, before, after, 2 if i < halvings else 1), norm, nn.LeakyReLU(0.2)]
            before = after
        self.layers = nn.Sequential(*layers)
        self.logits = self._conv(pair, before, 1, 1)

    @staticmethod
    def _conv(pair: UNetConfig, before: int, after: int, stride: int) -> nn.Module:
        conv = _fresh(nn.Conv2d(before, after, 4, stride, 1), pair.init)
        return spectral_norm(conv) if pair.spectral_norm else conv

    def forward(self, images: Tensor, y: Tensor | None = None) -> DiscriminatorOutput:
        if self.plane is not None:
            assert y is not None
            images = self.plane(images, y)
        maps = self.layers(images)
        return DiscriminatorOutput(self.logits(maps).flatten(1), None, maps.mean((2, 3)))


# ---------------------------------------------------------------------------------------------------------------------
# A generator that paints over a given picture (a mask): spatially adaptive normalisation, Park et al. 2019 (SPADE).


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

    def __init__(self, pair: SPADEConfig, latent: Latent, shape: tuple[int, ...], n_classes: int) -> None:
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
