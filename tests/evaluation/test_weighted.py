"""Weights are counts: a lesion of weight 2 is a lesion twice."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from medgan_fashion.evaluation.classifiers.metrics import (
    cell_value,
    cell_values,
    confusion,
    sensitivity,
    weighted_auroc,
)


def table(seed=0, shape=(2, 3, 40, 3)):
    rng = np.random.default_rng(seed)
    scores = rng.dirichlet(np.ones(shape[3]), shape[:3]).round(1)
    return scores, np.arange(shape[2]) % shape[3], rng.integers(0, 3, (5, shape[2])).astype(float)


def test_auroc_with_integer_weights_equals_repeated_cases_ties_included():
    scores, labels, weights = table()
    found = weighted_auroc(scores[0, 0, :, 1], labels == 1, weights)
    for row, value in zip(weights, found, strict=True):
        again = np.repeat(np.arange(40), row.astype(int))
        assert value == pytest.approx(roc_auc_score(labels[again] == 1, scores[0, 0, again, 1]))


def test_auroc_counts_pairs_and_half_the_ties():
    scores, positive = np.array([1.0, 2, 2, 3]), np.array([False, False, True, True])
    assert weighted_auroc(scores, positive, np.ones((1, 4))).tolist() == [7 / 8]
    assert weighted_auroc(np.ones(4), positive, np.ones((1, 4))).tolist() == [0.5]


@pytest.mark.parametrize("metric", ["balanced_accuracy", "sensitivity_weighted", "auroc"])
def test_every_cell_equals_the_plain_metric_of_repeated_cases(metric):
    scores, labels, weights = table()
    found = cell_values(scores, labels, weights, metric)
    assert found.shape == (5, 2, 3)
    for b, r, c in np.ndindex(5, 2, 3):
        again = np.repeat(np.arange(40), weights[b].astype(int))
        chosen, truth = scores[r, c, again], labels[again]
        matrix = confusion(truth, chosen.argmax(axis=1), 3)
        wanted = {
            "balanced_accuracy": sensitivity(matrix).mean(),
            "sensitivity_weighted": np.trace(matrix) / matrix.sum(),
            "auroc": np.mean([roc_auc_score(truth == k, chosen[:, k]) for k in range(3)]),
        }
        assert found[b, r, c] == pytest.approx(wanted[metric])


def test_balanced_accuracy_counts_the_classes_that_there_are_not_cases():
    probabilities = np.eye(3)[[0, 0, 0, 0, 1, 0]]
    assert cell_value(probabilities, [0, 0, 0, 0, 1, 1], "balanced_accuracy") == pytest.approx(0.75)


def test_auroc_is_within_folds_and_then_averaged():
    scores, labels, _ = table()
    folds = np.stack([np.arange(40) // 20, np.arange(40) // 3 % 2])
    found = cell_values(scores, labels, np.ones((1, 40)), "auroc", folds)
    wanted = [cell_value(scores[1, 2, folds[1] == f], labels[folds[1] == f], "auroc") for f in (0, 1)]
    assert found[0, 1, 2] == pytest.approx(np.mean(wanted))
    with pytest.raises(ValueError, match="fold 0 has no case of class 0"):
        cell_values(scores, labels, np.ones((1, 40)), "auroc", np.stack([labels > 0, labels > 0]).astype(int))
