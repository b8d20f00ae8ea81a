"""The U-Net that every arm trains: images to the probability of each pixel to lie inside a lesion."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medgan_fashion.evaluation.training import in_batches, train_network
from medgan_fashion.medical.config import SegmenterConfig


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
