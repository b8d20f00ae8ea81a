"""The network pairs: `G(z, y) -> images` in [-1, 1] and `D(images, y) -> Judgement`, with raw logits."""

import math

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from medgan_fashion.gan.growth import base_grid
from medgan_fashion.gan.kang import KangDiscriminator, KangGenerator
from medgan_fashion.gan.layers import Judgement, LabelledLatent, LabelPlane, MinibatchDeviation, Verdict, Wrap
from medgan_fashion.gan.progressive import ProDiscriminator, ProGenerator
from medgan_fashion.gan.recipes import Latent, NetworkPair
from medgan_fashion.gan.spade import SpadeGenerator


def _widths(pair: NetworkPair, k: int) -> list[int]:
    """Channels from full resolution to the base grid, k numbers."""
    return [min(pair.width * 2**i, pair.max_width) for i in range(k)]


class DCGenerator(nn.Module):
    """Dense to the base grid, then k strided transposed convolutions (Radford et al. 2015)."""

    def __init__(self, pair: NetworkPair, latent: Latent, shape: tuple[int, ...], n_classes: int) -> None:
        super().__init__()
        channels, height, width = shape
        h0, w0, k = base_grid(height, width)
        widths = _widths(pair, k)[::-1]
        self.labelled = LabelledLatent(pair.condition_g, latent.size, n_classes)
        self.base = (widths[0], h0, w0)
        self.dense = nn.Linear(self.labelled.out_features, math.prod(self.base))
        norm = nn.BatchNorm2d if pair.norm_g == "batch" else (lambda _: nn.Identity())
        layers: list[nn.Module] = [norm(widths[0]), nn.ReLU()]
        for before, after in zip(widths, [*widths[1:], channels], strict=True):
            layers.append(
                nn.ConvTranspose2d(
                    before,
                    after,
                    pair.kernel,
                    2,
                    pair.kernel // 2 - (pair.kernel == 4),
                    output_padding=int(pair.kernel == 5),
                )
            )
            layers += [norm(after), nn.ReLU()]
        self.layers = nn.Sequential(*layers[:-2], nn.Tanh())
        for module in self.modules():
            _initialise(module, pair.init)

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        return self.layers(self.dense(self.labelled(z, y)).reshape(-1, *self.base))


