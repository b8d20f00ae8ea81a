"""A whole film as a canvas: air taken off, chest wall on the left, cropped, padded, resized; and the way back."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medgan_fashion.imaging.mammograms.breast import BAND, Breast
from medgan_fashion.imaging.read.roi import Window, canvas_size, canvas_to_source, cut

_AIR = 0.02  # share of the breast's longer side that is left as air where the film does not cut the breast
_TRACE = 5e-4  # what resampling leaves in the air lies below this, and less than a step of 10 bits


@dataclass(frozen=True)
class _Span:
    """One axis of a film in source pixels: what is kept, the view's middle, and the air to add at either end (none
    at an end that is mirrored)."""

    start: int
    stop: int
    middle: float
    air: tuple[int, int]


def without_air(pixels: NDArray[np.float32], breast: Breast) -> NDArray[np.float32]:
    """A film (H, W) whose air is exactly 0 and whose breast is untouched; a narrow band between them fades."""
    height, width = pixels.shape
    h, w = breast.weight.shape
    full = Image.fromarray(breast.weight).resize((w * breast.step, h * breast.step), Image.Resampling.BILINEAR)
    return pixels * np.asarray(full, dtype=np.float32)[:height, :width]


def _kept(start: float, length: float, margin: float, ends: tuple[bool, bool]) -> tuple[int, int]:
    """The breast's extent with a margin of air at the ends that the film does not cut."""
    first = start - (0 if ends[0] else margin)
    last = start + length + (0 if ends[1] else margin)
    return int(np.floor(first)), int(np.ceil(last))


def _span(kept: tuple[int, int], sides: tuple[float, float], ends: tuple[bool, bool], scale: float) -> _Span:
    """Places a view along an axis.

    The view lies against the one end that the film cuts, so that all its air lies at the other, and in the middle
    otherwise. Where the cut breast reaches the view's edge it is mirrored beyond; elsewhere there is air.

    Args:
        kept: first and last edge of what is kept.
        sides: of view and canvas, in source pixels.
        ends: whether the film cuts the breast there.
        scale: source pixels per view pixel.
    """
    spare = sides[0] - (kept[1] - kept[0])
    before = {(True, False): 0.0, (False, True): spare}.get(ends, spare / 2)
    border, reach = (sides[1] - sides[0]) / 2, 2 * max(1.0, scale) + 3  # the filter reaches 2 pixels
    air = [
        0 if cut_here and gap < 0.5 else int(gap + border + reach)
        for cut_here, gap in zip(ends, (before, spare - before), strict=True)
    ]
    return _Span(*kept, kept[0] - before + sides[0] / 2, (air[0], air[1]))


def _with_air(film: NDArray[np.float32], rows: _Span, columns: _Span) -> NDArray[np.float32]:
    """What is kept of a film (H, W), with air around it."""
    height, width = film.shape
    part = film[max(rows.start, 0) : rows.stop, max(columns.start, 0) : columns.stop]
    outside = [(max(-s.start, 0), max(s.stop - n, 0)) for s, n in ((rows, height), (columns, width))]
    spans = zip((rows, columns), outside, strict=True)
    return np.pad(part, [(s.air[0] + before, s.air[1] + after) for s, (before, after) in spans])


def _flip_map(width: float) -> NDArray[np.float64]:
    return np.array([[-1.0, 0.0, width], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])


def _square(affine: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.vstack([affine, [0.0, 0.0, 1.0]])


def flip_canvas(
    canvas: NDArray[np.float32], to_source: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """A canvas (C, Hc, Wc) with left and right exchanged, and its map to the source."""
    flipped = np.ascontiguousarray(canvas[..., ::-1])
    return flipped, (_square(to_source) @ _flip_map(canvas.shape[-1]))[:2]


def undo(canvas: NDArray[np.float32], to_source: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Lays a canvas (C, Hc, Wc) back onto its source's grid (C, H, W), bilinear; 0 where it does not reach."""
    inverse = np.linalg.inv(_square(to_source))[:2].ravel()
    size = (shape[1], shape[0])
    planes = [
        Image.fromarray(plane).transform(size, Image.Transform.AFFINE, tuple(inverse), Image.Resampling.BILINEAR)
        for plane in np.asarray(canvas, dtype=np.float32)
    ]
    return np.stack([np.asarray(plane, dtype=np.float32) for plane in planes])


def film_canvas(
    pixels: NDArray[np.float32], breast: Breast, size: tuple[int, int], *, flip: bool, context: float
) -> tuple[NDArray[np.float32], float, NDArray[np.float64]]:
    """The breast of a whole film, chest wall along the view's left edge, on air that is exactly 0.

    The view is the breast's box with a little air where the film does not cut the breast, padded with air to
    the view's proportions. Around the view the canvas holds air; beyond an edge where the film cuts the breast
    (the chest wall always, the top of an oblique view mostly) it holds the mirrored breast instead, so that a
    turned or shifted view shows no straight black corner.

    Args:
        pixels: float32 (1, H, W) in [0, 1], large = bright.
        breast: where it lies in these pixels.
        size: (height, width) of the view.
        flip: True where the chest wall lies on the right.
        context: side of the canvas / side of the view.

    Returns:
        Canvas float32 (1, Hc, Wc) in [0, 1], the breast's longer side in view pixels, and the affine map
        (2, 3) from canvas to source.
    """
    film, (x, y, width, height) = without_air(pixels[0], breast), breast.box
    left, top, right, bottom = breast.cut
    across = pixels.shape[2]
    if flip:
        film, x, right = film[:, ::-1], across - x - width, left
    margin = max(_AIR * max(width, height), (BAND + 1.0) * breast.step)
    rows, columns = _kept(y, height, margin, (top, bottom)), _kept(x, width, margin, (True, right))
    scale = max((rows[1] - rows[0]) / size[0], (columns[1] - columns[0]) / size[1])
    shape = canvas_size(size, context)
    down = _span(rows, (size[0] * scale, shape[0] * scale), (top, bottom), scale)
    over = _span(columns, (size[1] * scale, shape[1] * scale), (True, right), scale)
    inside = Window(over.middle - over.start + over.air[0], down.middle - down.start + down.air[0], scale)
    canvas = np.clip(cut(_with_air(film, down, over)[None], inside, shape), 0.0, 1.0)
    canvas[canvas < _TRACE] = 0.0
    to_film = _square(canvas_to_source(Window(over.middle, down.middle, scale), shape))
    to_source = (_flip_map(across) @ to_film if flip else to_film)[:2]
    return canvas, max(width, height) / scale, to_source
