"""Drawings that are ranked anew: what is kept of them says the same as the pictures do, and wishes move the choice."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from medgan_fashion.fashion.config import DesignConfig
from medgan_fashion.fashion.design.pool import (
    Drawings,
    Wish,
    best_drawings,
    draw_pool,
    joined,
    load_drawings,
    look_at,
    save_drawings,
)
from medgan_fashion.fashion.design.taste import Problem, Standards, measure_standards, score_pictures, set_up
from medgan_fashion.gan.networks.latent import sample_latent
from tests.fashion.tiny_atelier import LATENT, RED, atelier

SQUARE = 1


@pytest.fixture(scope="module")
def standards() -> Standards:
    return measure_standards(atelier(), DesignConfig())


def _drawn(standards: Standards, n: int = 24) -> Drawings:
    return look_at(atelier(), standards, SQUARE, sample_latent(LATENT, n, torch.Generator().manual_seed(0)))


def test_kept_vectors_score_as_the_pictures_do(standards: Standards) -> None:
    here, drawn = atelier(), _drawn(standards)
    bench = set_up(here, here.tastes([RED]), None, [Problem((0,), SQUARE)], DesignConfig(), standards)
    scores = score_pictures(bench, 0, here.paint(torch.as_tensor(drawn.z), np.full(len(drawn), SQUARE)))
    vectors, biases = drawn.split(here)
    assert np.allclose(bench.ensemble.z_vectors(0, vectors[:3], biases[:3]), scores.each.T, atol=1e-4)
    assert np.allclose(bench.held_out.z_vectors(0, vectors[3:], biases[3:]), scores.held_out.T, atol=1e-4)
    for name in ("distance", "quantile", "judge", "realistic"):
        assert np.allclose(getattr(drawn, name), getattr(scores, name), atol=1e-4), name


def test_they_come_back_from_disk_and_join(standards: Standards, tmp_path: Path) -> None:
    drawn = _drawn(standards)
    save_drawings(drawn, tmp_path / "pool.npz")
    both = joined([load_drawings(tmp_path / "pool.npz"), drawn])
    assert len(both) == 2 * len(drawn)
    for name in vars(drawn):
        assert np.array_equal(getattr(both.take(np.arange(len(drawn))), name), getattr(drawn, name)), name


def test_a_pool_holds_what_looks_real(standards: Standards) -> None:
    pool = draw_pool(atelier(), standards, SQUARE, 60, seed=0)
    assert 0 < len(pool) <= 60
    assert pool.realistic.all() or not pool.realistic.any()


def _planted(n: int = 40) -> tuple[Drawings, np.ndarray]:
    """Preference rises with the number, and so does the distance from what is real."""
    rng, rising = np.random.default_rng(0), np.linspace(0, 1, n)
    small = np.zeros((n, 1), np.float32)
    images = np.zeros((n, 3, 2, 2), np.uint8)
    features = rng.normal(size=(n, 5)).astype(np.float32)
    drawn = Drawings(small, images, small, small, features, rising, rising, rising, np.ones(n, bool))
    return drawn, 2 * rising


def test_bold_goes_where_preference_is_and_realistic_where_garments_are() -> None:
    drawn, z = _planted()
    bold = best_drawings(drawn, z, 2.0, Wish(bold=1.0, varied=0.0), 4)
    safe = best_drawings(drawn, z, 2.0, Wish(bold=0.0, varied=0.0), 4)
    assert bold.tolist() == [39, 38, 37, 36]
    assert safe.tolist() == [0, 1, 2, 3]


def test_preference_beyond_the_best_real_item_counts_as_far_as_the_wish_is_bold() -> None:
    drawn, z = _planted()
    same = replace(drawn, quantile=np.zeros(40))
    assert best_drawings(same, 10 * z, 1.0, Wish(bold=0.0, varied=0.0), 1)[0] < 5
    assert best_drawings(same, z, 1.0, Wish(bold=1.0, varied=0.0), 1)[0] == 39


def test_varied_ones_differ_more() -> None:
    drawn, z = _planted()
    drawn.features[30:] = drawn.features[39] + np.float32(0.01) * drawn.features[30:]

    def apart(varied: float) -> float:
        rows = best_drawings(drawn, z, 2.0, Wish(bold=1.0, varied=varied), 4)
        features = drawn.features[rows]
        return float(np.linalg.norm(features[:, None] - features[None], axis=2).mean())

    assert apart(1.0) > 3 * apart(0.0)


def test_a_wish_outside_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match="a number from 0 to 1"):
        Wish(bold=2.0)
