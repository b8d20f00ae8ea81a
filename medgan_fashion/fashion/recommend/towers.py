"""Networks from pictures to item vectors: small ones, CNN-F, an encoder of categories; any tower from its file."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medgan_fashion.base.plain import from_plain, to_plain
from medgan_fashion.evaluation.encoder import Encoder, SmallCNN, train_encoder
from medgan_fashion.evaluation.training import Normalised
from medgan_fashion.fashion.config import TowerConfig
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.recommend.model import Tower

# ---------------------------------------------------------------------------------------------------------------------
# A trained encoder of categories as a tower: its features at every depth, standardised, times a matrix.


class EncoderFeatures(nn.Module):
    """What a trained encoder sees at every depth: the mean of each block's channels over the picture, and the hidden
    layer. Its last layer knows categories and little else; the first ones keep colour and texture, which is taste."""

    def __init__(self, network: Normalised) -> None:
        super().__init__()
        self.network = network

    @property
    def dim(self) -> int:
        """F, the number of features."""
        cnn = _small_cnn(self.network)
        blocks = [layer.out_channels for layer in cnn.body if isinstance(layer, nn.Conv2d)]
        return sum(blocks) + cnn.head.in_features

    def forward(self, images: Tensor) -> Tensor:
        """(B, 3, size, size) in [0, 1] -> (B, F)."""
        cnn, x, means = _small_cnn(self.network), self.network.normalise(images), []
        for layer in cnn.body:
            x = layer(x)
            if isinstance(layer, nn.ReLU):
                means.append(x.mean(dim=(2, 3)))
        return torch.cat([*means, cnn.hidden(means[-1]).relu()], dim=1)


class EncoderNetwork(nn.Module):
    """A trained encoder's features, standardised, times a matrix: (B, 3, size, size) -> (B, K + 1), bias last.

    Args:
        network: of the encoder. outputs: K + 1.
    """

    mean: Tensor
    sd: Tensor

    def __init__(self, network: Normalised, outputs: int) -> None:
        super().__init__()
        self.features = EncoderFeatures(network)
        self.register_buffer("mean", torch.zeros(self.features.dim))
        self.register_buffer("sd", torch.ones(self.features.dim))
        self.linear = nn.Linear(self.features.dim, outputs, bias=False)

    def forward(self, images: Tensor) -> Tensor:
        return self.linear((self.features(images) - self.mean) / self.sd)


def _small_cnn(network: Normalised) -> SmallCNN:
    if not isinstance(network.network, SmallCNN):
        raise ValueError(f"an encoder is a SmallCNN, not {type(network.network).__name__}")
    return network.network


def encoder_tower(encoder: Encoder, size: int, standard: tuple[Tensor, Tensor], weight: Tensor) -> Tower:
    """Vectors and bias = weight (K + 1, F) @ (features - mean) / sd; `standard` = (mean, sd), (F,) each."""
    network = EncoderNetwork(encoder.network, len(weight))
    network.mean, network.sd = (part.float() for part in standard)
    network.linear.weight = nn.Parameter(weight.float())
    cnn = _small_cnn(encoder.network)
    plain = {"width": cnn.body[0].out_channels, "features": encoder.dim, "n_classes": cnn.head.out_features}
    card = {"kind": "encoder", "size": size, "outputs": len(weight), "encoder": encoder.name, "network": plain}
    return Tower(network, size, card)


def rebuild_encoder(card: dict[str, Any]) -> nn.Module:
    plain, side = card["network"], (card["size"], card["size"])
    network = SmallCNN(3, plain["n_classes"], side, plain["width"], plain["features"])
    return EncoderNetwork(Normalised(network, torch.zeros(3), torch.ones(3)), card["outputs"])


# ---------------------------------------------------------------------------------------------------------------------
# Networks from pictures to item vectors: the project's small ones and CNN-F; any tower from its file.


def _levels(size: int) -> int:
    """Halvings from the tower's size down to about 4 x 4."""
    if size < 16:
        raise ValueError(f"a tower looks at pictures of at least 16 pixels a side, not {size}")
    return round(math.log2(size / 4))


