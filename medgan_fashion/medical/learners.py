"""What an arm trains downstream: classifiers by name and a U-Net, with weights drawn from a seed."""

from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medgan_fashion.evaluation.encoder import SmallCNN
from medgan_fashion.evaluation.training import in_batches, predict, train_classifier, train_network
from medgan_fashion.medical.config import ClassifierConfig, SegmenterConfig

# ---------------------------------------------------------------------------------------------------------------------
# The classifiers of the ablation by name, with weights drawn from a seed.


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


# ---------------------------------------------------------------------------------------------------------------------
# One downstream classifier: build it, train it on an arm's pool, score the test images.


def train_and_score(
    pool_images: NDArray[np.float32],
    pool_labels: NDArray[np.int64],
    real_mask: NDArray[np.bool_] | None,
    test_images: NDArray[np.float32],
    n_classes: int,
    config: ClassifierConfig,
    seed: int,
) -> NDArray[np.float64]:
    """Train on the pool for `config.updates` updates and give the test images' class probabilities.

    Args:
        pool_images: float32 (N, C, h, w) in [0, 1]; `test_images` are (M, C, h, w) alike.
        pool_labels: int64 (N,) in 0..n_classes-1.
        real_mask: bool (N,), which pool rows are real images; None = no share of real images is kept.
        seed: of weights, batches and dropout; the same seed gives the same bits.

    Returns float64 (M, n_classes), rows summing to 1. ValueError where shapes or labels do not fit.
    """
    if test_images.shape[1:] != pool_images.shape[1:]:
        raise ValueError(
            f"Test images are {test_images.shape[1:]}, pool images {pool_images.shape[1:]}; cut both alike."
        )
    if pool_labels.min() < 0 or pool_labels.max() >= n_classes:
        raise ValueError(f"Pool labels must lie in 0..{n_classes - 1}, but reach {pool_labels.max()}.")
    channels, height, width = pool_images.shape[1:]
    network = build_classifier(config.network, channels, n_classes, (height, width), seed=seed, dropout=config.dropout)
    model = train_classifier(
        network,
        pool_images,
        pool_labels,
        updates=config.updates,
        batch=config.batch,
        learning_rate=config.learning_rate,
        optimizer=config.optimizer,
        weight_decay=config.weight_decay,
        seed=seed,
        real=real_mask,
        real_share=config.real_share,
    )
    return predict(model, test_images)


# ---------------------------------------------------------------------------------------------------------------------
# The U-Net that every arm trains: images to the probability of each pixel to lie inside a lesion.


def build_unet(channels: int, config: SegmenterConfig, seed: int) -> nn.Module:
    """MONAI's U-Net (N, channels, H, W) -> logits (N, 1, H, W) for sides that can be halved `depth` times, its weights
    drawn from `seed`."""
    from monai.networks.nets.unet import UNet

    widths = [config.width * 2**level for level in range(config.depth + 1)]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return UNet(2, channels, 1, widths, [2] * config.depth, num_res_units=1, norm="batch", bias=False)


def overlap_loss(logits: Tensor, masks: Tensor) -> Tensor:
    """Cross-entropy plus 1 - soft Dice (Milletari et al. 2016) of logits and masks in [0, 1], both (N, 1, H, W).

    Both over the whole batch, because the Dice of a lesion of a few pixels jumps.
    """
    inside = logits.sigmoid()
    soft = (2 * (inside * masks).sum() + 1) / (inside.sum() + masks.sum() + 1)
    return nn.functional.binary_cross_entropy_with_logits(logits, masks) + 1 - soft


def train_and_segment(
    images: NDArray[np.float32],
    masks: NDArray[np.float32],
    real: NDArray[np.bool_] | None,
    tested: NDArray[np.float32],
    config: SegmenterConfig,
    seed: int,
) -> NDArray[np.bool_]:
    """Trains on images (N, C, H, W) and masks (N, 1, H, W), all in [0, 1], and cuts probabilities of `tested`
    (M, C, H, W) at one half: bool (M, H, W). `real` marks the real ones for `segmenter.real_share`."""
    trained = train_network(
        build_unet(images.shape[1], config, seed),
        images,
        torch.from_numpy(np.ascontiguousarray(masks, dtype=np.float32)),
        overlap_loss,
        updates=config.updates,
        batch=config.batch,
        learning_rate=config.learning_rate,
        seed=seed,
        real=real,
        real_share=config.real_share,
    )
    return in_batches(trained, tested)[:, 0] > 0
