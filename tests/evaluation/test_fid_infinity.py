"""FID-infinity: Gaussians of known Frechet distance, where plain FID is far too large."""

import numpy as np
import pytest

from medgan_fashion.evaluation.images.fid import enough_for_fid_infinity, fid, fid_infinity, intercept


def gaussians(n: int, d: int, shift: float, sd: float, seed: int) -> tuple[np.ndarray, np.ndarray, float]:
    """n rows of N(0, I), n of N(shift, sd^2 I), and their Frechet distance d (shift^2 + (1 - sd)^2)."""
    rng = np.random.default_rng((seed, n, d))
    return rng.normal(size=(n, d)), shift + sd * rng.normal(size=(n, d)), d * (shift**2 + (1 - sd) ** 2)


def test_a_line_is_found_exactly() -> None:
    sizes = np.array([100, 50, 25])
    assert intercept(sizes, 3 + 7 / sizes) == pytest.approx(3)


@pytest.mark.parametrize(("shift", "sd"), [(0.0, 1.0), (0.2, 1.3), (1.0, 1.0)])
def test_known_distances_are_met_where_fid_is_biased(shift: float, sd: float) -> None:
    values, plain, covered, true = [], [], 0, 0.0
    for seed in range(12):
        real, fake, true = gaussians(128, 16, shift, sd, seed)
        found = fid_infinity(real, fake, draws=2, seed=seed)
        values.append(found.value)
        plain.append(fid(real, fake))
        covered += found.low <= true <= found.high
        assert found.fids[0] == pytest.approx(plain[-1])
        assert list(found.fids) == sorted(found.fids)  # fewer images, more bias
    error = np.std(values) / np.sqrt(12)
    assert abs(np.mean(values) - true) < 3 * error + 0.1
    assert np.mean(plain) > true + 1
    assert covered >= 10


def test_sizes_are_whole_parts_and_the_seed_is_all() -> None:
    real, fake, _ = gaussians(70, 8, 0.1, 1.0, 0)
    found = fid_infinity(real, fake[:66], seed=3)
    assert found.sizes == (66, 33, 22, 16)
    assert found == fid_infinity(real, fake[:66], seed=3)
    assert fid_infinity(real[:40], fake, seed=0).sizes == (40, 20)
    assert found.low < found.value < found.high


def test_too_few_images_are_refused() -> None:
    real, fake, _ = gaussians(31, 8, 0, 1, 0)
    assert not enough_for_fid_infinity(31, 8)
    with pytest.raises(ValueError, match="at least 32 images of each kind for 8 features; there are 31"):
        fid_infinity(real, fake)
