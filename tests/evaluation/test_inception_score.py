"""Inception Score: closed forms, and what it cannot see."""

import numpy as np
import pytest

from medgan_fashion.evaluation.images.inception_score import inception_score


@pytest.mark.parametrize("k", [2, 5, 10])
def test_closed_forms(k: int) -> None:
    assert inception_score(np.full((20, k), 1 / k)).mean == pytest.approx(1)
    assert inception_score(np.eye(k)[np.arange(20 * k) % k]).mean == pytest.approx(k)
    assert inception_score(np.tile(np.eye(k)[:1], (20, 1))).mean == pytest.approx(1)  # one class only
    assert inception_score(np.eye(k)).ceiling == k


def test_two_classes_of_equal_sureness_have_a_closed_form() -> None:
    a = 0.9
    entropy = -(a * np.log(a) + (1 - a) * np.log(1 - a))
    rows = np.array([[a, 1 - a], [1 - a, a]] * 50)
    assert inception_score(rows).mean == pytest.approx(np.exp(np.log(2) - entropy))


def test_splits_are_random_parts_of_the_images() -> None:
    rows = np.repeat(np.eye(4), 250, axis=0)  # sorted by class: parts in order would score 1
    found = inception_score(rows, splits=10)
    assert 3.8 < found.mean < 4
    assert found.sd > 0
    assert found == inception_score(rows, splits=10)
    assert inception_score(rows, splits=1).sd == 0


def test_it_is_blind_to_a_class_of_one_image_and_to_copies() -> None:
    """The probabilities of one picture per class, again and again, score as a set of different ones does."""
    collapsed = np.eye(3)[np.arange(300) % 3]
    assert inception_score(collapsed).mean == pytest.approx(inception_score(np.eye(3)).mean)


@pytest.mark.parametrize(
    ("rows", "splits", "words"),
    [
        (np.ones(4), 1, r"must be \(N, K\)"),
        (np.ones((4, 1)), 1, "two classes"),
        (np.ones((4, 2)), 1, "not logits"),
        (np.array([[1.5, -0.5]]), 1, "not logits"),
        (np.array([[np.nan, 1.0]]), 1, "not logits"),
        (np.eye(2), 3, "3 splits of 2 images"),
        (np.eye(2), 0, "0 splits"),
    ],
)
def test_what_does_not_fit_is_refused(rows: np.ndarray, splits: int, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        inception_score(rows, splits=splits)
