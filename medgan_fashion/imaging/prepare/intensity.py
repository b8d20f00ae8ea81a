"""Intensity: the map from stored units to [0, 1], fitted on training images and then only applied."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.imaging.cases.config import IntensityConfig
from medgan_fashion.imaging.prepare.imageset import centre

_SPREAD = 3.0  # a z-score is cut at +-3 standard deviations
_SAMPLE = 1 << 24  # values per channel that percentiles are taken from; above it every k-th pixel


@dataclass(frozen=True)
class Intensity:
    """A fitted map from stored units to [0, 1].

    Args:
        config: what was asked for.
        size: (height, width) of the view from which an image's own statistics are taken.
        low, high: stored values per channel that become 0 and 1; empty where each image is scaled alone.
    """

    config: IntensityConfig
    size: tuple[int, int]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()

    def apply(self, images: NDArray) -> NDArray[np.float32]:
        """Maps images (N, C, H, W) in stored units to float32 in [0, 1], clipped.

        An image's own statistics come from its central view, so a canvas and its view get the same map.

        Raises:
            ValueError: another number of channels than the map was fitted on.
        """
        if self.config.each_alone:
            low, high = _each(images, self.config, self.size)
        else:
            if len(self.low) != images.shape[1]:
                raise ValueError(f"intensity was fitted on {len(self.low)} channels, not {images.shape[1]}: refit it")
            low, high = (np.array(v, dtype=np.float64).reshape(1, -1, 1, 1) for v in (self.low, self.high))
        scaled = (images - low) / np.maximum(high - low, np.finfo(np.float32).tiny)
        return np.clip(scaled, 0.0, 1.0).astype(np.float32)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON or YAML."""
        fields = ("kind", "centre", "width", "low", "high", "per_image")
        config = {name: getattr(self.config, name) for name in fields}
        return {"config": config, "size": list(self.size), "low": list(self.low), "high": list(self.high)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Intensity":
        """The inverse of to_dict."""
        low, high = tuple(map(float, data["low"])), tuple(map(float, data["high"]))
        return cls(IntensityConfig(**data["config"]), (int(data["size"][0]), int(data["size"][1])), low, high)


def _view(images: NDArray, size: tuple[int, int]) -> NDArray:
    """The central view, or what there is of it."""
    return centre(images, (min(size[0], images.shape[-2]), min(size[1], images.shape[-1])))


def _each(images: NDArray, config: IntensityConfig, size: tuple[int, int]) -> tuple[NDArray, NDArray]:
    """Low and high (N, C, 1, 1) of every image and channel by itself."""
    views = _view(images, size).astype(np.float64)
    if config.kind == "zscore":
        mean, spread = views.mean(axis=(2, 3), keepdims=True), _SPREAD * views.std(axis=(2, 3), keepdims=True)
        return mean - spread, mean + spread
    percentiles = (0.0, 100.0) if config.kind == "range" else (config.low, config.high)
    low, high = np.percentile(views, percentiles, axis=(2, 3), keepdims=True)
    return low, high


def _fitted(views: NDArray, config: IntensityConfig) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Low and high per channel over all views (N, C, H, W)."""
    percentiles = (0.0, 100.0) if config.kind == "range" else (config.low, config.high)
    step = 1 if config.kind == "range" else max(1, views[:, 0].size // _SAMPLE)
    ends = [np.percentile(np.ravel(views[:, c])[::step], percentiles) for c in range(views.shape[1])]
    return tuple(float(e[0]) for e in ends), tuple(float(e[1]) for e in ends)


def fit_intensity(canvases: NDArray, config: IntensityConfig, size: tuple[int, int]) -> Intensity:
    """Fits the map to [0, 1] on training images only.

    Percentiles and range are taken over the central views of all canvases, per channel; a window is linear
    from centre - width / 2 to centre + width / 2 (DICOM PS3.3 C.11.2.1.3.2, LINEAR_EXACT).

    Args:
        canvases: (N, C, Hc, Wc) in stored units, the training images.
        config: which map.
        size: (height, width) of the view.

    Raises:
        ValueError: no images, or their values do not spread.
    """
    if not len(canvases):
        raise ValueError("intensity cannot be fitted on no images: give at least one training image")
    if config.each_alone:
        return Intensity(config, size)
    if config.kind == "window":
        middle, half = float(config.centre or 0.0), float(config.width or 0.0) / 2
        n_channels = canvases.shape[1]
        return Intensity(config, size, (middle - half,) * n_channels, (middle + half,) * n_channels)
    low, high = _fitted(_view(canvases, size), config)
    if any(a >= b for a, b in zip(low, high, strict=True)):
        raise ValueError(f"intensity {config.kind} found no spread of values: widen intensity.low and intensity.high")
    return Intensity(config, size, low, high)
