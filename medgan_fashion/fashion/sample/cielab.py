"""CIELAB (1976, D65, 2 degrees) and sRGB (IEC 61966-2-1), both ways, on arrays with the channel first."""

import numpy as np
from numpy.typing import NDArray

_WHITE = np.array([0.95047, 1.0, 1.08883])
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
)
_TO_RGB = np.linalg.inv(_TO_XYZ)
_EDGE = 6 / 29  # below it the cube root becomes a line


def lab_from_rgb(rgb: NDArray[np.floating]) -> NDArray[np.float32]:
    """sRGB (3, ...) in [0, 1] (clipped to it) -> L* in 0..100, a*, b* (3, ...)."""
    clipped = np.clip(np.asarray(rgb, dtype=np.float32), 0, 1)
    linear = np.where(clipped <= 0.04045, clipped / 12.92, ((clipped + 0.055) / 1.055) ** 2.4)
    xyz = np.tensordot((_TO_XYZ / _WHITE[:, None]).astype(np.float32), linear, 1)
    x, y, z = np.where(xyz > _EDGE**3, np.cbrt(xyz), xyz / (3 * _EDGE**2) + 4 / 29)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)]).astype(np.float32)


def rgb_from_lab(lab: NDArray[np.floating]) -> NDArray[np.float32]:
    """L*, a*, b* (3, ...) -> sRGB (3, ...) in [0, 1]; colours that a screen cannot show are clipped."""
    lightness, a, b = np.asarray(lab, dtype=np.float64)
    y = (lightness + 16) / 116
    roots = np.stack([y + a / 500, y, y - b / 200])
    xyz = np.where(roots > _EDGE, roots**3, 3 * _EDGE**2 * (roots - 4 / 29))
    linear = np.clip(np.tensordot(_TO_RGB * _WHITE, xyz, 1), 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055).astype(np.float32)
