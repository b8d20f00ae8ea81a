"""Sliced Wasserstein distance: the one-dimensional closed form, and known shifts in order at the right level."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from medgan_fashion.evaluation.images.degrade import blurred, noisy
from medgan_fashion.evaluation.images.swd import patches, pyramid, swd, wasserstein_1d


def clouds(n: int, shape: tuple[int, int] = (64, 64), seed: int = 0) -> np.ndarray:
    """Images (n, 1, h, w) in [0, 1] with structure at every scale."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((n, 1, *shape))
    layers = [gaussian_filter(noise, (0, 0, s, s)) * (1 + 3 * s) for s in (0, 1, 2, 4, 8)]
    return np.clip(0.5 + 0.06 * np.sum(layers, axis=0), 0, 1).astype(np.float32)


def test_one_dimension_has_a_closed_form() -> None:
    values = np.random.default_rng(0).normal(size=(3, 50))
    shift = np.array([[0.0], [2.0], [-3.0]])
    np.testing.assert_allclose(wasserstein_1d(values, values + shift), [0, 2, 3], atol=1e-12)
    np.testing.assert_allclose(wasserstein_1d(2 * values, values), np.abs(values).mean(1))
    # by hand: quantiles of {0, 3} and {0, 1, 5} differ by 0, 1, 2, 2 on shares 1/3, 1/6, 1/6, 1/3
    np.testing.assert_allclose(wasserstein_1d([[3.0, 0.0]], [[1.0, 0.0, 5.0]]), [7 / 6])


def test_unequal_numbers_agree_with_scipy() -> None:
    from scipy.stats import wasserstein_distance

    rng = np.random.default_rng(1)
    first, second = rng.normal(size=(4, 37)), rng.normal(1, 2, size=(4, 90))
    expected = [wasserstein_distance(a, b) for a, b in zip(first, second, strict=True)]
    np.testing.assert_allclose(wasserstein_1d(first, second), expected)


@pytest.mark.parametrize("shape", [(64, 64), (80, 64), (40, 33), (20, 31)])
def test_a_pyramid_adds_up_to_the_image(shape: tuple[int, int]) -> None:
    from medgan_fashion.evaluation.images.swd import _smooth

    images = clouds(2, shape)
    levels = pyramid(images)
    whole = levels[-1]
    for level in levels[-2::-1]:
        spread = np.zeros_like(level)
        spread[..., ::2, ::2] = whole
        whole = level + _smooth(spread, gain=2.0)
    np.testing.assert_allclose(whole, images, atol=1e-6)
    assert min(levels[-1].shape[-2:]) >= 16


def test_a_flat_image_has_nothing_above_the_last_level() -> None:
    levels = pyramid(np.full((1, 1, 64, 64), 0.7))
    assert max(np.abs(level).max() for level in levels[:-1]) < 1e-6
    np.testing.assert_allclose(levels[-1], 0.7, atol=1e-6)


def test_patches_are_cut_whole_and_normalised_per_channel() -> None:
    ramp = np.arange(20 * 24, dtype=np.float32).reshape(1, 1, 20, 24)
    both = np.concatenate([ramp, np.full_like(ramp, 3)], axis=1)
    rows = patches(both, 200, np.random.default_rng(0)).reshape(-1, 2, 7, 7)
    np.testing.assert_allclose(rows.mean(axis=(0, 2, 3)), 0, atol=1e-4)
    np.testing.assert_allclose(rows[:, 0].std(), 1, atol=1e-4)
    assert not rows[:, 1].any()  # a channel without spread
    steps = np.diff(rows[:, 0], axis=1)
    np.testing.assert_allclose(steps, steps.mean(), rtol=1e-3)  # 24 grey values a row, whatever the place


def test_the_levels_go_down_to_16_pixels_and_the_seed_is_all() -> None:
    images = clouds(6, (80, 64))
    found = swd(images, clouds(6, (80, 64), 1), seed=3, projections=64)
    assert list(found) == [64, 32, 16]
    assert found == swd(images, clouds(6, (80, 64), 1), seed=3, projections=64)
    assert list(swd(images[..., :10, :12], images[..., :10, :12], seed=0, projections=64)) == [10]


def quick(real: np.ndarray, fake: np.ndarray) -> dict[int, float]:
    return swd(real, fake, seed=0, projections=128)


@pytest.fixture(scope="module")
def two() -> tuple[np.ndarray, np.ndarray, dict[int, float]]:
    """Two sets of one distribution, and their distance: the floor."""
    images, others = clouds(30), clouds(30, seed=1)
    return images, others, quick(images, others)


def test_equal_sets_lie_near_the_floor_and_unequal_numbers_are_no_shift(two) -> None:
    images, others, floor = two
    same, fewer = quick(images, images), quick(images, others[:20])
    for level in (64, 32, 16):
        assert same[level] < 1.2 * floor[level]
        assert fewer[level] < 1.5 * floor[level]


def test_known_shifts_come_in_order_at_their_level(two) -> None:
    """Blur takes the finest texture first, noise covers it first; a coarser level answers to a stronger shift."""
    images, others, floor = two
    blurs = [quick(images, blurred(others, sigma)) for sigma in (0.5, 1.0, 2.0)]
    noises = [quick(images, noisy(others, sd, 0)) for sd in (0.05, 0.1, 0.2)]
    for found, least in ((blurs, 1.3), (noises, 1.05)):
        finest = [floor[64], *(one[64] for one in found)]
        assert finest == sorted(finest)
        assert finest[1] > least * finest[0]
        assert finest[3] > 2 * finest[0]
        for one in found:
            rise = [one[level] / floor[level] for level in (64, 32, 16)]
            assert rise[0] > rise[1] > 0.99 * rise[2]
            assert rise[2] < 1.1


def test_a_linear_change_of_grey_is_no_shift_and_contrast_that_varies_is(two) -> None:
    images, others, floor = two
    paler = quick(images, 0.3 * others + 0.2)
    strength = np.random.default_rng(0).choice([0.2, 1.8], 30)[:, None, None, None]
    uneven = quick(images, (others - 0.5) * strength + 0.5)
    for level in (64, 32, 16):
        assert paler[level] == pytest.approx(floor[level], rel=1e-3)
        assert uneven[level] > 2 * floor[level]


def test_what_does_not_fit_is_refused() -> None:
    images = clouds(3)
    with pytest.raises(ValueError, match="cut both alike"):
        swd(images, images[..., :40], seed=0)
    with pytest.raises(ValueError, match="at least 7 pixels"):
        swd(images[..., :6], images[..., :6], seed=0)
    with pytest.raises(ValueError, match="NaN"):
        swd(images, images * np.nan, seed=0)
