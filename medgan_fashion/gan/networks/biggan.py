"""The residual pair at a small scale: Brock et al. 2019 (BigGAN) on the networks of Miyato et al. 2018 (SNGAN)."""

import math
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv2d, conv_transpose2d, pad
from torch.nn.utils.parametrizations import spectral_norm

from medgan_fashion.gan.networks.layers import (
    DiscriminatorOutput,
    LabelledLatent,
    LabelPlane,
    MinibatchDeviation,
    MinibatchDiscrimination,
    OutputHead,
    SelfAttention2d,
    attended_level,
)
from medgan_fashion.gan.recipe.networks import BigGANConfig
from medgan_fashion.gan.recipe.schedules import base_grid, doubled
from medgan_fashion.gan.recipe.spec import Latent

EMBEDDING = 32  # numbers a class has; the paper's 128 serves a thousand classes


def _prepared(module: nn.Module, spectral: bool, gain: float = 1.0) -> nn.Module:
    """Fresh weights N(0, gain^2 / inputs), then the spectrum normalised where asked.

    1 and not He's 2: the shortcuts keep the scale, so a branch may lose some of it.
    """
    if isinstance(module, (nn.Conv2d, nn.Linear)):
        nn.init.normal_(module.weight, 0.0, gain / math.sqrt(module.weight[0].numel()))
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    return spectral_norm(module) if spectral else module


def _spread(kernel: Tensor) -> Tensor:
    """A kernel (..., 3, 3) summed over the four places of a 2x2 square: (..., 4, 4)."""
    return torch.stack([pad(kernel, (left, 1 - left, top, 1 - top)) for left in (0, 1) for top in (0, 1)]).sum(0)


def doubled_and_convolved(x: Tensor, conv: nn.Module) -> Tensor:
    """conv(doubled(x)) of a 3x3 convolution with padding 1, as one transposed convolution.

    The four equal pixels are not multiplied four times: 16 products per pixel of x and pair of channels, not 36.
    """
    assert isinstance(conv, nn.Conv2d)
    return conv_transpose2d(x, _spread(conv.weight.flip(2, 3).transpose(0, 1)), conv.bias, stride=2, padding=1)


def convolved_and_halved(x: Tensor, conv: nn.Module) -> Tensor:
    """avg_pool2d(conv(x), 2) of a 3x3 convolution with padding 1, as one convolution of stride 2."""
    assert isinstance(conv, nn.Conv2d)
    return conv2d(x, _spread(conv.weight) / 4, conv.bias, stride=2, padding=1)


class SteeredNorm(nn.Module):
    """Batch normalisation whose gains (1 + g) and biases are linear in `steer` (N, S): a class, a piece of z, or both.

    Without steering numbers (S = 0) it is the plain one, with gains and biases of its own.
    """

    def __init__(self, channels: int, steer: int, pair: BigGANConfig) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=not steer) if pair.norm_g == "batch" else nn.Identity()
        # about what a normalised spectrum would leave: the class starts as a nudge
        write = partial(_prepared, spectral=pair.spectral_norm, gain=0.3)
        self.write = write(nn.Linear(steer, 2 * channels, bias=False)) if steer else None

    def forward(self, x: Tensor, steer: Tensor) -> Tensor:
        if self.write is None:
            return self.norm(x)
        gain, bias = self.write(steer)[:, :, None, None].chunk(2, 1)
        return self.norm(x) * (1 + gain) + bias


class UpBlock(nn.Module):
    """Twice the size: norm, ReLU, repeat, 3x3, norm, ReLU, 3x3, beside a 1x1 shortcut (Brock et al. 2019, fig. 15)."""

    def __init__(self, before: int, after: int, steer: int, pair: BigGANConfig) -> None:
        super().__init__()
        wrap = partial(_prepared, spectral=pair.spectral_norm)
        self.norms = nn.ModuleList([SteeredNorm(before, steer, pair), SteeredNorm(after, steer, pair)])
        self.first = wrap(nn.Conv2d(before, after, 3, padding=1))
        self.second = wrap(nn.Conv2d(after, after, 3, padding=1))
        self.shortcut = wrap(nn.Conv2d(before, after, 1, bias=False))

    def forward(self, x: Tensor, steer: Tensor) -> Tensor:
        branch = doubled_and_convolved(self.norms[0](x, steer).relu(), self.first)
        branch = self.second(self.norms[1](branch, steer).relu())
        # a 1x1 convolution and repeating pixels commute: on the small map it costs a quarter
        return doubled(self.shortcut(x)) + branch


