"""What can be measured on any picture of a garment: its colour (CIELAB), sleeves, length and pattern."""

import numpy as np
from numpy.typing import NDArray

# ---------------------------------------------------------------------------------------------------------------------
# CIELAB (1976, D65, 2 degrees) and sRGB (IEC 61966-2-1), both ways, on arrays with the channel first.


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


Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

MEASURES = ("lightness", "a", "b", "sleeve", "length", "pattern")
TORSO = 0.4375  # half the width of the band of columns in which a torso or a pair of legs lies; 1 is half a picture
_FAINT, _CLEAR = 4.0, 7.0  # L*
_COLOURS = slice(0, 3)
_BLANK = (100.0, 0.0, 0.0, 0.0, 0.0, 0.0)  # a picture without a garment: white, nothing of everything
_CHUNK = 256


def eroded(masks: Mask) -> Mask:
    """Masks (N, H, W) without their outermost 1/32 of a picture, whose pixels are mixed with the ground.

    A mask of which less than a fifth would be left stays whole.
    """
    from scipy.ndimage import binary_erosion

    steps = max(1, round(masks.shape[2] / 32))
    inner = binary_erosion(masks, np.ones((1, 3, 3), dtype=bool), iterations=steps)
    kept = inner.sum((1, 2)) >= 0.2 * masks.sum((1, 2))
    return np.where(kept[:, None, None], inner, masks)


def _mean(values: NDArray[np.floating], where: Mask) -> Floats:
    """Mean over the last two axes where `where`, 0 where that is nowhere."""
    count = where.sum((-2, -1))
    return np.where(where, values, 0).sum((-2, -1), dtype=np.float64) / np.maximum(count, 1)


def _without_shading(lightness: NDArray[np.float32], masks: Mask) -> NDArray[np.float32]:
    """L* (N, H, W) less its mean over the garment within a sixth of a picture each way."""
    from scipy.ndimage import uniform_filter

    side = 2 * round(lightness.shape[2] / 6) + 1
    within = uniform_filter(masks.astype(np.float32), size=side, axes=(1, 2), mode="constant")
    around = uniform_filter(np.where(masks, lightness, 0), size=side, axes=(1, 2), mode="constant")
    return np.where(masks, lightness - around / np.maximum(within, 1e-6), 0)


def _crossings(signs: NDArray[np.float32], masks: Mask, axis: int) -> Floats:
    """Cycles over a picture along an axis: a cycle goes from -1 to 1 and back, a total variation of 4."""
    before, after = [slice(None)] * 3, [slice(None)] * 3
    before[axis], after[axis] = slice(None, -1), slice(1, None)
    both = masks[tuple(before)] & masks[tuple(after)]
    return _mean(np.abs(signs[tuple(after)] - signs[tuple(before)]), both) / 4 * masks.shape[axis]


def pattern_frequency(lightness: NDArray[np.float32], inner: Mask) -> Floats:
    """Cycles of the pattern over a picture (N,), of L* (N, H, W) inside eroded masks.

    How often L* goes from lighter than its surroundings to darker and back, across and down (the root of the sum of
    their squares, so that turned stripes have the same). Less than `_FAINT` from the surroundings is neither, `_CLEAR`
    or more is fully so, and what lies between counts in part: plain cloth has nearly 0, without a threshold.
    """
    detail = _without_shading(lightness, inner)
    signs = np.sign(detail) * ((np.abs(detail) - _FAINT) / (_CLEAR - _FAINT)).clip(0, 1)
    return np.hypot(_crossings(signs, inner, 2), _crossings(signs, inner, 1))


def _shape(masks: Mask) -> tuple[Floats, Floats]:
    """Share of the picture that is garment outside the torso's band, and share of rows in which the band holds it."""
    _, height, width = masks.shape
    band = np.abs((np.arange(width) + 0.5) / width * 2 - 1) < TORSO
    sleeve = masks[:, :, ~band].sum((1, 2)) / (height * width)
    length = (masks[:, :, band].sum(2) >= width / 16).mean(1)
    return sleeve, length


def _measure(images: NDArray[np.float32], masks: Mask) -> Floats:
    values = np.empty((len(images), len(MEASURES)))
    lab, inner = lab_from_rgb(images.transpose(1, 0, 2, 3)), eroded(masks)
    values[:, _COLOURS] = _mean(lab, inner[None]).T
    values[:, 3], values[:, 4] = _shape(masks)
    values[:, 5] = pattern_frequency(lab[0], inner)
    values[~masks.any((1, 2))] = _BLANK
    return values


def measure(images: NDArray[np.float32], masks: Mask) -> Floats:
    """Measurements (N, 6) of pictures in the order of MEASURES, finite for any picture.

    * lightness, a, b: mean CIELAB colour of the garment, without its outermost pixels.
    * sleeve: garment outside the torso's band of columns, as a share of the picture.
    * length: share of the picture's rows in which that band holds garment.
    * pattern: cycles of the pattern over the picture, see `pattern_frequency`.

    Args:
        images: float32 (N, 3, H, W), sRGB in [0, 1]; what is outside is clipped, what is no number is white.
        masks: bool (N, H, W), the garment in each.

    Raises:
        ValueError: shapes that do not fit.
    """
    if images.ndim != 4 or images.shape[1] != 3 or masks.shape != (len(images), *images.shape[2:]):
        raise ValueError(
            f"pictures {images.shape} with masks {masks.shape} cannot be measured: give (N, 3, H, W) and (N, H, W)"
        )
    values = np.empty((len(images), len(MEASURES)))
    for at in range(0, len(images), _CHUNK):
        part = slice(at, at + _CHUNK)
        pictures = np.nan_to_num(np.asarray(images[part], dtype=np.float32), nan=1, posinf=1, neginf=1)
        values[part] = _measure(pictures, np.asarray(masks[part], dtype=bool))
    return values
