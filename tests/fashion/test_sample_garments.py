"""The renderer: deterministic, white ground, the colour that was asked for."""

from dataclasses import replace

import numpy as np
import pytest

from medgan_fashion.fashion.sample.garments import CATEGORIES, STUDIO, Garment, render, render_all
from medgan_fashion.fashion.sample.measurements import lab_from_rgb

RED = Garment("tops", "round", 0.5, 0.5, (45.0, 50.0, 28.0), "plain", 0.0, 0.0)


def test_a_picture_is_a_garment_on_white() -> None:
    picture = render(RED, 32)
    assert picture.shape == (3, 32, 32)
    assert picture.dtype == np.float32
    assert picture.min() >= 0
    assert picture.max() <= 1
    np.testing.assert_array_equal(picture[:, 0], 1)
    np.testing.assert_array_equal(picture[:, -1], 1)
    chest = lab_from_rgb(picture[:, 16:22, 13:19]).mean((1, 2))
    np.testing.assert_allclose(chest, RED.colour, atol=5)


def test_the_same_garment_gives_the_same_picture_and_another_look_another_one() -> None:
    first, again, other = (render(replace(RED, look=look), 16) for look in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.02


def test_sizes_show_the_same_garment() -> None:
    """A picture of 64 pixels averaged over 2 x 2 is that of 32 pixels."""
    small, large = render(RED, 32), render(RED, 64).reshape(3, 32, 2, 32, 2).mean((2, 4))
    assert np.abs(small - large).mean() < 0.01


@pytest.mark.parametrize("pattern", ["stripes", "dots", "checks"])
def test_a_pattern_repeats_with_its_frequency(pattern: str) -> None:
    """The strongest frequency down the middle of a tunic, of 4 cycles a picture and of 8."""
    peaks = []
    for frequency in (4.0, 8.0):
        tunic = Garment("tops", "round", 0.0, 1.0, (50.0, 0.0, 0.0), pattern, frequency, 30.0, STUDIO)
        column = render(tunic, 128)[1, 36:100, 64]
        peaks.append(int(np.abs(np.fft.rfft(column - column.mean())).argmax()))
    assert peaks[1] == pytest.approx(2 * peaks[0], abs=1)


def test_all_categories_are_drawn() -> None:
    garments = [replace(RED, category=category) for category in CATEGORIES]
    pictures = render_all(garments, 16)
    assert pictures.shape == (3, 3, 16, 16)
    assert all((picture < 0.9).any() for picture in pictures)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [({"category": "hats"}, "hats"), ({"pattern": "tartan"}, "tartan"), ({"neckline": ""}, "neckline")],
)
def test_unknown_words_are_named(wrong: dict[str, str], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        render(replace(RED, **wrong), 16)