class ResidualGenerator(nn.Module):
    """Dense to the base grid, then one UpBlock per doubling: `G(z, y)` in [-1, 1].

    Labels: by the normalisations ("norm", one embedding for all of them), or with z ("concat", "multiply").
    With `skip_z`, z is cut into pieces, the first for the dense layer and one for the normalisations of each block.
    """

    def __init__(self, pair: BigGANConfig, latent: Latent, shape: tuple[int, ...], n_classes: int) -> None:
        super().__init__()
        channels, height, width = shape
        h0, w0, k = base_grid(height, width)
        wrap = partial(_prepared, spectral=pair.spectral_norm)
        after = [min(pair.width * 2**i, pair.max_width) for i in range(k)][::-1]
        before = [after[0], *after[:-1]]
        self.pieces, by_norm = k + 1 if pair.skip_z else 1, pair.condition_g == "norm"
        size = piece_size(latent.size, self.pieces)
        self.labelled = LabelledLatent("none" if by_norm else pair.condition_g, size, n_classes)
        self.embedding = nn.Embedding(n_classes, EMBEDDING) if by_norm else None
        steer = EMBEDDING * by_norm + size * pair.skip_z
        self.base = (before[0], h0, w0)
        self.dense = wrap(nn.Linear(self.labelled.out_features, math.prod(self.base)))
        self.blocks = nn.ModuleList(UpBlock(b, a, steer, pair) for b, a in zip(before, after, strict=True))
        self.level = attended_level(pair.attention, height, width)
        self.attention = None if self.level is None else SelfAttention2d(before[self.level], wrap)
        self.norm = SteeredNorm(after[-1], 0, pair)
        self.paint = wrap(nn.Conv2d(after[-1], channels, 3, padding=1))

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        first, *rest = z.chunk(self.pieces, 1)
        x = self.dense(self.labelled(first, y)).reshape(-1, *self.base)
        steer = z[:, :0] if self.embedding is None else self.embedding(y)
        for level, block in enumerate(self.blocks):
            if self.attention is not None and level == self.level:
                x = self.attention(x)
            x = block(x, torch.cat([steer, rest[level]], 1) if rest else steer)
        return self.paint(self.norm(x, steer).relu()).tanh()


class DownBlock(nn.Module):
    """(ReLU,) 3x3, ReLU, 3x3, beside a 1x1 shortcut; halved by averaging where `down` (Miyato et al. 2018)."""

    def __init__(self, before: int, after: int, pair: BigGANConfig, first: bool = False, down: bool = True) -> None:
        super().__init__()
        wrap = partial(_prepared, spectral=pair.spectral_norm)
        # the first block sees the image itself, of which a ReLU would throw away the dark half
        self.before, self.between, self.down = nn.Identity() if first else nn.ReLU(), nn.ReLU(), down
        self.first = wrap(nn.Conv2d(before, after, 3, padding=1))
        self.second = wrap(nn.Conv2d(after, after, 3, padding=1))
        self.shortcut = nn.Identity() if before == after and not down else wrap(nn.Conv2d(before, after, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        branch = self.between(self.first(self.before(x)))
        if not self.down:
            return self.shortcut(x) + self.second(branch)
        branch = convolved_and_halved(branch, self.second)
        return self.shortcut(avg_pool2d(x, 2)) + branch


class ResidualDiscriminator(nn.Module):
    """One DownBlock per halving, one more on the base grid, ReLU, summed over the places, then the output head.

    There is no normalisation but the spectral one (`norm_d` is not read): without that, features are averaged over
    the places and not summed, for nothing holds their scale down.
    """

    def __init__(self, pair: BigGANConfig, shape: tuple[int, ...], n_classes: int) -> None:
        super().__init__()
        channels, height, width = shape
        h0, w0, k = base_grid(height, width)
        wrap = partial(_prepared, spectral=pair.spectral_norm)
        self.plane = LabelPlane(n_classes, (height, width)) if pair.condition_d == "plane" else None
        before, layers = channels + (self.plane is not None), []
        level = attended_level(pair.attention, height, width)
        for i in range(k):
            after = min(pair.width * 2**i, pair.max_width)
            layers.append(DownBlock(before, after, pair, first=i == 0))
            layers += [SelfAttention2d(after, wrap)] if k - 1 - i == level else []
            before = after
        layers += [MinibatchDeviation()] if pair.minibatch_deviation else []
        layers.append(DownBlock(before + pair.minibatch_deviation, before, pair, down=False))
        self.layers = nn.Sequential(*layers, nn.ReLU())
        self.scale = 1.0 if pair.spectral_norm else 1.0 / (h0 * w0)
        self.others = MinibatchDiscrimination(before) if pair.minibatch_discrimination else None
        features = before + (0 if self.others is None else self.others.added)
        self.verdict = OutputHead(features, pair.condition_d, n_classes, wrap)

    def forward(self, images: Tensor, y: Tensor | None = None) -> DiscriminatorOutput:
        if self.plane is not None:
            assert y is not None
            images = self.plane(images, y)
        features = self.layers(images).sum((2, 3)) * self.scale
        return self.verdict(features if self.others is None else self.others(features), y)


def piece_size(size: int, pieces: int) -> int:
    """Numbers in each of `pieces` equal pieces of z; ValueError when z cannot be cut so."""
    if size % pieces:
        raise ValueError(
            f"latent.size {size} cannot be cut into {pieces} equal pieces, one for the dense layer and one for each of "
            f"the {pieces - 1} blocks; take {-(-size // pieces) * pieces}, or set networks.skip_z to false"
        )
    return size // pieces
