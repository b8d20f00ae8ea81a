"""Regions: a box from pixels, a circle, an outline or a mask, and the canvas that is cut around it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from medgan_fashion.imaging.read.picture import UnreadableError

Box = tuple[float, float, float, float]
_SLACK = 0.02  # share of the picture's side by which a rounded box may stick out


@dataclass(frozen=True)
class Window:
    """The canvas's place in the picture: centre and source pixels per view pixel.

    Args:
        x, y: centre in pixel edges' coordinates (0 = left or top edge of the first pixel).
        scale: source pixels per view pixel.
    """

    x: float
    y: float
    scale: float


def mask_box(mask: NDArray[np.bool_]) -> Box:
    """Bounding box (x, y, width, height) of a mask (H, W).

    Raises:
        UnreadableError: the mask is empty.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        raise UnreadableError("the mask is empty", "draw the lesion, or remove the row")
    x, y = int(columns[0]), int(rows[0])
    return (x, y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1)


def circle_box(circle: tuple[float, float, float], spacing_mm: tuple[float, float] | None) -> Box:
    """Box of (centre_x, centre_y in pixels, diameter in mm), given millimetres between (rows, columns).

    Raises:
        UnreadableError: the picture has no pixel spacing.
    """
    if spacing_mm is None:
        raise UnreadableError("diameter_mm without pixel spacing", "give x, y, width, height in pixels instead")
    x, y, diameter = circle
    width, height = diameter / spacing_mm[1], diameter / spacing_mm[0]
    return (x - width / 2, y - height / 2, width, height)


def check_box(box: Box, shape: tuple[int, int], *, centre_only: bool = False) -> None:
    """Refuses a box that leaves a picture (H, W) by more than rounding; of a circle only the centre counts.

    Raises:
        UnreadableError: the region lies outside.
    """
    for start, length, side in ((box[0], box[2], shape[1]), (box[1], box[3], shape[0])):
        slack = max(2.0, _SLACK * side)
        if centre_only:
            inside = 0 <= start + length / 2 <= side
        else:
            inside = start >= -slack and start + length <= side + slack
        if not inside:
            raise UnreadableError(
                f"the region leaves the picture of {shape[1]}x{shape[0]} pixels",
                "count pixels from the top left of this very picture",
            )


def canvas_size(size: tuple[int, int], context: float) -> tuple[int, int]:
    """(Hc, Wc) of the canvas: round(side * context), made even to the view so that the view is centred."""
    sides = [max(side, round(side * context)) for side in size]
    return (sides[0] + (sides[0] - size[0]) % 2, sides[1] + (sides[1] - size[1]) % 2)


def window_of(box: Box, size: tuple[int, int], margin: float) -> Window:
    """The smallest view with the proportions of `size` around the box's centre that holds the box and, on
    every
    side, `margin` times the box's longer side."""
    x, y, width, height = box
    extra = 2 * margin * max(width, height)
    return Window(x + width / 2, y + height / 2, max((height + extra) / size[0], (width + extra) / size[1]))


def _reflected(start: int, stop: int, length: int) -> NDArray[np.int64]:
    """Indices start..stop-1 mirrored into 0..length-1 (edge pixels repeat, any distance)."""
    index = np.arange(start, stop) % (2 * length)
    return np.minimum(index, 2 * length - 1 - index)


def cut(pixels: NDArray[np.float32], window: Window, canvas: tuple[int, int]) -> NDArray[np.float32]:
    """Resamples a canvas out of a picture, antialiased bicubic, mirrored where it leaves the picture.

    Args:
        pixels: float32 (C, H, W).
        window: where.
        canvas: (Hc, Wc) in view pixels.

    Returns:
        float32 (C, Hc, Wc) in the units of the pixels.
    """
    spans = []
    for middle, side, length in (
        (window.y, canvas[0], pixels.shape[1]),
        (window.x, canvas[1], pixels.shape[2]),
    ):
        half = side * window.scale / 2
        # the filter reaches 2 output pixels: cut that much more, so that the crop's own edge is never seen
        reach = int(np.ceil(2 * max(1.0, window.scale))) + 1
        start, stop = int(np.floor(middle - half)) - reach, int(np.ceil(middle + half)) + reach
        spans.append((_reflected(start, stop, length), middle - half - start, middle + half - start))
    (rows, top, bottom), (columns, left, right) = spans
    part = np.ascontiguousarray(pixels[:, rows[:, None], columns[None, :]], dtype=np.float32)
    sampled = [
        Image.fromarray(channel).resize(
            (canvas[1], canvas[0]), Image.Resampling.BICUBIC, box=(left, top, right, bottom)
        )
        for channel in part
    ]
    return np.stack([np.asarray(channel, dtype=np.float32) for channel in sampled])


def canvas_to_source(window: Window, canvas: tuple[int, int]) -> NDArray[np.float64]:
    """The affine map (2, 3) from canvas to source, pixel edges' coordinates (x, y) on both sides."""
    left, top = window.x - window.scale * canvas[1] / 2, window.y - window.scale * canvas[0] / 2
    return np.array([[window.scale, 0.0, left], [0.0, window.scale, top]])


def extract_canvas(
    pixels: NDArray[np.float32], box: Box, size: tuple[int, int], *, margin: float, context: float
) -> tuple[NDArray[np.float32], float]:
    """Cuts the canvas around a box.

    Args:
        pixels: float32 (C, H, W).
        box: (x, y, width, height) in pixels from the top left.
        size: (height, width) of the view.
        margin: share of the box's longer side added on each side.
        context: canvas side / view side.

    Returns:
        Canvas float32 (C, Hc, Wc), and the box's longer side in view pixels.
    """
    window = window_of(box, size, margin)
    return cut(pixels, window, canvas_size(size, context)), max(box[2], box[3]) / window.scale


# ---------------------------------------------------------------------------------------------------------------------
# A mask as its bounding box and what is inside it, and outlines filled into masks.


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
