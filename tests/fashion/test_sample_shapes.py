"""Outlines: longer attributes cover more, in the right place."""

import numpy as np
import pytest

from medgan_fashion.fashion.sample.garments import Fit, bottom, shoe, top

SIDE = 64
PLACES = ((np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE * 2 - 1).astype(np.float32)
X, Y = PLACES[None, :], PLACES[:, None]


@pytest.mark.parametrize("neckline", ["round", "v", "collar"])
def test_a_top_is_symmetric_and_its_sleeves_grow_outwards(neckline: str) -> None:
    covers = [top(X, Y, neckline, sleeve, 0.5, Fit()).cover for sleeve in (0.0, 0.3, 0.6, 1.0)]
    for cover in covers:
        np.testing.assert_array_equal(cover, cover[:, ::-1])
    outside = [int(cover[:, :16].sum()) for cover in covers]  # the left quarter
    assert outside[0] == 0
    assert outside == sorted(outside)
    assert outside[3] > outside[2] > outside[1]


def test_length_moves_the_hem_and_nothing_else() -> None:
    short, long = (bottom(X, Y, length, Fit()) for length in (0.2, 0.8))
    assert long.cover.any(1).sum() > short.cover.any(1).sum()
    np.testing.assert_array_equal(short.cover[:28], long.cover[:28])  # the seat


def test_a_boot_is_a_shoe_with_a_shaft() -> None:
    low, boot = shoe(X, Y, 0.0, Fit()).cover, shoe(X, Y, 1.0, Fit()).cover
    assert not low[:28].any()
    assert boot[:28, :32].any()
    assert not boot[:28, 32:].any()  # the shaft is over the heel, the toe to the right
    np.testing.assert_array_equal(low[44:], boot[44:])


def test_collars_soles_and_waistbands_carry_no_pattern() -> None:
    outlines = (top(X, Y, "collar", 0.5, 0.5, Fit()), bottom(X, Y, 0.5, Fit()), shoe(X, Y, 0.5, Fit()))
    for outline in outlines:
        plain = (outline.plain & outline.cover).sum() / outline.cover.sum()
        assert 0.02 < plain < 0.4
