"""The network pairs: `G(z, y) -> images` in [-1, 1] and `D(images, y) -> DiscriminatorOutput`, with raw logits."""

import math

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from medgan_fashion.gan.networks.layers import (
    DiscriminatorOutput,
    LabelledLatent,
    LabelPlane,
    MinibatchDeviation,
    MinibatchDiscrimination,
    Noise,
    OutputHead,
    SelfAttention2d,
    Wrap,
    attended_level,
)
from medgan_fashion.gan.recipe.networks import DCGANConfig, MLPConfig, SPADEConfig
from medgan_fashion.gan.recipe.schedules import base_grid
from medgan_fashion.gan.recipe.spec import Latent


def _widths(pair: DCGANConfig | SPADEConfig, k: int) -> list[int]:
    """Channels from full resolution to the base grid, k numbers."""
    return [min(pair.width * 2**i, pair.max_width) for i in range(k)]


class DCGenerator(nn.Module):
    """Dense to the base grid, then k strided transposed convolutions (Radford et al. 2015)."""

    def __init__(self, pair: DCGANConfig, latent: Latent, shape: tuple[int, ...], n_classes: int) -> None:
        super().__init__()
        channels, height, width = shape
        h0, w0, k = base_grid(height, width)
        widths = _widths(pair, k)[::-1]
        self.labelled = LabelledLatent(pair.condition_g, latent.size, n_classes)
        self.base = (widths[0], h0, w0)
        self.dense = nn.Linear(self.labelled.out_features, math.prod(self.base))
        norm = nn.BatchNorm2d if pair.norm_g == "batch" else (lambda _: nn.Identity())
        layers: list[nn.Module] = [norm(widths[0]), nn.ReLU()]
        attended = attended_level(pair.attention, height, width)
        for level, (before, after) in enumerate(zip(widths, [*widths[1:], channels], strict=True)):
            layers += [SelfAttention2d(before, _wrapper(pair))] if level == attended else []
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
    """k strided convolutions to the base grid, one more there, then the output head."""

    def __init__(self, pair: DCGANConfig | SPADEConfig, shape: tuple[int, ...], n_classes: int) -> None:
        super().__init__()
        channels, height, width = shape
        h0, w0, k = base_grid(height, width)
        wrap = _wrapper(pair)
        self.plane = LabelPlane(n_classes, (height, width)) if pair.condition_d == "plane" else None
        layers: list[nn.Module] = []
        before = channels + (self.plane is not None)
        attended = attended_level(getattr(pair, "attention", 0), height, width)
        for i, after in enumerate(_widths(pair, k)):
            layers += [Noise(pair.noise)] if pair.noise else []
            layers.append(wrap(nn.Conv2d(before, after, pair.kernel, 2, pair.kernel // 2 - (pair.kernel == 4))))
            layers += [nn.BatchNorm2d(after)] if pair.norm_d == "batch" and i > 0 else []
            layers.append(nn.LeakyReLU(0.2))
            layers += [SelfAttention2d(after, wrap)] if k - 1 - i == attended else []
            before = after
        if pair.minibatch_deviation:
            layers += [MinibatchDeviation(), wrap(nn.Conv2d(before + 1, before, 3, 1, 1)), nn.LeakyReLU(0.2)]
        layers.append(nn.Flatten())
        features = before * h0 * w0
        features += _discrimination(pair, layers, features)
        self.layers = nn.Sequential(*layers)
        self.verdict = OutputHead(features, pair.condition_d, n_classes, wrap)

    def forward(self, images: Tensor, y: Tensor | None = None) -> DiscriminatorOutput:
        if self.plane is not None:
            assert y is not None
            images = self.plane(images, y)
        return self.verdict(self.layers(images), y)


class MLPGenerator(nn.Module):
    """`pair.depth` hidden layers; any shape of image."""

    def __init__(self, pair: MLPConfig, latent: Latent, shape: tuple[int, ...], n_classes: int) -> None:
        super().__init__()
        self.shape = shape
        self.labelled = LabelledLatent(pair.condition_g, latent.size, n_classes)
        layers: list[nn.Module] = []
        for inputs in [self.labelled.out_features, *[pair.width] * (pair.depth - 1)]:
            layers += [nn.Linear(inputs, pair.width), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Linear(pair.width, math.prod(shape)), nn.Tanh())
        for module in self.modules():
            _initialise(module, pair.init)

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        return self.layers(self.labelled(z, y)).reshape(-1, *self.shape)


class MLPDiscriminator(nn.Module):
    """`pair.depth` hidden layers on the flattened image, with a label plane as one more channel where asked."""

    def __init__(self, pair: MLPConfig, shape: tuple[int, ...], n_classes: int) -> None:
        super().__init__()
        wrap = _wrapper(pair)
        self.plane = LabelPlane(n_classes, shape[1:]) if pair.condition_d == "plane" else None
        inputs = math.prod(shape) + (math.prod(shape[1:]) if self.plane is not None else 0)
        layers: list[nn.Module] = [nn.Flatten()]
        for before in [inputs, *[pair.width] * (pair.depth - 1)]:
            layers += [Noise(pair.noise)] if pair.noise else []
            layers += [wrap(nn.Linear(before, pair.width)), nn.LeakyReLU(0.2)]
        features = pair.width + _discrimination(pair, layers, pair.width)
        self.layers = nn.Sequential(*layers)
        self.verdict = OutputHead(features, pair.condition_d, n_classes, wrap)

    def forward(self, images: Tensor, y: Tensor | None = None) -> DiscriminatorOutput:
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


def _discrimination(pair: MLPConfig | DCGANConfig | SPADEConfig, layers: list[nn.Module], features: int) -> int:
    """Appends minibatch discrimination where asked; how many features it adds."""
    if not pair.minibatch_discrimination:
        return 0
    discrimination = MinibatchDiscrimination(features)
    layers.append(discrimination)
    return discrimination.added


def _wrapper(pair: MLPConfig | DCGANConfig | SPADEConfig) -> Wrap:
    """Initialises D's layer, then normalises its spectrum where asked (Miyato et al. 2018)."""
    if pair.spectral_norm:
        return lambda module: spectral_norm(_initialise(module, pair.init))
    return lambda module: _initialise(module, pair.init)
