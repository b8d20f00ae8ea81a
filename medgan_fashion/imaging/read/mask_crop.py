"""A mask as its bounding box and what is inside it, and outlines filled into masks."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.imaging.read.roi import mask_box


@dataclass(frozen=True)
class MaskCrop:
    """A mask that is not empty, kept small: a picture holds far more background than lesion.

    Args:
        shape: (H, W) of the picture.
        top, left: row and column of the crop's first pixel.
        inside: bool (h, w), no empty row or column at its edges.
    """

    shape: tuple[int, int]
    top: int
    left: int
    inside: NDArray[np.bool_]

    def full(self) -> NDArray[np.bool_]:
        """The mask: bool (H, W)."""
        mask = np.zeros(self.shape, dtype=np.bool_)
        self.paste(mask)
        return mask

    def paste(self, mask: NDArray[np.bool_]) -> None:
        """Sets the pixels inside in a mask (H, W)."""
        height, width = self.inside.shape
        mask[self.top : self.top + height, self.left : self.left + width] |= self.inside


def crop_mask(mask: NDArray[np.bool_]) -> MaskCrop:
    """The crop of a mask (H, W).

    Raises:
        UnreadableError: the mask is empty.
    """
    x, y, width, height = (int(v) for v in mask_box(mask))
    return MaskCrop((mask.shape[0], mask.shape[1]), y, x, mask[y : y + height, x : x + width].copy())


def shared_pixels(a: MaskCrop, b: MaskCrop) -> int:
    """How many pixels two masks of pictures of one size have in common."""
    top, left = max(a.top, b.top), max(a.left, b.left)
    bottom = min(a.top + a.inside.shape[0], b.top + b.inside.shape[0])
    right = min(a.left + a.inside.shape[1], b.left + b.inside.shape[1])
    if bottom <= top or right <= left:
        return 0
    parts = [m.inside[top - m.top : bottom - m.top, left - m.left : right - m.left] for m in (a, b)]
    return int(np.count_nonzero(parts[0] & parts[1]))


def overlap(a: MaskCrop, b: MaskCrop) -> float:
    """Intersection over union; 0 for pictures of two sizes."""
    if a.shape != b.shape:
        return 0.0
    common = shared_pixels(a, b)
    return common / (int(a.inside.sum()) + int(b.inside.sum()) - common)


def fill(xs: ArrayLike, ys: ArrayLike, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels whose centres lie inside a closed outline, by the even-odd rule.

    An edge counts for a pixel row from its upper end on and up to, not at, its lower end, so that no corner counts
    twice; a pixel is inside where an odd number of edges lies to its left or on it.

    Args:
        xs, ys: (N,) corners in pixels; a pixel's centre is a whole number.
        shape: (H, W) of the picture; what lies outside is cut off.

    Returns:
        bool (H, W).
    """
    x, y = np.asarray(xs, dtype=np.float64), np.asarray(ys, dtype=np.float64)
    odd = np.zeros(shape, dtype=np.bool_)
    columns = np.arange(shape[1])
    for x0, y0, x1, y1 in zip(x, y, np.roll(x, -1), np.roll(y, -1), strict=True):
        first, last = max(0, int(np.ceil(min(y0, y1)))), min(shape[0], int(np.ceil(max(y0, y1))))
        if last > first:
            crossing = x0 + (np.arange(first, last) - y0) * (x1 - x0) / (y1 - y0)
            odd[first:last] ^= columns[None] >= crossing[:, None]
    return odd


def draw(xs: ArrayLike, ys: ArrayLike, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """The pixels that a closed outline itself runs through: bool (H, W); corners (N,) as in `fill`."""
    x, y = np.asarray(xs, dtype=np.float64), np.asarray(ys, dtype=np.float64)
    line = np.zeros(shape, dtype=np.bool_)
    for x0, y0, x1, y1 in zip(x, y, np.roll(x, -1), np.roll(y, -1), strict=True):
        steps = np.linspace(0, 1, int(np.ceil(max(abs(x1 - x0), abs(y1 - y0)))) + 1)
        column, row = np.floor(x0 + steps * (x1 - x0) + 0.5), np.floor(y0 + steps * (y1 - y0) + 0.5)
        ok = (column >= 0) & (column < shape[1]) & (row >= 0) & (row < shape[0])
        line[row[ok].astype(np.int64), column[ok].astype(np.int64)] = True
    return line


def read_polygon(xs: str, ys: str) -> tuple[list[float], list[float]]:
    """Corners of an outline from two cells that hold JSON lists.

    Raises:
        UnreadableError: no two JSON lists of numbers of equal length.
    """
    try:
        x, y = [float(v) for v in json.loads(xs)], [float(v) for v in json.loads(ys)]
    except (ValueError, TypeError):
        raise UnreadableError("its outline is not two JSON lists of numbers", "correct the table") from None
    if not x or len(x) != len(y) or not np.isfinite([*x, *y]).all():
        raise UnreadableError("its outline has unequal, empty or infinite lists", "correct the table")
    return x, y


def polygon_mask(xs: Sequence[float], ys: Sequence[float], shape: tuple[int, int]) -> MaskCrop:
    """The mask of an outline in pixel positions: its inside and the outline's own pixels.

    Raises:
        UnreadableError: the outline leaves the picture.
    """
    if min(xs) < -0.5 or min(ys) < -0.5 or max(xs) >= shape[1] - 0.5 or max(ys) >= shape[0] - 0.5:
        raise UnreadableError("its outline leaves the picture", "count pixels from the top left of this very picture")
    return crop_mask(fill(xs, ys, shape) | draw(xs, ys, shape))
