"""The encoder that the measures of a set of images look through, trained on real images that nothing is measured on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.encoder import SMALLEST, Encoder, train_encoder
from medgan_fashion.evaluation.training import FloatImages

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
