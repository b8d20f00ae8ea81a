"""Precision, recall, density and coverage against loops, closed forms and planted cases."""

import numpy as np
import pytest

from medgan_fashion.evaluation.images.precision_recall import expected_coverage, overlap


def test_equals_loops_over_the_published_formulas():
    rng = np.random.default_rng(0)
    real, fake, k, wide = rng.normal(size=(30, 3)), rng.normal(size=(25, 3)) + 0.7, 3, 5

    def distance(a, b):
        return float(np.sqrt(((a - b) ** 2).sum()))

    def radius(rows, i, nth):
        return sorted(distance(rows[i], rows[j]) for j in range(len(rows)) if j != i)[nth - 1]

    inside = [[distance(r, f) < radius(real, i, wide) for f in fake] for i, r in enumerate(real)]
    found = overlap(real, fake)
    precise = [any(distance(r, f) < radius(real, i, k) for i, r in enumerate(real)) for f in fake]
    recalled = [any(distance(r, f) < radius(fake, j, k) for j, f in enumerate(fake)) for r in real]
    assert found.precision == pytest.approx(np.mean(precise))
    assert found.recall == pytest.approx(np.mean(recalled))
    assert found.density == pytest.approx(np.sum(inside) / (wide * len(fake)))
    assert found.coverage == pytest.approx(np.mean([any(row) for row in inside]))


def test_real_against_real_reaches_the_expected_coverage():
    rng = np.random.default_rng(1)
    values = [overlap(rng.normal(size=(40, 2)), rng.normal(size=(40, 2))) for _ in range(300)]
    mean = np.mean([value.coverage for value in values])
    assert mean == pytest.approx(expected_coverage(40, 40), abs=0.01)
    assert np.mean([value.density for value in values]) == pytest.approx(1, abs=0.03)
    assert expected_coverage(10**6, 10**6) == pytest.approx(1 - 2**-5, abs=1e-4)


def test_collapse_and_garbage_are_told_apart():
    rng = np.random.default_rng(2)
    real = rng.normal(size=(100, 2))
    collapsed = overlap(real, real[:1] + rng.normal(size=(100, 2)) * 1e-3)
    assert collapsed.precision == 1
    assert collapsed.recall < 0.05
    far = overlap(real, rng.normal(size=(100, 2)) + 50)
    assert (far.precision, far.recall, far.coverage) == (0, 0, 0)


def test_refuses_too_few_images():
    with pytest.raises(ValueError, match="too few"):
        overlap(np.zeros((5, 2)), np.zeros((9, 2)))
