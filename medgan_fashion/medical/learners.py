"""One downstream classifier: build it, train it on an arm's pool, score the test images."""

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.training import predict, train_classifier
from medgan_fashion.medical.config import ClassifierConfig
from medgan_fashion.medical.networks import build_classifier


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
