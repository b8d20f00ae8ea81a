"""Classifier figures: the published liver-lesion matrices, scikit-learn, and cases by hand."""

import numpy as np
import pytest

from medgan_fashion.evaluation.classifiers import metrics as c
from medgan_fashion.evaluation.classifiers.metrics import reliability

AUGMENTED = [[52, 1, 0], [2, 44, 18], [0, 18, 47]]
WITH_GAN = [[53, 0, 0], [2, 52, 10], [1, 13, 51]]


@pytest.mark.parametrize(
    ("matrix", "weighted", "macro"),
    [(AUGMENTED, (78.6, 88.4), (79.7, 89.0)), (WITH_GAN, (85.7, 92.4), (86.6, 92.7))],
)
def test_published_liver_lesion_figures(matrix, weighted, macro):
    recall, rejection = c.sensitivity(matrix), c.specificity(matrix)
    found = 100 * np.array([c.support_weighted(v, matrix) for v in (recall, rejection)])
    assert found.round(1).tolist() == list(weighted)
    assert (100 * np.array([recall.mean(), rejection.mean()])).round(1).tolist() == list(macro)


def test_confusion_puts_truth_in_rows():
    assert c.confusion([0, 0, 1], [0, 1, 1], 2).tolist() == [[1, 1], [0, 1]]
    with pytest.raises(ValueError, match="n_classes"):
        c.confusion([0, 2], [0, 1], 2)
    with pytest.raises(ValueError, match="class 1 has no case"):
        c.sensitivity([[3, 1], [0, 0]])


def test_auroc_with_ties_equals_scikit_learn_and_counting():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    scores = rng.dirichlet(np.ones(3), 80).round(1)
    labels = rng.integers(0, 3, 80)
    wanted = np.mean([metrics.roc_auc_score(labels == k, scores[:, k]) for k in range(3)])
    assert c.cell_value(scores, labels, "auroc") == pytest.approx(wanted)
    with pytest.raises(ValueError, match="no case of class 0 or no other"):
        c.cell_value([[0.9, 0.1], [0.8, 0.2]], [1, 1], "auroc")


def test_brier_and_calibration_by_hand():
    scores = [[0.8, 0.2], [0.8, 0.2], [0.4, 0.6]]
    assert c.brier(scores, [0, 1, 1]) == pytest.approx((0.08 + 1.28 + 0.32) / 3)
    assert c.calibration_error(scores, [0, 1, 1]) == pytest.approx((2 * 0.3 + 0.4) / 3)
    assert c.brier(np.eye(3), [0, 1, 2]) == 0
    assert c.calibration_error(np.eye(3), [0, 1, 2]) == 0


def test_slices_are_averaged_per_lesion():
    scores = [[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]]
    found = c.lesion_scores(scores, [0, 1, 0], [7, 3, 7])
    assert found.lesions.tolist() == [3, 7]
    assert found.labels.tolist() == [1, 0]
    np.testing.assert_allclose(found.probabilities, [[0.2, 0.8], [0.7, 0.3]])
    with pytest.raises(ValueError, match="lesion 7"):
        c.lesion_scores(scores, [0, 1, 1], [7, 3, 7])


def test_figures_are_plain_and_named():
    scores = np.repeat(np.eye(3), 4, axis=0) * 0.6 + 0.1
    found = c.classifier_figures(scores, np.repeat([0, 1, 2], 4))
    assert found["balanced_accuracy"] == found["sensitivity_weighted"] == found["auroc"] == 1
    assert found["calibration_error"] == pytest.approx(0.3)
    with pytest.raises(ValueError, match="row 1 is not finite"):
        c.classifier_figures([[0.5, 0.5], [np.nan, 0.5]], [0, 1])


def test_reliability_by_hand_leaves_empty_bins_out():
    found = reliability([[0.8, 0.2], [0.8, 0.2], [0.4, 0.6]], [0, 1, 1], bins=5)
    assert found["n"] == [1, 2]
    assert found["confidence"] == pytest.approx([0.6, 0.8])
    assert found["accuracy"] == [1.0, 0.5]
