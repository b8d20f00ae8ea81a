"""The classifiers of the ablation by name, with weights drawn from a seed."""

from typing import Literal

import torch
from torch import Tensor, nn

from medgan_fashion.evaluation.encoder import SmallCNN

NetworkName = Literal["small_cnn", "paper_cnn", "resnet18", "densenet121"]
# Below this side, MONAI's 7x7 stride-2 stem and max pool would leave a lesion only a pixel or two.
_SMALL_SIDE = 64


class PaperCNN(nn.Module):
    """Frid-Adar et al. 2018: three convolutions with max pooling, two dense layers, ReLU, dropout.

    The sources name no kernel and channel counts; chosen here: 16, 32, 64 channels of 5x5, 3x3, 3x3 and 128
    units. Takes (N, channels, height, width) of exactly `size`, at least 8 pixels a side; gives logits
    (N, n_classes).
    """

    def __init__(self, channels: int, n_classes: int, size: tuple[int, int], dropout: float = 0.5) -> None:
        super().__init__()
        if min(size) < 8:
            raise ValueError(f"paper_cnn takes images of at least 8 pixels a side, not {size}.")
        blocks = []
        for inward, outward, kernel in ((channels, 16, 5), (16, 32, 3), (32, 64, 3)):
            blocks += [nn.Conv2d(inward, outward, kernel, padding=kernel // 2), nn.ReLU(), nn.MaxPool2d(2)]
        self.body = nn.Sequential(*blocks)
        self.hidden = nn.Linear(64 * (size[0] // 8) * (size[1] // 8), 128)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(128, n_classes)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.dropout(self.hidden(self.body(images).flatten(1)).relu()))


def _resnet18(channels: int, n_classes: int, size: tuple[int, int]) -> nn.Module:
    from monai.networks.nets.resnet import resnet18

    small = min(size) < _SMALL_SIDE
    return resnet18(
        pretrained=False,
        spatial_dims=2,
        n_input_channels=channels,
        num_classes=n_classes,
        conv1_t_size=3 if small else 7,
        conv1_t_stride=1 if small else 2,
        no_max_pool=small,
    )


def _densenet121(channels: int, n_classes: int, dropout: float) -> nn.Module:
    from monai.networks.nets.densenet import DenseNet121

    return DenseNet121(
        spatial_dims=2, in_channels=channels, out_channels=n_classes, dropout_prob=dropout, pretrained=False
    )


def build_classifier(
    network: NetworkName,
    channels: int,
    n_classes: int,
    size: tuple[int, int],
    *,
    seed: int,
    dropout: float = 0.5,
) -> nn.Module:
    """A network (N, channels, height, width) -> logits (N, n_classes), its weights drawn from `seed`.

    torch's global random state is left as it was. ResNet-18 and DenseNet-121 are MONAI's and need at least
    32 pixels a side. ValueError for images too small or an unknown name.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if network == "small_cnn":
            return SmallCNN(channels, n_classes, size, dropout=dropout)
        if network == "paper_cnn":
            return PaperCNN(channels, n_classes, size, dropout)
        if min(size) < 32:
            raise ValueError(f"{network} takes images of at least 32 pixels a side, not {size}.")
        if network == "resnet18":
            return _resnet18(channels, n_classes, size)
        if network == "densenet121":
            return _densenet121(channels, n_classes, dropout)
    raise ValueError(f"classifier.network is {network!r}, but must be one of {NetworkName.__args__}.")
