"""The project's own encoder: a small classifier whose last hidden layer is the feature space of image figures."""

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medgan_fashion.evaluation.training import FloatImages, Normalised, in_batches, predict, train_classifier

# ---------------------------------------------------------------------------------------------------------------------
# A small convolutional classifier whose last hidden layer is the feature space of the image figures.


SMALLEST = 16
_FORMAT = "medgan-fashion encoder 1"


class SmallCNN(nn.Module):
    """Stride-2 convolutions down to about 4 x 4, global average, one hidden layer, logits.

    Args:
        channels: of the images.
        n_classes: K.
        size: (height, width) of the images, each at least 16 pixels; it sets the number of convolutions.
        width: channels of the first convolution; the others have twice as many.
        features: units of the hidden layer.
        dropout: on the hidden layer while training.
    """

    def __init__(
        self,
        channels: int,
        n_classes: int,
        size: tuple[int, int],
        width: int = 32,
        features: int = 64,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        if min(size) < SMALLEST:
            raise ValueError(f"SmallCNN takes images of at least {SMALLEST} pixels a side, not {size}.")
        depth = max(2, round(math.log2(min(size) / 4)))
        widths = [channels, width] + [2 * width] * (depth - 1)
        blocks = []
        for i in range(depth):
            kernel = 5 if i == 0 else 3
            shape = (widths[i], widths[i + 1], kernel)
            convolution = nn.Conv2d(*shape, stride=2, padding=kernel // 2, bias=False)
            blocks += [convolution, nn.BatchNorm2d(widths[i + 1]), nn.ReLU()]
        self.body = nn.Sequential(*blocks)
        self.hidden = nn.Linear(widths[-1], features)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(features, n_classes)

    def features(self, images: Tensor) -> Tensor:
        """The hidden layer after ReLU: (N, features), of images (N, channels, height, width)."""
        return self.hidden(self.body(images).mean(dim=(2, 3))).relu()

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.dropout(self.features(images)))


class _Features(nn.Module):
    """The hidden layer of a trained SmallCNN, as a module of its own."""

    def __init__(self, model: Normalised, network: SmallCNN) -> None:
        super().__init__()
        self.model, self.network = model, network

    def forward(self, images: Tensor) -> Tensor:
        return self.network.features(self.model.normalise(images))


def _small(model: Normalised) -> SmallCNN:
    if not isinstance(model.network, SmallCNN):
        raise ValueError(f"An encoder needs a SmallCNN, not {type(model.network).__name__}.")
    return model.network


def _name(network: nn.Module, dim: int) -> str:
    digest = hashlib.sha256()
    for key, value in sorted(network.state_dict().items()):
        digest.update(key.encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return f"fold-encoder-{dim}-{digest.hexdigest()[:8]}"


@dataclass(frozen=True)
class Encoder:
    """A trained feature extractor; `name` holds the first 8 hex digits of the sha256 of its weights."""

    name: str
    dim: int
    network: Normalised

    def features(self, images: FloatImages) -> NDArray[np.float64]:
        """Features float64 (N, dim), not negative, of images float32 (N, C, h, w) in [0, 1]."""
        return in_batches(_Features(self.network, _small(self.network)), images)

    def predict(self, images: FloatImages) -> NDArray[np.float64]:
        """Class probabilities float64 (N, K) of images float32 (N, C, h, w) in [0, 1]."""
        return predict(self.network, images)


def build_small_cnn(
    channels: int, n_classes: int, size: tuple[int, int], *, seed: int, dropout: float = 0.5
) -> SmallCNN:
    """A SmallCNN with weights drawn from `seed`; torch's global random state is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return SmallCNN(channels, n_classes, size, dropout=dropout)


def train_encoder(
    images: FloatImages, labels: NDArray[np.int64], n_classes: int, *, updates: int = 400, seed: int
) -> Encoder:
    """Train a SmallCNN on images float32 (N, C, h, w) in [0, 1], labels int64 (N,), and use its hidden layer.

    Give it the training fold only, or figures in its space speak about the held-out patients too.
    """
    channels, height, width = images.shape[1:]
    network = build_small_cnn(channels, n_classes, (height, width), seed=seed)
    model = train_classifier(network, images, labels, updates=updates, seed=seed)
    dim = network.head.in_features
    return Encoder(_name(model, dim), dim, model)


def save_encoder(encoder: Encoder, path: Path) -> None:
    """Write the encoder as one safetensors file (weights and plain metadata, no pickle)."""
    from safetensors.torch import save_file

    network = _small(encoder.network)
    first = network.body[0]
    assert isinstance(first, nn.Conv2d)
    depth = len(network.body) // 3
    plain = {
        "channels": first.in_channels,
        "n_classes": network.head.out_features,
        "depth": depth,
        "width": first.out_channels,
        "features": encoder.dim,
    }
    tensors = {key: value.contiguous() for key, value in encoder.network.state_dict().items()}
    save_file(tensors, path, metadata={"format": _FORMAT, "network": json.dumps(plain), "name": encoder.name})


def load_encoder(path: Path) -> Encoder:
    """Read what `save_encoder` wrote; ValueError where the file is another or its weights were changed."""
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        metadata = file.metadata() or {}
        if metadata.get("format") != _FORMAT:
            raise ValueError(f"{path.name} is not an encoder file; write one with save_encoder.")
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    plain = json.loads(metadata["network"])
    side = 4 * 2 ** plain["depth"]
    with torch.random.fork_rng(devices=[]):
        network = SmallCNN(plain["channels"], plain["n_classes"], (side, side), plain["width"], plain["features"])
    model = Normalised(network, torch.zeros(plain["channels"]), torch.ones(plain["channels"]))
    model.load_state_dict(tensors)
    model.eval()
    if _name(model, plain["features"]) != metadata["name"]:
        raise ValueError(f"The weights in {path.name} do not fit its name {metadata['name']}; make it again.")
    return Encoder(metadata["name"], plain["features"], model)


# ---------------------------------------------------------------------------------------------------------------------
# The encoder that the measures of a set of images look through, trained on real images that nothing is measured on.


Ints = NDArray[np.int64]


@dataclass(frozen=True)
class SetEncoder:
    """`encoder`, `about` it in words, and whether its classes are those of the images (`knows_classes`)."""

    encoder: Encoder
    about: str
    knows_classes: bool


def orientations_to_tell(images: FloatImages) -> tuple[FloatImages, Ints]:
    """Every image (N, C, H, W) in four orientations (4 N, C, H, W), and which one 0..3 (4 N,).

    Quarter turns where the images are square (Gidaris et al. 2018), else both mirrorings and the half turn.
    """
    square = images.shape[-1] == images.shape[-2]
    if square:
        views = [np.rot90(images, turn, axes=(-2, -1)) for turn in range(4)]
    else:
        views = [images, images[..., ::-1], images[..., ::-1, :], images[..., ::-1, ::-1]]
    return np.ascontiguousarray(np.concatenate(views)), np.repeat(np.arange(4), len(images))


def encoder_for_set(
    images: FloatImages, labels: Ints | None, n_classes: int, *, updates: int = 400, seed: int = 0
) -> SetEncoder:
    """A SmallCNN with 64 features, trained on images float32 (N, C, H, W) in [0, 1] of at least 16 pixels a side.

    With labels (N,) of two classes or more it learns these, else in which orientation it sees a picture. ValueError for
    smaller images.
    """
    if min(images.shape[-2:]) < SMALLEST:
        side = f"{images.shape[-2]}x{images.shape[-1]}"
        raise ValueError(f"images of {side} pixels are too small to measure; give at least {SMALLEST} pixels a side")
    if labels is not None and len(np.unique(labels)) > 1:
        encoder = train_encoder(images, labels, n_classes, updates=updates, seed=seed)
        task = f"tell {n_classes} classes apart"
    else:
        turned, which = orientations_to_tell(images)
        encoder = train_encoder(turned, which, 4, updates=updates, seed=seed)
        task = "tell which way up a picture is (there are no classes)"
    about = f"{encoder.name}: a small CNN that learned to {task} from {len(images)} real images, which are not measured"
    return SetEncoder(encoder, about, task.endswith("apart"))
