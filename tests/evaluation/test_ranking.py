"""Ranking figures against numbers worked out by hand, and against every order of equal scores."""

from itertools import permutations

import numpy as np
import pytest
from sklearn.metrics import ndcg_score, roc_auc_score

from medgan_fashion.evaluation.ranking import exposure, list_figures, rank_figures, sampled_auc

ALL = np.ones(5, dtype=bool)


def of_order(order: tuple[int, ...], targets: set[int], k: int) -> tuple[float, float, float]:
    """Hit, NDCG and reciprocal rank of one order of items, the slow way."""
    places = [place for place, item in enumerate(order, start=1) if item in targets]
    gained = sum(1 / np.log2(place + 1) for place in places if place <= k)
    ideal = sum(1 / np.log2(place + 1) for place in range(1, min(k, len(targets)) + 1))
    return float(min(places) <= k), gained / ideal, 1 / min(places)


def test_one_target_by_hand() -> None:
    # item 2 stands third of five: two of the four others are above it
    found = rank_figures([[5.0, 1.0, 3.0, 4.0, 2.0]], ALL, [np.array([2])], k=3)
    assert found.auc[0] == 0.5
    assert found.hit[0] == 1
    assert found.ndcg[0] == pytest.approx(1 / np.log2(4))
    assert found.mrr[0] == pytest.approx(1 / 3)
    assert rank_figures([[5.0, 1.0, 3.0, 4.0, 2.0]], ALL, [np.array([2])], k=2).hit[0] == 0


def test_two_targets_share_one_ideal() -> None:
    # targets on ranks 1 and 4; others on 2, 3, 5: the first beats 3 of 3, the second 1 of 3
    found = rank_figures([[5.0, 4.0, 3.0, 2.0, 1.0]], ALL, [np.array([0, 3])], k=4)
    assert found.auc[0] == pytest.approx(2 / 3)
    assert found.ndcg[0] == pytest.approx((1 + 1 / np.log2(5)) / (1 + 1 / np.log2(3)))
    assert found.mrr[0] == 1


@pytest.mark.parametrize("n", [2, 7, 1000])
def test_a_constant_scorer_has_auc_one_half_and_a_hit_rate_of_k_over_n(n: int) -> None:
    found = rank_figures(np.zeros((1, n)), np.ones(n, dtype=bool), [np.array([n - 1])], k=2)
    assert found.auc[0] == 0.5
    assert found.hit[0] == pytest.approx(2 / n)
    assert found.mrr[0] == pytest.approx((1 / np.arange(1, n + 1)).mean())


@pytest.mark.parametrize("targets", [{0}, {1}, {0, 1}, {1, 2}, {0, 1, 2}, {3}, {1, 2, 3, 4, 5}])
def test_equals_count_by_their_mean_over_every_order(targets: set[int]) -> None:
    scores = np.array([2.0, 1.0, 1.0, 1.0, 1.0, 0.0])
    orders = [(0, *middle, 5) for middle in permutations((1, 2, 3, 4))]
    for k in (1, 2, 3, 6):
        want = np.mean([of_order(order, targets, k) for order in orders], axis=0)
        found = rank_figures(scores[None], np.ones(6, dtype=bool), [np.array(sorted(targets))], k)
        np.testing.assert_allclose([found.hit[0], found.ndcg[0], found.mrr[0]], want)


def test_auc_and_ndcg_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(20, 40))
    truth = rng.random((20, 40)) < 0.1
    truth[:, 0] = True
    found = rank_figures(scores, np.ones(40, dtype=bool), [np.flatnonzero(row) for row in truth], k=10)
    np.testing.assert_allclose(found.auc, [roc_auc_score(t, s) for t, s in zip(truth, scores, strict=True)])
    assert found.ndcg.mean() == pytest.approx(ndcg_score(truth, scores, k=10))


