"""Reals made worse on purpose: what a figure says about them is what "bad" looks like."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter


def _batch(images: ArrayLike) -> NDArray[np.float32]:
    values = np.asarray(images, dtype=np.float32)
    if values.ndim != 4:
        raise ValueError(f"images of shape {values.shape} must be (N, C, H, W).")
    return values


def blurred(images: ArrayLike, sigma: float) -> NDArray[np.float32]:
    """Images (N, C, H, W) in [0, 1] under a Gaussian blur of `sigma` >= 0 pixels; float32, same shape."""
    if sigma < 0:
        raise ValueError(f"sigma {sigma} must be 0 or more pixels.")
    soft = gaussian_filter(_batch(images), sigma=(0, 0, sigma, sigma), mode="nearest")
    return np.asarray(soft, dtype=np.float32)


def noisy(images: ArrayLike, sd: float, seed: int) -> NDArray[np.float32]:
    """Images (N, C, H, W) in [0, 1] plus Gaussian noise of `sd` >= 0, clipped to [0, 1]; float32."""
    if sd < 0:
        raise ValueError(f"sd {sd} must be 0 or more.")
    values = _batch(images)
    noise = np.random.default_rng((seed, 5)).standard_normal(values.shape, dtype=np.float32)
    return np.clip(values + sd * noise, 0, 1, dtype=np.float32)
