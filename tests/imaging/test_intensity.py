import json

import numpy as np
import pytest

from medgan_fashion.imaging.cases.config import IntensityConfig
from medgan_fashion.imaging.prepare.intensity import Intensity, fit_intensity


def canvases(n: int = 3) -> np.ndarray:
    """Views 2x2 of known values in canvases 4x4 whose rim must not count."""
    images = np.full((n, 1, 4, 4), 9999.0, dtype=np.float32)
    images[:, 0, 1:3, 1:3] = np.arange(4 * n).reshape(n, 2, 2)
    return images


def test_percentiles_are_fitted_on_views_only() -> None:
    fitted = fit_intensity(canvases(), IntensityConfig(low=0, high=50), (2, 2))
    assert (fitted.low, fitted.high) == ((0.0,), (5.5,))
    mapped = fitted.apply(canvases())
    assert mapped.dtype == np.float32
    assert (mapped.min(), mapped.max()) == (0.0, 1.0)
    assert mapped[0, 0, 1, 2] == pytest.approx(1 / 5.5)


def test_range_is_fitted_and_clips_new_values() -> None:
    fitted = fit_intensity(canvases(), IntensityConfig("range"), (2, 2))
    assert (fitted.low, fitted.high) == ((0.0,), (11.0,))
    assert fitted.apply(np.full((1, 1, 1, 1), 50.0)).item() == 1.0


def test_window_is_linear_and_clipped() -> None:
    fitted = fit_intensity(canvases(), IntensityConfig("window", centre=60, width=150), (2, 2))
    values = np.array([-100.0, -15.0, 60.0, 135.0, 900.0]).reshape(1, 1, 1, 5)
    np.testing.assert_allclose(fitted.apply(values).ravel(), [0, 0, 0.5, 1, 1])


def test_zscore_puts_the_mean_in_the_middle() -> None:
    fitted = fit_intensity(canvases(), IntensityConfig("zscore"), (2, 2))
    mapped = fitted.apply(canvases()[:, :, 1:3, 1:3])
    np.testing.assert_allclose(mapped.mean(axis=(1, 2, 3)), 0.5, atol=1e-6)
    z = (np.arange(4) - 1.5) / np.std(np.arange(4))
    np.testing.assert_allclose(mapped[0].ravel(), (z + 3) / 6, atol=1e-6)


@pytest.mark.parametrize("config", [IntensityConfig("zscore"), IntensityConfig("range", per_image=True)])
def test_canvas_and_its_view_get_the_same_map(config: IntensityConfig) -> None:
    fitted = fit_intensity(canvases(), config, (2, 2))
    np.testing.assert_array_equal(fitted.apply(canvases())[:, :, 1:3, 1:3], fitted.apply(canvases()[:, :, 1:3, 1:3]))


def test_each_image_alone() -> None:
    fitted = fit_intensity(canvases(), IntensityConfig("range", per_image=True), (2, 2))
    mapped = fitted.apply(canvases()[:, :, 1:3, 1:3])
    np.testing.assert_allclose(mapped.reshape(3, 4), np.tile([0, 1 / 3, 2 / 3, 1], (3, 1)), atol=1e-6)


def test_constant_image_is_finite() -> None:
    fitted = fit_intensity(canvases(), IntensityConfig("zscore"), (2, 2))
    assert np.isfinite(fitted.apply(np.full((1, 1, 2, 2), 7.0))).all()


def test_channels_are_fitted_apart() -> None:
    two = np.concatenate([canvases(), 10 * canvases()], axis=1)
    fitted = fit_intensity(two, IntensityConfig("range"), (2, 2))
    assert fitted.high == (11.0, 110.0)
    with pytest.raises(ValueError, match="2 channels"):
        fitted.apply(canvases())


@pytest.mark.parametrize("config", [IntensityConfig(), IntensityConfig("window", 40, 400), IntensityConfig("zscore")])
def test_round_trip_through_plain_data(config: IntensityConfig) -> None:
    fitted = fit_intensity(canvases(), config, (2, 2))
    assert Intensity.from_dict(json.loads(json.dumps(fitted.to_dict()))) == fitted


def test_nothing_to_fit() -> None:
    with pytest.raises(ValueError, match="no images"):
        fit_intensity(canvases()[:0], IntensityConfig(), (2, 2))
    with pytest.raises(ValueError, match="no spread"):
        fit_intensity(np.ones((2, 1, 4, 4)), IntensityConfig(), (2, 2))


def test_wrong_configurations() -> None:
    with pytest.raises(ValueError, match="centre"):
        IntensityConfig("window")
    with pytest.raises(ValueError, match="low"):
        IntensityConfig(low=60, high=40)