def _flat(size: int, halvings: int, channels: int) -> int:
    for _ in range(halvings):
        size = -(-size // 2)
    return size * size * channels


def _small(config: TowerConfig, outputs: int) -> nn.Module:
    """Stride-2 convolutions down to 4 x 4, flattened: what is where matters (a sleeve, a hem)."""
    levels = _levels(config.size)
    widths = [3, config.width] + [2 * config.width] * (levels - 1)
    layers: list[nn.Module] = []
    for i in range(levels):
        kernel = 5 if i == 0 else 3
        layers += [nn.Conv2d(widths[i], widths[i + 1], kernel, stride=2, padding=kernel // 2), nn.ReLU()]
    flat = _flat(config.size, levels, widths[-1])
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(config.dropout), nn.Linear(flat, outputs))


class _Residual(nn.Module):
    """x + conv(SiLU(norm(conv(SiLU(norm(x))))), group normalisation: nothing depends on the batch."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(2):
            layers += [nn.GroupNorm(4, channels), nn.SiLU(), nn.Conv2d(channels, channels, 3, padding=1)]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


def _residual(config: TowerConfig, outputs: int) -> nn.Module:
    """A stem and, at each halving by average pooling, one residual block; two fully connected layers."""
    levels, width = _levels(config.size), config.width
    layers: list[nn.Module] = [nn.Conv2d(3, width, 3, stride=2, padding=1), _Residual(width)]
    for _ in range(levels - 1):
        layers += [nn.AvgPool2d(2, ceil_mode=True), nn.Conv2d(width, 2 * config.width, 1)]
        width = 2 * config.width
        layers.append(_Residual(width))
    flat = _flat(config.size, levels, width)
    layers += [nn.SiLU(), nn.Flatten(), nn.Dropout(config.dropout), nn.Linear(flat, 128), nn.SiLU()]
    return nn.Sequential(*layers, nn.Linear(128, outputs))


def _cnn_f(config: TowerConfig, outputs: int) -> nn.Module:
    """CNN-F (Chatfield et al. 2014) as the released code of DVBPR lays it out: "same" padding, 7 x 7 x 256 at 224."""
    if config.size % 32:
        raise ValueError(f"the cnn_f tower needs a size that 32 divides (the paper has 224), not {config.size}")
    layers: list[nn.Module] = [nn.ZeroPad2d((3, 4, 3, 4)), nn.Conv2d(3, 64, 11, stride=4), nn.ReLU()]
    norm: list[nn.Module] = [nn.LocalResponseNorm(5, 1e-4, 0.75, 2.0)] if config.response_norm else []
    layers += [*norm, nn.MaxPool2d(2), nn.Conv2d(64, 256, 5, padding=2), nn.ReLU(), *norm, nn.MaxPool2d(2)]
    for _ in range(3):
        layers += [nn.Conv2d(256, 256, 3, padding=1), nn.ReLU()]
    layers += [nn.MaxPool2d(2), nn.Flatten()]
    units = [256 * (config.size // 32) ** 2, config.hidden, config.hidden]
    for i in range(2):
        layers += [nn.Linear(units[i], units[i + 1]), nn.ReLU(), nn.Dropout(config.dropout)]
    network = nn.Sequential(*layers, nn.Linear(units[-1], outputs))
    for layer in network:
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.constant_(layer.bias, 0.0)  # pyright: ignore[reportArgumentType] - these have one
    return network


class PixelNetwork(nn.Module):
    """An architecture behind x -> 2x - 1; float (B, 3, size, size) in [0, 1] -> (B, factors + 1), bias last."""

    def __init__(self, config: TowerConfig, factors: int) -> None:
        super().__init__()
        self.body = ARCHITECTURES[config.architecture](config, factors + config.bias)
        self.bias = config.bias

    def forward(self, images: Tensor) -> Tensor:
        out = self.body((2 * images - 1).contiguous(memory_format=torch.channels_last))
        return out if self.bias else nn.functional.pad(out, (0, 1))


def build_pixel_network(config: TowerConfig, factors: int, seed: int) -> PixelNetwork:
    """A network with weights drawn from `seed`; torch's global random state is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return PixelNetwork(config, factors).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]


def pixel_tower(network: PixelNetwork, config: TowerConfig, factors: int) -> Tower:
    """The tower of a trained network."""
    return Tower(network, config.size, {"kind": "pixels", "tower": to_plain(config), "factors": factors})


def rebuild(card: dict[str, Any], weights: dict[str, Tensor]) -> Tower:
    """The tower of a file: its network made from plain data and filled, strictly. ValueError where they do not fit."""
    if card.get("kind") not in ("pixels", "encoder"):
        raise ValueError(f"unknown kind of tower {card.get('kind')!r}: this version knows pixels and encoder")
    with torch.random.fork_rng(devices=[]):
        if card["kind"] == "encoder":
            network, size = rebuild_encoder(card), int(card["size"])
        else:
            config = from_plain(TowerConfig, card["tower"], stored=True)
            network, size = PixelNetwork(config, int(card["factors"])), config.size
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise ValueError("the weights of the tower do not fit the architecture that the file names") from error
    return Tower(network.to(memory_format=torch.channels_last), size, card)  # pyright: ignore[reportCallIssue]


ARCHITECTURES: dict[str, Callable[[TowerConfig, int], nn.Module]] = {
    "small": _small,
    "residual": _residual,
    "cnn_f": _cnn_f,
}


# ---------------------------------------------------------------------------------------------------------------------
# The project's own encoder of a catalogue: a small network that tells its categories apart.


MOST = 20_000  # pictures that it is trained on, drawn by seed: they stand in memory as floats, twice


def varied(images: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    """Each picture mirrored or not and moved by up to an eighth, its edge repeated: what an encoder must not mind."""
    rng, reach = np.random.default_rng((seed, 51)), images.shape[-1] // 8
    padded = np.pad(images, ((0, 0), (0, 0), (reach, reach), (reach, reach)), mode="edge")
    out, size = np.empty_like(images), images.shape[-1]
    for row, (top, left) in enumerate(rng.integers(0, 2 * reach + 1, (len(images), 2))):
        out[row] = padded[row, :, top : top + size, left : left + size]
    mirrored = rng.random(len(images)) < 0.5
    out[mirrored] = out[mirrored, :, :, ::-1]
    return out


def check_categories(catalogue: Catalogue) -> None:
    """ValueError where the items that are not held out are all of one category: there is nothing to tell apart."""
    there = [catalogue.categories[k] for k in np.unique(catalogue.category[~catalogue.held_out])]
    if len(there) < 2:
        raise ValueError(
            f"the catalogue has one category only ({', '.join(there) or 'none'}): an encoder has nothing to tell "
            "apart; map another column to the category, such as the article type"
        )


def train_catalogue_encoder(catalogue: Catalogue, *, updates: int = 400, seed: int) -> Encoder:
    """Trained on pictures that are not held out and on variations of them. ValueError for one category only."""
    check_categories(catalogue)
    rows = np.flatnonzero(~catalogue.held_out)
    if len(rows) > MOST:
        rows = np.sort(np.random.default_rng((seed, 53)).choice(rows, MOST, replace=False))
    images, labels = catalogue.floats(rows), catalogue.category[rows]
    both, twice = np.concatenate([images, varied(images, seed)]), np.concatenate([labels, labels])
    return train_encoder(both, twice, len(catalogue.categories), updates=updates, seed=seed)
