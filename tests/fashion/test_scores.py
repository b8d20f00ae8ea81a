from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from medgan_fashion.fashion.config import DesignConfig
from medgan_fashion.fashion.design.taste import Problem, score_pictures, set_up

from .tiny_atelier import BLUE, RED, atelier, catalogue, garments

SQUARE = 1


def bench(seen: csr_matrix | None = None, made=None, problems=None):
    made, problems = made or atelier(), problems or [Problem((RED,), SQUARE)]
    return set_up(made, made.tastes([RED, BLUE]), seen, problems, DesignConfig())


def test_a_real_photo_passes_and_a_planted_unreal_one_does_not() -> None:
    rng = np.random.default_rng(0)
    warm = np.flatnonzero(~catalogue().held_out & (catalogue().category == SQUARE))[:3]
    noise = rng.random((3, 3, 16, 16)).astype(np.float32)
    bars = garments(np.full((3, 3), 0.5), np.zeros(3, dtype=np.int64))
    scores = score_pictures(bench(), 0, np.concatenate([catalogue().floats(warm), noise, bars]))
    assert scores.realistic.tolist() == [True] * 3 + [False] * 6
    assert scores.category_agreed[:3].all()
    assert not scores.category_agreed[6:].any()
    assert np.allclose(scores.distance[:3], 0, atol=1e-3)
    assert (scores.quantile[3:] == 1).all()
    assert scores.nearest[:3, 0].tolist() == warm.tolist()
    assert scores.each.shape == (9, 3)
    assert scores.held_out.shape == (9, 1)
    assert np.allclose(scores.z, scores.each.min(axis=1))
    assert len(scores.take(np.array([4, 0]))) == 2


def test_what_is_offered_is_in_stock_and_nobody_of_the_segment_has_it() -> None:
    seen = csr_matrix((np.ones(2), ([RED, BLUE], [60, 61])), shape=(2, 120))
    stock = np.full(120, np.nan)
    stock[62] = 0
    made = atelier(catalogue=replace(catalogue(), stock=stock))
    both = bench(seen, made, (Problem((RED, BLUE), SQUARE), Problem((BLUE,), SQUARE)))
    assert both.offered(0).tolist() == list(range(62, 120))
    assert 60 in both.offered(1)
    assert score_pictures(both, 0, catalogue().floats([62])).nearest[0, 0] != 62


def test_problems_that_do_not_fit_are_named() -> None:
    made = atelier()
    tastes = made.tastes([RED, BLUE])
    for problem, message in ((Problem((2,), 0), "customer 2 of 2"), (Problem((0,), 7), "no category 7")):
        with pytest.raises(ValueError, match=message):
            set_up(made, tastes, None, [problem], DesignConfig())
    with pytest.raises(ValueError, match="tastes for 3"):
        set_up(made, tastes[:3], None, [Problem((0,), 0)], DesignConfig())
