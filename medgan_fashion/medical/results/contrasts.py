"""Secondary looks at the primary contrast, each where its assumptions hold; none of them can change the verdict."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from medgan_fashion.evaluation.classifiers.intervals import Interval
from medgan_fashion.evaluation.classifiers.secondary import (
    averaged_decisions,
    delong,
    mcnemar_clustered,
    mcnemar_exact,
    nadeau_bengio,
)
from medgan_fashion.medical.results.scores import Lesions


def p_value(interval: Interval) -> float:
    """Two-sided p of no difference, by the interval's own t distribution."""
    return float(2 * student.sf(abs(interval.estimate) / interval.se, interval.df))


def _fold_differences(arm: NDArray[np.float64], against: NDArray[np.float64], lesions: Lesions) -> NDArray[np.float64]:
    """(R, F) differences in accuracy of each fold, averaged over classifier seeds."""
    right = (arm.argmax(3) == lesions.labels).mean(1) - (against.argmax(3) == lesions.labels).mean(1)
    n_folds = int(lesions.folds.max()) + 1
    return np.array(
        [[row[folds == f].mean() for f in range(n_folds)] for row, folds in zip(right, lesions.folds, strict=True)]
    )


def secondary_tests(arm: NDArray[np.float64], against: NDArray[np.float64], lesions: Lesions) -> list[dict[str, Any]]:
    """McNemar exact and clustered on averaged decisions, DeLong, and Nadeau-Bengio over partitions."""
    first, second = (averaged_decisions(scores) == lesions.labels for scores in (arm, against))
    of_class_1, of_class_1_against = (scores.mean((0, 1))[:, 1] for scores in (arm, against))
    n_folds = int(lesions.folds.max()) + 1
    n_test = max(1, len(lesions.labels) // n_folds)
    return [
        mcnemar_exact(first, second, lesions.patients),
        mcnemar_clustered(first, second, lesions.patients),
        delong(of_class_1, of_class_1_against, lesions.labels, lesions.patients),
        nadeau_bengio(_fold_differences(arm, against, lesions), len(lesions.labels) - n_test, n_test),
    ]