class DCDiscriminator(nn.Module):
    """k strided convolutions to the base grid, one more there, then the verdict."""

    def __init__(self, pair: NetworkPair, shape: tuple[int, ...], n_classes: int) -> None:
        super().__init__()
        channels, height, width = shape
        h0, w0, k = base_grid(height, width)
        wrap = _wrapper(pair)
        self.plane = LabelPlane(n_classes, (height, width)) if pair.condition_d == "plane" else None
        layers: list[nn.Module] = []
        before = channels + (self.plane is not None)
        for i, after in enumerate(_widths(pair, k)):
            layers.append(wrap(nn.Conv2d(before, after, pair.kernel, 2, pair.kernel // 2 - (pair.kernel == 4))))
            layers += [nn.BatchNorm2d(after)] if pair.norm_d == "batch" and i > 0 else []
            layers.append(nn.LeakyReLU(0.2))
            before = after
        if pair.minibatch_deviation:
            layers += [MinibatchDeviation(), wrap(nn.Conv2d(before + 1, before, 3, 1, 1)), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Flatten())
        self.verdict = Verdict(before * h0 * w0, pair.condition_d, n_classes, wrap)

    def forward(self, images: Tensor, y: Tensor | None = None) -> Judgement:
        if self.plane is not None:
            assert y is not None
            images = self.plane(images, y)
        return self.verdict(self.layers(images), y)


class MLPGenerator(nn.Module):
    """Two hidden layers; any shape of image."""

    def __init__(self, pair: NetworkPair, latent: Latent, shape: tuple[int, ...], n_classes: int) -> None:
        super().__init__()
        self.shape = shape
        self.labelled = LabelledLatent(pair.condition_g, latent.size, n_classes)
        self.layers = nn.Sequential(
            nn.Linear(self.labelled.out_features, pair.width),
            nn.LeakyReLU(0.2),
            nn.Linear(pair.width, pair.width),
            nn.LeakyReLU(0.2),
            nn.Linear(pair.width, math.prod(shape)),
            nn.Tanh(),
        )
        for module in self.modules():
            _initialise(module, pair.init)

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        return self.layers(self.labelled(z, y)).reshape(-1, *self.shape)


class MLPDiscriminator(nn.Module):
    """Two hidden layers on the flattened image, with a label plane as one more channel where asked."""

    def __init__(self, pair: NetworkPair, shape: tuple[int, ...], n_classes: int) -> None:
        super().__init__()
        wrap = _wrapper(pair)
        self.plane = LabelPlane(n_classes, shape[1:]) if pair.condition_d == "plane" else None
        inputs = math.prod(shape) + (math.prod(shape[1:]) if self.plane is not None else 0)
        self.layers = nn.Sequential(
            nn.Flatten(),
            wrap(nn.Linear(inputs, pair.width)),
            nn.LeakyReLU(0.2),
            wrap(nn.Linear(pair.width, pair.width)),
            nn.LeakyReLU(0.2),
        )
        self.verdict = Verdict(pair.width, pair.condition_d, n_classes, wrap)

    def forward(self, images: Tensor, y: Tensor | None = None) -> Judgement:
        if self.plane is not None:
            assert y is not None
            images = self.plane(images, y)
        return self.verdict(self.layers(images), y)


def _initialise(module: nn.Module, how: str) -> nn.Module:
    """Fresh weights: N(0, 0.02) as DCGAN's, or He's, whose scale survives networks without normalisation."""
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
        sees = module.weight[0].numel()
        if isinstance(module, nn.ConvTranspose2d):  # at stride 2 an output pixel sees a quarter of the kernel
            sees = module.weight.shape[0] * module.weight[0, 0].numel() / 4
        nn.init.normal_(module.weight, 0.0, 0.02 if how == "dcgan" else math.sqrt(2.0 / sees))
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.BatchNorm2d) and how == "dcgan":
        nn.init.normal_(module.weight, 1.0, 0.02)
    return module


def _wrapper(pair: NetworkPair) -> Wrap:
    """Initialises D's layer, then normalises its spectrum where asked (Miyato et al. 2018)."""
    if pair.spectral_norm:
        return lambda module: spectral_norm(_initialise(module, pair.init))
    return lambda module: _initialise(module, pair.init)


def build_networks(
    pair: NetworkPair, latent: Latent, shape: tuple[int, ...], n_classes: int, seed: int
) -> dict[str, nn.Module]:
    """{"generator", "discriminator"} on the CPU for images of `shape` (C, H, W); the same weights for the same seed.

    The global random state is as it was before.
    """
    if pair.kind != "mlp" and len(shape) != 3:
        raise ValueError(f"{pair.kind} networks draw images of (channels, height, width), not {shape}; use kind mlp")
    if (pair.condition_g != "none" or pair.condition_d != "none") and n_classes < 1:
        raise ValueError("this recipe is conditional: give labels, or take an unconditional recipe such as dcgan")
    if pair.given and shape[0] <= pair.given:
        raise ValueError(
            f"networks.given is {pair.given} but the images have {shape[0]} channels: add the masks as last channels"
        )
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        make_g, make_d = NETWORKS[pair.kind]
        return {
            "generator": make_g(pair, latent, shape, n_classes),
            "discriminator": make_d(pair, shape, n_classes),
        }


NETWORKS: dict[str, tuple[type[nn.Module], type[nn.Module]]] = {
    "mlp": (MLPGenerator, MLPDiscriminator),
    "dcgan": (DCGenerator, DCDiscriminator),
    "kang": (KangGenerator, KangDiscriminator),
    "progressive": (ProGenerator, ProDiscriminator),
    "spade": (SpadeGenerator, DCDiscriminator),
}