def test_seen_items_and_those_that_are_no_candidates_are_not_ranked() -> None:
    scores, seen = [[5.0, 4.0, 3.0, 2.0, 1.0]], np.array([[True, False, False, False, False]])
    found = rank_figures(scores, np.array([True, False, True, True, True]), [np.array([2])], k=1, seen=seen)
    assert (found.auc[0], found.hit[0]) == (1, 1)  # items 0 (seen) and 1 (no candidate) no longer stand above 2


def test_what_a_model_cannot_rank_stands_below_all_it_can() -> None:
    unknown = [[np.nan, 1.0, 2.0, np.nan, 3.0]]
    assert rank_figures(unknown, ALL, [np.array([0])]).auc[0] == pytest.approx(0.5 / 4)  # ties with item 3 at the end
    assert rank_figures(unknown, ALL, [np.array([1])]).auc[0] == pytest.approx(2 / 4)
    nothing = rank_figures(np.full((1, 5), np.nan), ALL, [np.array([0])])
    assert np.isnan([nothing.auc[0], nothing.hit[0], nothing.ndcg[0], nothing.mrr[0]]).all()


def test_a_target_that_is_no_candidate_is_named() -> None:
    with pytest.raises(ValueError, match=r"row 1: target item 3 is no candidate"):
        rank_figures(np.zeros((2, 5)), np.arange(5) < 3, [np.array([0]), np.array([3])])
    with pytest.raises(ValueError, match="do not fit"):
        rank_figures(np.zeros((2, 5)), ALL, [np.array([0])])


def test_sampled_auc_comes_near_the_exact_one_and_repeats() -> None:
    scores = np.random.default_rng(1).normal(size=(200, 300))
    may, targets = np.ones(300, dtype=bool), [np.array([7])] * 200
    exact = rank_figures(scores, may, targets).auc
    drawn = sampled_auc(scores, may, targets, n_negatives=100, seed=3)
    assert abs(drawn.mean() - exact.mean()) < 0.02
    assert 0.02 < np.abs(drawn - exact).mean() < 0.06  # what a sample adds: sd at most 1 / 20
    np.testing.assert_array_equal(drawn, sampled_auc(scores, may, targets, n_negatives=100, seed=3))
    later = sampled_auc(scores[150:], may, targets[150:], n_negatives=100, seed=3, address=np.arange(150, 200))
    np.testing.assert_array_equal(drawn[150:], later)


def test_finished_lists_by_hand() -> None:
    items = np.array([[4, 2, 7], [1, -1, -1], [5, 6, 8]])
    found = list_figures(items, [np.array([2]), np.array([9]), np.array([8, 5])])
    np.testing.assert_array_equal(found["hit"], [1, 0, 1])
    np.testing.assert_allclose(found["mrr"], [1 / 2, 0, 1])
    np.testing.assert_allclose(found["ndcg"], [1 / np.log2(3), 0, 1.5 / (1 + 1 / np.log2(3))])


def test_lists_and_scores_agree_where_no_two_scores_are_equal() -> None:
    scores = np.random.default_rng(2).normal(size=(30, 50))
    targets = [np.array([row, row + 15]) for row in range(30)]
    full = rank_figures(scores, np.ones(50, dtype=bool), targets, k=10)
    listed = list_figures(np.argsort(-scores, axis=1)[:, :10], targets)
    np.testing.assert_allclose(listed["ndcg"], full.ndcg)
    np.testing.assert_array_equal(listed["hit"], full.hit)


def test_coverage_and_gini_by_hand() -> None:
    may = np.ones(4, dtype=bool)
    assert exposure(np.array([[0, 1], [2, 3]]), may) == (1.0, 0.0)
    coverage, gini = exposure(np.array([[0], [0], [0]]), may)
    assert coverage == 0.25
    assert gini == pytest.approx(0.75)  # one of four has all: (n - 1) / n
    coverage, gini = exposure(np.array([[0, -1]]), np.array([True, False, True, False]))
    assert (coverage, gini) == (0.5, 0.5)
    assert exposure(np.array([[-1]]), may)[0] == 0
