"""Item-kNN by hand."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from medgan_fashion.fashion.config import KnnConfig
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.purchases import Purchases
from medgan_fashion.fashion.recommend.recommenders import cosine_neighbours, fit_item_knn

LIKES = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [1, 1, 0, 0]], dtype=np.float32)


def test_cosines_by_hand_without_the_item_itself() -> None:
    alike = cosine_neighbours(csr_matrix(LIKES), 5).toarray()
    a, b = 2 / 6**0.5, 1 / 3**0.5
    np.testing.assert_allclose(alike, [[0, a, b, 0], [a, 0, 0, 0], [b, 0, 0, 0], [0, 0, 0, 0]], rtol=1e-6)
    nearest = cosine_neighbours(csr_matrix(LIKES), 1).toarray()
    np.testing.assert_allclose(nearest, [[0, a, 0, 0], [a, 0, 0, 0], [b, 0, 0, 0], [0, 0, 0, 0]], rtol=1e-6)


def test_all_neighbours_are_the_plain_product() -> None:
    likes = (np.random.default_rng(0).random((30, 50)) < 0.2).astype(np.float32)
    plain = likes.T @ likes / np.maximum(np.outer(*[np.linalg.norm(likes, axis=0)] * 2), 1e-12)
    found = cosine_neighbours(csr_matrix(likes), 50).toarray()
    np.testing.assert_allclose(found, plain - np.diag(np.diag(plain)), rtol=1e-5, atol=1e-7)


def test_the_nearest_are_kept_and_twins_do_not_crowd_them_out() -> None:
    likes = csr_matrix((np.random.default_rng(1).random((40, 30)) < 0.3).astype(np.float32))
    whole, few = cosine_neighbours(likes, 30).toarray(), cosine_neighbours(likes, 4).toarray()
    np.testing.assert_array_equal(np.sort(few)[:, -4:], np.sort(whole)[:, -4:])
    assert ((few > 0).sum(axis=1) <= 4).all()
    twins = cosine_neighbours(csr_matrix(np.ones((1, 9), np.float32)), 4).toarray()
    assert set((twins > 0).sum(axis=1)) == {4, 5}
    assert not twins.diagonal().any()


def test_scores_and_similar(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, item = np.nonzero(LIKES)
    pairs = customer, item, np.ones(len(item), np.float32), np.zeros(len(item))
    model = fit_item_knn(catalogue.take(np.arange(4)), Purchases(("C-a", "C-b", "C-c"), *pairs), KnnConfig(), 0)
    a, b = 2 / 6**0.5, 1 / 3**0.5
    np.testing.assert_allclose(model.score_items(np.array([1])), [[b, a, b, np.nan]], rtol=1e-6)
    rows, cosines = model.similar(0, 3)
    assert rows.tolist() == [1, 2, -1]
    np.testing.assert_allclose(cosines, [a, b, np.nan], rtol=1e-6)
    assert model.recommend(np.array([1]), 2, exclude=model.likes[[1]]).rows.tolist() == [[1, -1]]
    everyone = np.array([2, 0, 1])
    whole = model.recommend(everyone, 2, exclude=model.likes[everyone])
    monkeypatch.setattr("medgan_fashion.fashion.recommend.recommenders._CELLS", 8)  # two customers at a time
    parts = model.recommend(everyone, 2, exclude=model.likes[everyone])
    assert parts.rows.tolist() == whole.rows.tolist() == [[2, -1], [2, -1], [1, -1]]
    np.testing.assert_array_equal(parts.scores, whole.scores)
