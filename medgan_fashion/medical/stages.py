"""The ablation's own stages: classic images, a classifier, the choice of a ratio, the judgement of a fold."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.classification import (
    auroc,
    balanced_accuracy,
    confusion,
    lesion_scores,
    sensitivity,
    support_weighted,
)
from medgan_fashion.evaluation.degrade import blurred, noisy
from medgan_fashion.evaluation.diversity import ssim_diversity
from medgan_fashion.evaluation.encoder import load_encoder
from medgan_fashion.evaluation.judge import judge_images
from medgan_fashion.evaluation.neighbours import find_neighbours
from medgan_fashion.gan.plain import from_plain
from medgan_fashion.medical.classic import augmented_set
from medgan_fashion.medical.classifier import train_and_score
from medgan_fashion.medical.config import ClassicConfig, ClassifierConfig
from medgan_fashion.medical.pools import Images, compose, fill_pool, shuffled_labels
from medgan_fashion.runs.folds import Fold, load_fold
from medgan_fashion.runs.stage import stage
from medgan_fashion.runs.stages import load_synthetic

GRID = 6  # images of each class in a sample grid
PAIRS = 24  # nearest neighbours kept for the gallery
BLUR = 1 / 16  # sigma of the blurred reals, as a share of the view's height: what a bad generator's softness looks like
NOISE = 0.2  # sd of the noisy reals


@stage(version=1)
def classic_images(work: Path, training: Path, n: int, policy: dict[str, Any], seed: int) -> None:
    """n classic variations of the training rows; each records its source row and parameters."""
    fold = load_fold(training)
    made = augmented_set(
        fold.canvases,
        fold.labels,
        fold.diameters,
        n_images=n,
        size=fold.size,
        config=from_plain(ClassicConfig, policy),
        seed=seed,
    )
    np.save(work / "images.npy", made.images)
    np.save(work / "labels.npy", np.asarray(fold.labels)[made.source])
    np.save(work / "source.npy", made.source)
    (work / "parameters.json").write_text(json.dumps(made.parameters))


def _load(folder: Path | None) -> Images | None:
    if folder is None:
        return None
    return Images(np.load(folder / "images.npy", mmap_mode="r"), np.load(folder / "labels.npy"))


def _synthetic(folder: Path | None, fold: Fold, arm: str, seed: int) -> Images | None:
    if folder is None:
        return None
    images, labels = load_synthetic(folder, fold)
    return Images(images, shuffled_labels(labels, seed) if arm == "real+classic+shuffled" else labels)


@stage(version=2)
def classify(
    work: Path,
    training: Path,
    test: Path,
    arm: str,
    pool: float,
    ratio: float | Path,
    classifier: dict[str, Any],
    seed: int,
    classic: Path | None = None,
    synthetic: Path | None = None,
    held_back: Path | None = None,
    external: Path | None = None,
) -> None:
    """Trains one arm's classifier on one fold; writes probabilities.npy (N, K) of the test rows, in their order.

    `ratio` is a number, or the folder of a `choose_ratio`.
    """
    fold, held = load_fold(training), None if held_back is None else load_fold(held_back)
    share = json.loads((ratio / "chosen.json").read_text())["ratio"] if isinstance(ratio, Path) else float(ratio)
    counts = compose(arm, len(fold.labels), pool, share, 0 if held is None else len(held.labels))
    images, labels, real = fill_pool(
        counts,
        Images(fold.views, np.asarray(fold.labels)),
        _load(classic),
        _synthetic(synthetic, fold, arm, seed),
        None if held is None else Images(held.views, np.asarray(held.labels)),
        seed,
    )
    tests = [load_fold(folder) for folder in (test, external) if folder is not None]
    scored = np.concatenate([t.views for t in tests])
    mask = real if 0 < real.sum() < len(real) else None
    probabilities = train_and_score(
        images, labels, mask, scored, len(fold.classes), from_plain(ClassifierConfig, classifier), seed
    )
    np.save(work / "probabilities.npy", probabilities[: len(tests[0].labels)])
    np.save(work / "external.npy", probabilities[len(tests[0].labels) :])
    about = {
        "arm": arm,
        "ratio": share,
        "real": counts.real + counts.held_back,
        "classic": counts.classic,
        "gan": counts.gan,
    }
    (work / "pool.json").write_text(json.dumps(about))


def figure(metric: str, probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """The primary metric of one set of lesion scores."""
    if metric == "auroc":
        return auroc(probabilities, labels)
    matrix = confusion(labels, probabilities.argmax(1), probabilities.shape[1])
    return balanced_accuracy(matrix) if metric == "balanced_accuracy" else support_weighted(sensitivity(matrix), matrix)


@stage(version=1)
def choose_ratio(work: Path, validation: Path, ratios: list[float], scored: list[Path], metric: str) -> None:
    """The ratio whose classifiers did best on the inner hold-out; `scored` holds as many tasks for each ratio."""
    fold = load_fold(validation)
    figures = []
    for folder in scored:
        lesions = lesion_scores(np.load(folder / "probabilities.npy"), fold.labels, fold.lesions)
        figures.append(figure(metric, lesions.probabilities, lesions.labels))
    means = np.reshape(figures, (len(ratios), -1)).mean(1)
    chosen = {"ratio": ratios[int(means.argmax())], "means": means.tolist(), "ratios": ratios}
    (work / "chosen.json").write_text(json.dumps(chosen))


def _thumbnails(images: NDArray[np.float32]) -> NDArray[np.uint8]:
    return (np.clip(images[:, images.shape[1] // 2], 0, 1) * 255).astype(np.uint8)


def _grid(images: NDArray[np.float32], labels: NDArray[np.int64], n_classes: int) -> NDArray[np.uint8]:
    """(K, GRID, h, w) uint8: the first of each class; places without an image stay black."""
    grid = np.zeros((n_classes, GRID, *images.shape[2:]), dtype=np.uint8)
    for k in range(n_classes):
        rows = np.flatnonzero(labels == k)[:GRID]
        grid[k, : len(rows)] = _thumbnails(np.asarray(images[rows]))
    return grid


@stage(version=2)
def judge(work: Path, training: Path, test: Path, synthetic: Path, classic: Path, encoder: Path, seed: int) -> None:
    """Image figures of one fold's synthetic images, its sample grids and its neighbour gallery. Chooses nothing."""
    fold, held_out = load_fold(training), load_fold(test)
    made, labels = load_synthetic(synthetic, fold)
    made = np.asarray(made[: max(len(fold.labels), len(held_out.labels))])
    labels = labels[: len(made)]
    extractor = load_encoder(encoder / "encoder.safetensors")
    sets = (
        made,
        fold.views,
        held_out.views,
        blurred(fold.views, BLUR * fold.size[0]),
        noisy(fold.views, NOISE, seed),
    )
    features = [extractor.features(images) for images in sets]
    figures = judge_images(*features, extractor=extractor.name, seed=seed)
    near = find_neighbours(made, fold.views, held_out.views, encode=extractor.features, seed=seed)
    agreement = {
        "synthetic": float((extractor.predict(made).argmax(1) == labels).mean()),
        "test": float((extractor.predict(held_out.views).argmax(1) == held_out.labels).mean()),
        "chance": 1.0 / len(fold.classes),
    }
    spread = {
        "synthetic": ssim_diversity(made, labels, seed=seed).mean,
        "real": ssim_diversity(fold.views, np.asarray(fold.labels), seed=seed).mean,
    }
    figures |= {"class_agreement": agreement, "diversity": spread}
    figures |= {"near_copies": int(near.flags.sum()), "neighbour_ratio": float(np.median(near.ratios))}
    (work / "figures.json").write_text(json.dumps(figures))
    _save_samples(work, fold, made, labels, classic, near)


def _save_samples(work: Path, fold: Fold, made: Any, labels: Any, classic: Path, near: Any) -> None:
    n_classes = len(fold.classes)
    closest = np.argsort(-near.ncc)[:PAIRS]
    varied = _load(classic)
    assert varied is not None
    own = ~near.flags  # a near copy of a patient's image belongs into the gallery, not among the samples
    np.savez(
        work / "samples.npz",
        real=_grid(fold.views, np.asarray(fold.labels), n_classes),
        synthetic=_grid(made[own], labels[own], n_classes),
        classic=_grid(varied.images, varied.labels, n_classes),
        neighbour_synthetic=_thumbnails(made[closest]),
        neighbour_train=_thumbnails(fold.views[near.copied_from[closest]]),
        neighbour_ncc=near.ncc[closest],
        neighbour_copy=near.flags[closest],
    )
