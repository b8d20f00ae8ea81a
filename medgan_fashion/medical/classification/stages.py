"""The ablation's own stages: classic images, a classifier, the choice of a ratio."""

import json
from pathlib import Path

import numpy as np

from medgan_fashion.evaluation.classifiers.metrics import Metric, cell_value, lesion_scores
from medgan_fashion.medical.arms.classic import augmented_set
from medgan_fashion.medical.arms.pools import arm_pool, fill_pool
from medgan_fashion.medical.config import BALANCED_ARMS, ClassicConfig, ClassifierConfig
from medgan_fashion.medical.learners import train_and_score
from medgan_fashion.runs.engine.stage import stage
from medgan_fashion.runs.stages.folds import load_fold


@stage(version=1)
def classic_images(work: Path, training: Path, n: int, policy: ClassicConfig, seed: int) -> None:
    """n classic variations of the training rows; each records its source row and parameters."""
    fold = load_fold(training)
    made = augmented_set(
        fold.canvases,
        fold.labels,
        fold.diameters,
        n_images=n,
        size=fold.size,
        config=policy,
        seed=seed,
    )
    np.save(work / "images.npy", made.images)
    np.save(work / "labels.npy", np.asarray(fold.labels)[made.source])
    np.save(work / "source.npy", made.source)
    (work / "parameters.json").write_text(json.dumps(made.parameters))


@stage(version=2)
def classify(
    work: Path,
    training: Path,
    test: Path,
    arm: str,
    pool: float,
    ratio: float | Path,
    classifier: ClassifierConfig,
    seed: int,
    classic: Path | None = None,
    synthetic: Path | None = None,
    held_back: Path | None = None,
    external: Path | None = None,
) -> None:
    """Trains one arm's classifier on one fold; writes probabilities.npy (N, K) of the test rows, in their order.

    `ratio` is a number, or the folder of a `choose_ratio`.
    """
    fold, made = load_fold(training), arm_pool(training, arm, pool, ratio, seed, classic, synthetic, held_back)
    images, labels, real = fill_pool(made.parts)
    tests = [load_fold(folder) for folder in (test, external) if folder is not None]
    scored = np.concatenate([t.views for t in tests])
    # batches of a balanced arm are as its pool is: a share of reals in each would bring their imbalance back
    mask = real if 0 < real.sum() < len(real) and arm not in BALANCED_ARMS else None
    probabilities = train_and_score(images, labels, mask, scored, len(fold.classes), classifier, seed)
    np.save(work / "probabilities.npy", probabilities[: len(tests[0].labels)])
    np.save(work / "external.npy", probabilities[len(tests[0].labels) :])
    (work / "pool.json").write_text(json.dumps({"arm": arm, "ratio": made.ratio} | made.counts.by_source()))


@stage(version=1)
def choose_ratio(work: Path, validation: Path, ratios: list[float], scored: list[Path], metric: Metric) -> None:
    """The ratio whose classifiers did best on the inner hold-out; `scored` holds as many tasks for each ratio."""
    fold = load_fold(validation)
    figures = []
    for folder in scored:
        lesions = lesion_scores(np.load(folder / "probabilities.npy"), fold.labels, fold.lesions)
        figures.append(cell_value(lesions.probabilities, lesions.labels, metric))
    means = np.reshape(figures, (len(ratios), -1)).mean(1)
    chosen = {"ratio": ratios[int(means.argmax())], "means": means.tolist(), "ratios": ratios}
    (work / "chosen.json").write_text(json.dumps(chosen))
