"""The conditional pair of Kang et al. 2017: one-hot classes joined to z, and as planes to every level of D.

After the authors' released code for 64x64 (github.com/kang205/DVBPR); the paper's 128x128 has the same layers on a
first map of twice the side. Here both follow from the image's size.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from medgan_fashion.gan.networks.layers import DiscriminatorOutput
from medgan_fashion.gan.recipe.networks import DVBPRConfig
from medgan_fashion.gan.recipe.schedules import base_grid
from medgan_fashion.gan.recipe.spec import Latent

HALVINGS = 4
SLOPE = 0.2


def first_map(height: int, width: int) -> tuple[int, int, int]:
    """(h0, w0, k): the image halved four times, or fewer where a side would fall below 3: 4x4 at 64x64, 8x8 at 128."""
    h0, w0, k = base_grid(height, width)
    back = max(0, k - HALVINGS)
    return h0 * 2**back, w0 * 2**back, k - back


def with_planes(x: Tensor, labels: Tensor | None) -> Tensor:
    """x (N, F, h, w) followed by one constant plane per class, labels (N, K) one-hot."""
    if labels is None:
        return x
    return torch.cat([x, labels[:, :, None, None].expand(-1, -1, *x.shape[2:])], 1)


class _OneHot(nn.Module):
    """Class numbers (N,) to (N, K), or to None for an unconditional network."""

    def __init__(self, how: str, n_classes: int) -> None:
        super().__init__()
        self.n = n_classes if how == "onehot" else 0

    def forward(self, y: Tensor | None) -> Tensor | None:
        if not self.n:
            return None
        assert y is not None
        return one_hot(y, self.n).float()


def _normal(network: nn.Module) -> None:
    """N(0, 0.02) weights and zero biases; batch normalisation starts at 1 and 0."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            nn.init.normal_(module.weight, 0.0, 0.02)
            assert module.bias is not None
            nn.init.zeros_(module.bias)


def _deconv(inward: int, outward: int, stride: int) -> nn.Module:
    return nn.ConvTranspose2d(inward, outward, 3, stride, 1, output_padding=stride - 1)


class DVBPRGenerator(nn.Module):
    """[z, c] through one dense layer to the first map, then 3x3 deconvolutions: a second one, of stride 1, follows
    each of the first two doublings."""

    def __init__(self, pair: DVBPRConfig, latent: Latent, shape: tuple[int, ...], n_classes: int) -> None:
        super().__init__()
        h0, w0, k = first_map(*shape[1:])
        widths = [min(pair.width * 2**level, pair.max_width) for level in range(k, -1, -1)]
        self.one_hot = _OneHot(pair.condition_g, n_classes)
        self.dense = nn.Linear(latent.size + self.one_hot.n, widths[0] * h0 * w0)
        layers: list[nn.Module] = [nn.Unflatten(1, (widths[0], h0, w0))]
        layers += [nn.BatchNorm2d(widths[0]), nn.LeakyReLU(SLOPE)]
        for doubling, (before, after) in enumerate(pairwise(widths)):
            for stride in (2, 1) if doubling < 2 else (2,):
                layers += [_deconv(before if stride == 2 else after, after, stride)]
                layers += [nn.BatchNorm2d(after), nn.LeakyReLU(SLOPE)]
        self.layers = nn.Sequential(*layers, _deconv(widths[-1], shape[0], 1), nn.Tanh())
        _normal(self)

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        labels = self.one_hot(y)
        return self.layers(self.dense(z if labels is None else torch.cat([z, labels.to(z)], 1)))


class DVBPRDiscriminator(nn.Module):
    """5x5 convolutions of stride 2 with the class's planes before each; batch normalisation from the second on."""

    def __init__(self, pair: DVBPRConfig, shape: tuple[int, ...], n_classes: int) -> None:
        super().__init__()
        h0, w0, k = first_map(*shape[1:])
        widths = [shape[0], *(min(pair.width * 2**i, 2 * pair.max_width) for i in range(k))]
        self.one_hot = _OneHot(pair.condition_d, n_classes)
        more = self.one_hot.n
        self.convs = nn.ModuleList(nn.Conv2d(a + more, b, 5, 2, 2) for a, b in pairwise(widths))
        self.norms = nn.ModuleList([nn.Identity(), *(nn.BatchNorm2d(w) for w in widths[2:])])
        self.act = nn.LeakyReLU(SLOPE)
        self.logit = nn.Linear(widths[-1] * h0 * w0, 1)
        _normal(self)

    def forward(self, images: Tensor, y: Tensor | None = None) -> DiscriminatorOutput:
        x, labels = images, self.one_hot(y)
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = self.act(norm(conv(with_planes(x, labels))))
        features = x.flatten(1)
        return DiscriminatorOutput(self.logit(features), None, features)
