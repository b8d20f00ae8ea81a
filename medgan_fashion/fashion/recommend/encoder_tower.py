"""A trained encoder of categories as a tower: its features at every depth, standardised, times a matrix."""

from typing import Any

import torch
from torch import Tensor, nn

from medgan_fashion.evaluation.encoder import Encoder, SmallCNN
from medgan_fashion.evaluation.training import Normalised
from medgan_fashion.fashion.recommend.model import Tower


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
