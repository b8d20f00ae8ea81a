"""Artefacts that strided convolutions, lost pixels and lost lines leave."""

import numpy as np
import pytest
from scipy import ndimage

from medgan_fashion.evaluation.screening.artefacts import STATISTICS, artefacts, robust_limits, statistics


def _reals(n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(rng.normal(size=(n, 1, 24, 24)), (0, 0, 3, 3))
    grain = ndimage.gaussian_filter(rng.normal(size=smooth.shape), (0, 0, 0.6, 0.6))
    return (0.5 + smooth + 0.03 * grain).clip(0, 1).astype(np.float32)


REALS, OTHERS = _reals(80, 0), _reals(40, 1)
BOARD = ((np.indices((24, 24)).sum(0) % 2) * 2 - 1).astype(np.float32)
UNKNOWN = np.full(40, -1)


def _found(images: np.ndarray) -> np.ndarray:
    return artefacts(images.astype(np.float32), UNKNOWN, REALS, np.zeros(80, np.int64), sds=4.0)


def test_real_images_keep_within_the_limits() -> None:
    assert _found(OTHERS).any(1).mean() <= 0.05


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_checkerboard_and_stripes(axis: int | None) -> None:
    pattern = (
        BOARD
        if axis is None
        else np.broadcast_to(BOARD.take(0, axis=axis)[(None, ...) if axis == 0 else (..., None)], (24, 24))
    )
    found = _found(OTHERS + 0.06 * pattern)
    assert found[:, STATISTICS.index("checkerboard")].mean() > 0.95


def test_lost_pixels_lost_lines_and_blank_images() -> None:
    lost = np.random.default_rng(2).random(OTHERS.shape) > 0.15
    lines = OTHERS.copy()
    lines[:, :, 11] = 0
    assert _found(OTHERS * lost).any(1).all()
    assert _found(lines).any(1).all()
    assert _found(np.zeros_like(OTHERS)).any(1).all()


def test_each_view_has_its_own_limits() -> None:
    reals = np.concatenate([REALS[:40], 0.2 * REALS[40:]]).astype(np.float32)
    views = np.repeat([0, 1], 40)
    dark = (0.2 * OTHERS).astype(np.float32)
    assert artefacts(dark, np.zeros(40, np.int64), reals, views).any(1).all()
    assert artefacts(dark, np.ones(40, np.int64), reals, views).any(1).mean() <= 0.1
    assert artefacts(dark, UNKNOWN, reals, views).any(1).mean() <= 0.1  # held against all reals


def test_limits_in_closed_form() -> None:
    values = np.array([[0.0], [1.0], [2.0], [3.0], [4.0]])
    limits = robust_limits(values, 2.0)
    assert np.allclose([limits.low[0], limits.high[0]], [2 - 2 * 1.4826, 2 + 2 * 1.4826])
    assert statistics(REALS[:3]).shape == (3, len(STATISTICS))
