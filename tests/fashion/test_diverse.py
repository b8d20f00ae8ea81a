import numpy as np
import pytest

from medgan_fashion.fashion.design.search import choose_diverse, pairwise_ssim, variety


def test_the_second_choice_is_the_one_unlike_the_first() -> None:
    relevance = [1.0, 0.95, 0.5]
    similarity = np.array([[1.0, 0.99, 0.1], [0.99, 1.0, 0.1], [0.1, 0.1, 1.0]])
    assert choose_diverse(relevance, similarity, 2, 0.0).tolist() == [0, 1]
    assert choose_diverse(relevance, similarity, 2, 0.6).tolist() == [0, 2]


def test_no_more_are_chosen_than_there_are() -> None:
    assert choose_diverse([2.0, 2.0], np.eye(2), 5, 0.5).tolist() == [0, 1]
    assert choose_diverse(np.zeros(0), np.zeros((0, 0)), 3, 0.5).tolist() == []


def test_variety_is_one_minus_the_mean_similarity() -> None:
    images = np.random.default_rng(0).random((3, 3, 16, 16)).astype(np.float32)
    alike = pairwise_ssim(np.stack([images[0], images[0], images[1]]))
    assert alike[0, 1] == pytest.approx(1.0)
    assert alike[0, 2] == alike[2, 0] < 0.5
    assert variety(np.stack([images[0], images[0]])) == pytest.approx(0.0)
    assert np.isnan(variety(images[:1]))
