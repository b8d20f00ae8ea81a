"""CIELAB against published values, and both ways."""

import numpy as np

from medgan_fashion.fashion.sample.measurements import lab_from_rgb, rgb_from_lab


def test_lab_of_the_corners_of_srgb() -> None:
    """Values of CIELAB (D65) for white, black, red and blue, as tables give them."""
    rgb = np.array([[1, 0, 1, 0], [1, 0, 0, 0], [1, 0, 0, 1]], dtype=np.float32)
    expected = np.array([[100, 0, 53.24, 32.30], [0, 0, 80.09, 79.19], [0, 0, 67.20, -107.86]])
    np.testing.assert_allclose(lab_from_rgb(rgb), expected, atol=0.03)


def test_there_and_back() -> None:
    rgb = np.random.default_rng(0).uniform(size=(3, 5, 7)).astype(np.float32)
    np.testing.assert_allclose(rgb_from_lab(lab_from_rgb(rgb)), rgb, atol=1e-4)
