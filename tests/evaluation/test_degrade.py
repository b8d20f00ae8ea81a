"""The degraded references keep shape and range and lose what they should."""

import numpy as np
import pytest

from medgan_fashion.evaluation.images.degrade import blurred, noisy


def test_blur_keeps_the_mean_and_never_mixes_images_or_channels():
    images = np.zeros((2, 2, 21, 21), np.float32)
    images[0, 1, 10, 10] = 1
    soft = blurred(images, 1.5)
    assert soft[0, 1].sum() == pytest.approx(1, abs=1e-4)
    assert soft[0, 1].max() < 0.1
    assert not soft[1].any()
    assert not soft[0, 0].any()
    np.testing.assert_array_equal(blurred(images, 0), images)


def test_noise_has_its_sd_range_and_seed():
    images = np.full((4, 1, 50, 50), 0.5, np.float32)
    rough = noisy(images, 0.1, seed=1)
    assert rough.dtype == np.float32
    assert rough.std() == pytest.approx(0.1, abs=0.005)
    np.testing.assert_array_equal(rough, noisy(images, 0.1, seed=1))
    assert noisy(images, 9.0, seed=1).min() == 0


def test_refuses_what_is_not_a_batch():
    with pytest.raises(ValueError, match=r"\(N, C, H, W\)"):
        blurred(np.zeros((3, 3)), 1)
    with pytest.raises(ValueError, match="sd"):
        noisy(np.zeros((1, 1, 2, 2)), -1, seed=0)
