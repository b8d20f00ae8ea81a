"""What a classifier learns from synthetic images about real ones, and the other way round, at equal budgets."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.encoder import build_small_cnn
from medgan_fashion.evaluation.training import FloatImages, predict, train_classifier

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Predict = Callable[[FloatImages], Floats]


@dataclass(frozen=True)
class LabelledImages:
    """`images` float32 (N, C, H, W) in [0, 1] and `labels` int64 (N,) in 0..K-1."""

    images: FloatImages
    labels: Ints

    def __post_init__(self) -> None:
        if self.images.ndim != 4 or self.labels.shape != (len(self.images),) or not len(self.images):
            raise ValueError(
                f"images {self.images.shape} and labels {self.labels.shape} do not fit: give (N, C, H, W) and (N,)."
            )


@dataclass(frozen=True)
class Accuracy:
    """Balanced accuracy: `mean` over classifier seeds, in [0, 1], and the `sd` between them."""

    mean: float
    sd: float


@dataclass(frozen=True)
class ClassificationScores:
    """`fake_to_real`: trained on fakes, tested on reals (classification accuracy score, CAS); `real_to_fake`: the other
    way (GAN-test); `real_to_real`: what reals give, the ceiling of both. All trained on `n_train` images."""

    fake_to_real: Accuracy
    real_to_fake: Accuracy
    real_to_real: Accuracy
    n_train: int


def fit_small_cnn(images: FloatImages, labels: Ints, n_classes: int, *, updates: int, seed: int) -> Predict:
    """Trains a SmallCNN on images float32 (N, C, H, W) in [0, 1]; gives images -> probabilities (N, K)."""
    size = (images.shape[2], images.shape[3])
    network = build_small_cnn(images.shape[1], n_classes, size, seed=seed)
    model = train_classifier(network, images, labels, updates=updates, seed=seed)
    return lambda others: predict(model, others)


def balanced_accuracy(probabilities: Floats, labels: Ints) -> float:
    """Mean over the classes that there are of the share of images (N,) whose most likely class is theirs."""
    right = probabilities.argmax(axis=1) == labels
    return float(np.mean([right[labels == k].mean() for k in np.unique(labels)]))


def _drawn(images: LabelledImages, n: int, seed: int) -> LabelledImages:
    rows = np.random.default_rng((seed, 35)).choice(len(images.labels), n, replace=False)
    return LabelledImages(images.images[rows], images.labels[rows])


def _accuracy(values: list[float]) -> Accuracy:
    return Accuracy(float(np.mean(values)), float(np.std(values)))


def classification_scores(
    real_train: LabelledImages,
    real_test: LabelledImages,
    fake: LabelledImages,
    n_classes: int,
    *,
    updates: int = 400,
    seeds: int = 3,
    seed: int = 0,
) -> ClassificationScores:
    """CAS (Ravuri & Vinyals 2019) and GAN-test (Shmelkov et al. 2018) beside train and test on reals.

    Every classifier is a SmallCNN of `updates` updates on equally many images: as many as the smaller of `real_train`
    and `fake` has, drawn anew for each of `seeds` classifiers. The fakes keep their own mix of classes, so a class that
    the generator forgot costs CAS; GAN-test forgives it, and rates copies of the training images highest of all. No
    patient may be in both `real_train` and `real_test`. ValueError for labels outside 0..K-1.
    """
    for kind, given in {"real_train": real_train, "real_test": real_test, "fake": fake}.items():
        if given.labels.min() < 0 or given.labels.max() >= n_classes:
            raise ValueError(f"labels of {kind} must lie in 0..{n_classes - 1}: check the order of the classes.")
    n = min(len(real_train.labels), len(fake.labels))
    found: dict[str, list[float]] = {"fake_to_real": [], "real_to_fake": [], "real_to_real": []}
    for one in range(seed, seed + seeds):
        models = {}
        for kind, pool in (("real", real_train), ("fake", fake)):
            given = _drawn(pool, n, one)
            models[kind] = fit_small_cnn(given.images, given.labels, n_classes, updates=updates, seed=one)
        found["fake_to_real"].append(balanced_accuracy(models["fake"](real_test.images), real_test.labels))
        found["real_to_fake"].append(balanced_accuracy(models["real"](fake.images), fake.labels))
        found["real_to_real"].append(balanced_accuracy(models["real"](real_test.images), real_test.labels))
    return ClassificationScores(**{name: _accuracy(values) for name, values in found.items()}, n_train=n)
