"""What a classifier tells of two sets: trained on one and tested on the other, or trained to tell them apart."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom

from medgan_fashion.evaluation.classifiers.metrics import cell_value
from medgan_fashion.evaluation.encoder import build_small_cnn
from medgan_fashion.evaluation.training import FloatImages, predict, train_classifier

# ---------------------------------------------------------------------------------------------------------------------
# What a classifier learns from synthetic images about real ones, and the other way round, at equal budgets.


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
class ClassificationScores:
    """Balanced accuracies, means over classifier seeds, all trained on `n_train` images. `fake_to_real`: trained on
    fakes, tested on reals (classification accuracy score, CAS); `real_to_fake`: the other way (GAN-test);
    `real_to_real`: what reals give, the ceiling of both."""

    fake_to_real: float
    real_to_fake: float
    real_to_real: float
    n_train: int


def fit_small_cnn(images: FloatImages, labels: Ints, n_classes: int, *, updates: int, seed: int) -> Predict:
    """Trains a SmallCNN on images float32 (N, C, H, W) in [0, 1]; gives images -> probabilities (N, K)."""
    size = (images.shape[2], images.shape[3])
    network = build_small_cnn(images.shape[1], n_classes, size, seed=seed)
    model = train_classifier(network, images, labels, updates=updates, seed=seed)
    return lambda others: predict(model, others)


def _drawn(images: LabelledImages, n: int, seed: int) -> LabelledImages:
    rows = np.random.default_rng((seed, 35)).choice(len(images.labels), n, replace=False)
    return LabelledImages(images.images[rows], images.labels[rows])


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
    found = []
    for one in range(seed, seed + seeds):
        models = {}
        for kind, pool in (("real", real_train), ("fake", fake)):
            given = _drawn(pool, n, one)
            models[kind] = fit_small_cnn(given.images, given.labels, n_classes, updates=updates, seed=one)
        pairs = (models["fake"], real_test), (models["real"], fake), (models["real"], real_test)
        found.append([cell_value(model(test.images), test.labels, "balanced_accuracy") for model, test in pairs])
    return ClassificationScores(*np.mean(found, axis=0).tolist(), n_train=n)


# ---------------------------------------------------------------------------------------------------------------------
# Random parts of a set of images of which no group (patient, source picture) lies in two.


def deal(groups: ArrayLike, parts: int, seed: int, labels: ArrayLike | None = None) -> Ints:
    """Part 0..parts-1 of every image (N,): groups (N,) are shuffled and dealt in turn, class by class.

    `labels` (N,) spread each class evenly over the parts, a group counting as what its first image is. ValueError for
    fewer groups than parts.
    """
    names, first, inverse = np.unique(np.asarray(groups), return_index=True, return_inverse=True)
    if not 1 <= parts <= len(names):
        raise ValueError(f"{len(names)} groups of images cannot be dealt into {parts} parts: give more images.")
    order = np.random.default_rng((seed, 33)).permutation(len(names))
    if labels is not None:
        order = order[np.argsort(np.asarray(labels)[first][order], kind="stable")]
    part = np.empty(len(names), dtype=np.int64)
    part[order] = np.arange(len(names)) % parts
    return part[inverse]


def one_per_group(groups: ArrayLike, seed: int) -> Ints:
    """Rows (G,), sorted: a random image of each group, so that they are independent of each other."""
    ids = np.asarray(groups)
    order = np.random.default_rng((seed, 34)).permutation(len(ids))
    return np.sort(order[np.unique(ids[order], return_index=True)[1]])


# ---------------------------------------------------------------------------------------------------------------------
# Classifier two-sample test: can a classifier tell the two sets apart on images it has not seen?
#
# Lopez-Paz & Oquab 2017 (Revisiting classifier two-sample tests).


Bools = NDArray[np.bool_]
Fit = Callable[[FloatImages, Ints, int], Predict]


@dataclass(frozen=True)
class TwoSample:
    """Held-out `accuracy` on `n` images, half of them fakes (0.5 = cannot be told apart), and one-sided p-values:
    `p_binomial` (exact, n fair coins) and `p_permutation` (the held-out labels shuffled)."""

    accuracy: float
    n: int
    p_binomial: float
    p_permutation: float


def accuracy_test(predicted: ArrayLike, truth: ArrayLike, *, permutations: int = 1000, seed: int = 0) -> TwoSample:
    """From bool predictions (n,) and truth (n,) of images that the classifier did not see, independent of each other.

    With half of the images in each set the binomial p-value is exact for a classifier that says "fake" half the time
    and too large for others; the permutation one, (1 + as good or better) / (1 + permutations), is right for all.
    """
    said, true = np.asarray(predicted, dtype=np.bool_), np.asarray(truth, dtype=np.bool_)
    if said.ndim != 1 or said.shape != true.shape or not len(said) or permutations < 1:
        raise ValueError(f"predictions {said.shape} and truth {true.shape} must both be (n,), n and permutations > 0.")
    right = int((said == true).sum())
    rng = np.random.default_rng((seed, 36))
    shuffled = rng.permuted(np.broadcast_to(true, (permutations, len(true))), axis=1)
    as_good = int(((shuffled == said).sum(axis=1) >= right).sum())
    p_binomial = float(binom.sf(right - 1, len(said), 0.5))
    return TwoSample(right / len(said), len(said), p_binomial, (1 + as_good) / (1 + permutations))


def _rows(groups: tuple[Ints, Ints], seed: int) -> list[tuple[Ints, Ints]]:
    """(rows of real, rows of fake) to train and to test on, equally many of both; tests hold one image of a group."""
    n_real, joint = len(groups[0]), np.concatenate(groups)
    kinds = np.arange(len(joint)) >= n_real
    part = deal(joint, 2, seed, labels=kinds)
    sides = []
    for side in (0, 1):
        rows = [np.flatnonzero(part[kind] == side) for kind in (slice(None, n_real), slice(n_real, None))]
        if side == 1:
            rows = [one[one_per_group(ids[one], seed)] for one, ids in zip(rows, groups, strict=True)]
        n = min(len(one) for one in rows)
        if n < 2:
            raise ValueError("a two-sample test needs two groups of each set on both sides: give more images.")
        rng = np.random.default_rng((seed, 37, side))
        sides.append(tuple(np.sort(rng.choice(one, n, replace=False)) for one in rows))
    return sides


def _groups(real: FloatImages, fake: FloatImages, groups: tuple[ArrayLike, ArrayLike] | None) -> tuple[Ints, Ints]:
    if real.ndim != 4 or fake.ndim != 4 or real.shape[1:] != fake.shape[1:]:
        raise ValueError(f"images {real.shape} and {fake.shape} do not fit: give (N, C, H, W) of one image shape.")
    if groups is None:
        return np.arange(len(real)), np.arange(len(real), len(real) + len(fake))
    first, second = np.asarray(groups[0], dtype=np.int64), np.asarray(groups[1], dtype=np.int64)
    if first.shape != (len(real),) or second.shape != (len(fake),):
        raise ValueError(f"groups {first.shape} and {second.shape} must be one number for each image.")
    return first, second


def two_sample_test(
    real: FloatImages,
    fake: FloatImages,
    *,
    groups: tuple[ArrayLike, ArrayLike] | None = None,
    updates: int = 200,
    permutations: int = 1000,
    seed: int = 0,
    fit: Fit | None = None,
) -> TwoSample:
    """Trains a classifier on half of both sets and tests it on the other half; images float32 (N, C, H, W) in [0, 1].

    Args:
        groups: int64 (N,) and (M,), the patient or source of every image, numbered across both sets; a group lies on
            one side only, and of each set one image of a group is tested, so that tests are independent. Fakes that
            came from a real image (restyled, translated) carry that one's group. None: every image is its own.
        fit: (images, labels 0 real or 1 fake, seed) -> predictor; None: a SmallCNN of `updates` updates.

    A high p-value is no proof of likeness: it may be too few images or too weak a classifier. The test is blind to
    copies of training images unless their originals are among `real`. ValueError for shapes that do not fit and for
    fewer than four groups of a set.
    """
    ids = _groups(real, fake, groups)
    (train_real, train_fake), (test_real, test_fake) = _rows(ids, seed)
    images = np.concatenate([real[train_real], fake[train_fake]])
    labels = np.repeat(np.array([0, 1], dtype=np.int64), len(train_real))
    if fit is None:
        predictor = fit_small_cnn(images, labels, 2, updates=updates, seed=seed)
    else:
        predictor = fit(images, labels, seed)
    predicted = predictor(np.concatenate([real[test_real], fake[test_fake]])).argmax(axis=1) == 1
    truth = np.repeat([False, True], len(test_real))
    return accuracy_test(predicted, truth, permutations=permutations, seed=seed)
