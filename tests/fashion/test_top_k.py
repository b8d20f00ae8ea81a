"""Top k in blocks against the whole table sorted at once, on integers so that equal scores are equal."""

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from medgan_fashion.fashion.recommend.top_k import top_k

rng = np.random.default_rng(0)
THETA = rng.integers(-3, 4, (70, 3)).astype(np.float32)
PHI = rng.integers(-3, 4, (900, 3)).astype(np.float32)
BIAS = rng.integers(0, 2, 900).astype(np.float32)
ALLOWED = rng.random(900) < 0.5
SEEN = csr_matrix(rng.random((70, 900)) < 0.3)


def sorted_at_once(k: int, allowed: np.ndarray | None, seen: csr_matrix | None) -> tuple[np.ndarray, np.ndarray]:
    scores = THETA @ PHI.T + BIAS
    if allowed is not None:
        scores[:, ~allowed] = np.nan
    if seen is not None:
        scores[seen.toarray() != 0] = np.nan
    rows = np.argsort(np.where(np.isnan(scores), -np.inf, scores) * -1, axis=1, kind="stable")[:, :k]
    best = np.take_along_axis(scores, rows, axis=1)
    return np.where(np.isnan(best), -1, rows), best


@pytest.mark.parametrize("block", [1, 64, 100, 900, 20000])
@pytest.mark.parametrize("allowed", [None, ALLOWED])
@pytest.mark.parametrize("seen", [None, SEEN])
@pytest.mark.parametrize("k", [1, 7, 100])
def test_blocks_find_what_sorting_finds(
    k: int, seen: csr_matrix | None, allowed: np.ndarray | None, block: int
) -> None:
    rows, scores = top_k(THETA, PHI, BIAS, k, exclude=seen, allowed=allowed, block=block)
    want_rows, want_scores = sorted_at_once(k, allowed, seen)
    np.testing.assert_array_equal(rows, want_rows)
    np.testing.assert_array_equal(scores, want_scores)


def test_fewer_than_k_are_padded() -> None:
    rows, scores = top_k(THETA, PHI, BIAS, 6, allowed=np.isin(np.arange(900), [3, 700]), exclude=None)
    assert (np.sort(rows[:, :2], axis=1) == [3, 700]).all()
    assert (rows[:, 2:] == -1).all()
    assert np.isnan(scores[:, 2:]).all()
    rows, _ = top_k(THETA, PHI[:4], BIAS[:4], 6, allowed=np.zeros(4, dtype=bool))
    assert (rows == -1).all()


def test_equals_come_in_the_order_of_their_rows_in_every_block() -> None:
    rows, _ = top_k(np.ones((2, 1)), np.ones((500, 1), dtype=np.float32), np.zeros(500), 5, block=7)
    np.testing.assert_array_equal(rows, [np.arange(5)] * 2)


def test_worst_order_of_items_every_block_beats_the_last() -> None:
    rows, scores = top_k(np.ones((3, 1)), np.arange(1000, dtype=np.float32)[:, None], np.zeros(1000), 4, block=50)
    np.testing.assert_array_equal(rows, [[999, 998, 997, 996]] * 3)
    np.testing.assert_array_equal(scores[0], [999, 998, 997, 996])


def test_popularity_has_no_vectors_and_still_masks_what_was_seen() -> None:
    seen = csr_matrix(([1.0], ([1], [2])), shape=(2, 4))
    rows, _ = top_k(np.zeros((2, 0)), np.zeros((4, 0), dtype=np.float32), np.array([1.0, 0, 9, 5]), 2, exclude=seen)
    np.testing.assert_array_equal(rows, [[2, 3], [3, 0]])


def test_what_has_no_score_is_never_listed() -> None:
    phi, bias = PHI.copy(), BIAS.copy()
    phi[10], bias[20] = np.nan, np.nan
    rows, _ = top_k(THETA, phi, bias, 900)
    assert not np.isin(rows, [10, 20]).any()
    assert (rows >= 0).sum(axis=1).tolist() == [898] * 70


def test_half_precision_on_disk_gives_the_same_lists(tmp_path: Path) -> None:
    np.save(tmp_path / "phi.npy", PHI.astype(np.float16))
    mapped = np.load(tmp_path / "phi.npy", mmap_mode="r")
    for found, want in zip(top_k(THETA, mapped, BIAS, 9, block=64), top_k(THETA, PHI, BIAS, 9), strict=True):
        np.testing.assert_array_equal(found, want)


def test_arrays_that_do_not_fit_are_told_apart() -> None:
    with pytest.raises(ValueError, match=r"give \(B, K\), \(N, K\) and \(N,\)"):
        top_k(THETA, PHI[:, :2], BIAS, 3)
    with pytest.raises(ValueError, match="at least one item"):
        top_k(THETA, PHI, BIAS, 0)
    with pytest.raises(ValueError, match=r"exclude .* must be \(customers, items\)"):
        top_k(THETA, PHI, BIAS, 3, exclude=SEEN[:5])
    with pytest.raises(ValueError, match="900 items"):
        top_k(THETA, PHI, BIAS, 3, allowed=ALLOWED[:5])
