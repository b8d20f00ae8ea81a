"""Where the breast lies on a film: its box, the edges at which the film cuts it, the side of the chest wall."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medgan_fashion.imaging.mammograms.breast_mask import breast_mask, reduce_film
from medgan_fashion.imaging.read.roi import Box, mask_box

BAND = 4  # reduced pixels of air around the breast in which the film fades to nothing
_FLUSH = 0.35  # share of a box side along which the mask must run for that side to be a film's edge


@dataclass(frozen=True)
class Breast:
    """Where the breast lies.

    Args:
        weight: float32 (h, w) on the reduced picture: 1 on the breast, 0 in the air, falling in a narrow band.
        step: source pixels per reduced pixel.
        box: (x, y, width, height) of the mask in source pixels, up to the film's edge where that cuts the breast.
        cut: whether the film's edge ends the breast at (left, top, right, bottom).
        chest_wall: "left" or "right", "" where the shape does not say.
    """

    weight: NDArray[np.float32]
    step: int
    box: Box
    cut: tuple[bool, bool, bool, bool]
    chest_wall: str


def _flush(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The share of the mask's (left, top, right, bottom) box side along which the mask runs within a pixel."""
    x, y, width, height = (int(v) for v in mask_box(mask))
    part = mask[y : y + height, x : x + width]
    sides = (part[:, :2], part[:2].T, part[:, -2:], part[-2:].T)
    return np.array([side.any(axis=1).mean() for side in sides])


def _edges(mask: NDArray[np.bool_]) -> tuple[tuple[bool, bool, bool, bool], str]:
    """Cut sides and the chest wall: the side along which a breast is straight, not round."""
    flush = _flush(mask)
    left, top, right, bottom = (bool(f > _FLUSH) for f in flush)
    chest_wall = "" if abs(flush[0] - flush[2]) < 0.1 else ("left" if flush[0] > flush[2] else "right")
    return (left, top, right, bottom), chest_wall


def _inward(film: NDArray[np.float32], mask: NDArray[np.bool_], side: int) -> int:
    """Reduced pixels from the mask's box side to the film's first full line: smoothing widens the mask, and
    films have dark or white borders."""
    x, y, width, height = (int(v) for v in mask_box(mask))
    part, inside = (np.rot90(a[y : y + height, x : x + width], side)[:, : 2 * BAND] for a in (film, mask))
    lines = inside.all(axis=1)  # left, top, right or bottom has come to the left
    if not lines.any():
        return 0
    profile = np.median(part[lines], axis=0)
    return int(np.argmax(np.abs(profile / max(float(profile[BAND:].mean()), 1e-6) - 1) < 0.15))


def _source_box(mask: NDArray[np.bool_], film: NDArray[np.float32], cut: tuple[bool, ...], step: int) -> list[float]:
    """(left, top, right, bottom) of the mask in source pixels, the film's own edge where that cuts the breast."""
    x, y, width, height = mask_box(mask)
    ends = (x, y, x + width, y + height)
    inward = [sign * _inward(film, mask, side) if cut[side] else 0 for side, sign in enumerate((1, 1, -1, -1))]
    return [float((end + more) * step) for end, more in zip(ends, inward, strict=True)]


def find_breast(pixels: NDArray[np.float32]) -> Breast:
    """Finds the breast on a film (breast_mask says how).

    Args:
        pixels: float32 (H, W) in [0, 1], large = bright.

    Raises:
        UnreadableError: no breast, or no air beside it (blank, noise, a crop).
    """
    film, step = reduce_film(pixels)
    mask = breast_mask(film)
    cut, chest_wall = _edges(mask)
    distance = ndimage.distance_transform_edt(~mask)
    weight = np.clip(1 - np.asarray(distance) / BAND, 0, 1).astype(np.float32)
    left, top, right, bottom = _source_box(mask, film, cut, step)
    right, bottom = min(right, pixels.shape[1]), min(bottom, pixels.shape[0])  # the last square may be a part
    return Breast(weight, step, (left, top, right - left, bottom - top), cut, chest_wall)
