"""Where the breast lies on a film (pixels, box, chest wall), and the film as a canvas with the way back."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.imaging.read.roi import Box, Window, canvas_size, canvas_to_source, cut, mask_box

# ---------------------------------------------------------------------------------------------------------------------
# Where the breast lies on a film: its pixels, its box, the edges that cut it, the side of the chest wall.


# ---------------------------------------------------------------------------------------------------------------------
# Which pixels of a film are breast: no air, labels, tape or white border, out to the skin line.


_LONG = 256  # the mask is found on a picture reduced to at most this many pixels on its longer side
_SMOOTH = 1.0  # standard deviation of the smoothing, in reduced pixels
_LIFT = 1 / 3  # exponent that spreads dark values, so that Otsu parts air from breast and not fat from gland
_OPENING = 4  # radius in reduced pixels: what hangs on the breast by less than twice this is cut off
_SKIN = 8  # reduced pixels around the first mask in which the skin line may lie
_AREA = (0.02, 0.97)  # share of the film that a breast covers
_FLAT = 0.2  # spread of the air over the step from air to breast: films 0.1 and less, crops 0.34 and more
_ONE = 0.5  # share of the bright area that is one breast: noise breaks into many pieces, tape and labels are less
_SOLID = 0.5  # share of its box that a breast fills
_BORDER = 0.02  # share of the film's side that a white border may take


def reduce_film(pixels: NDArray[np.float32]) -> tuple[NDArray[np.float32], int]:
    """A film (H, W) averaged over squares to at most 256 pixels on its longer side, and the square's side."""
    step = max(1, -(-max(pixels.shape) // _LONG))
    return np.asarray(Image.fromarray(pixels).reduce(step), dtype=np.float32), step


def otsu(values: NDArray[np.float32]) -> float:
    """The threshold between two groups of values in [0, 1] that makes the variance between them largest.

    Otsu (1979), IEEE Trans. Systems, Man, and Cybernetics 9(1), 62-66, on 256 bins.
    """
    counts, edges = np.histogram(values, bins=256, range=(0.0, 1.0))
    middles, below = (edges[:-1] + edges[1:]) / 2, np.cumsum(counts)[:-1]
    above, sums = below[-1] + counts[-1] - below, np.cumsum(counts * middles)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (sums[:-1] / below - (sums[-1] - sums[:-1]) / above) ** 2
    best = np.flatnonzero(between == np.nanmax(between))  # a gap between the groups: take its middle
    return float(edges[1:-1][best].mean())


def _disk(radius: int) -> NDArray[np.bool_]:
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return x * x + y * y <= radius * radius + radius


def _grown(mask: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    return np.asarray(ndimage.binary_dilation(mask, _disk(radius)), dtype=np.bool_)


def _shrunk(mask: NDArray[np.bool_], radius: int, outside: bool) -> NDArray[np.bool_]:
    eroded = ndimage.binary_erosion(mask, _disk(radius), border_value=int(outside))
    return np.asarray(eroded, dtype=np.bool_)


def _largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    labels = np.asarray(ndimage.label(mask)[0])  # pyright: ignore[reportIndexIssue]
    sizes = np.bincount(labels.ravel())[1:]
    return labels == 1 + int(np.argmax(sizes)) if len(sizes) else mask


def _middle_and_spread(values: NDArray[np.float32]) -> tuple[float, float]:
    """Median, and the standard deviation that the median absolute deviation stands for."""
    middle = float(np.median(values))
    return middle, 1.4826 * float(np.median(np.abs(values - middle)))


def _core(bright: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest piece after an opening, grown back to what it had before; films' edges do not erode it."""
    return _grown(_largest(_shrunk(bright, _OPENING, outside=True)), _OPENING) & bright


def _to_skin(core: NDArray[np.bool_], film: NDArray[np.float32], threshold: float) -> NDArray[np.bool_]:
    """Lets the mask grow over what is brighter than the air around it, far above the air's own noise."""
    near = _grown(core, _SKIN)
    ring = _grown(near, _SKIN) & ~near & (film < threshold) & (film > 0)
    if ring.sum() < 20:
        return core
    air, spread = _middle_and_spread(film[ring])
    skin = near & (film > min(threshold, max(air + 4 * spread, air + (threshold - air) / 4)))
    return _grown(_shrunk(_largest(core | skin), 2, outside=False), 2) | core


def _lifted(film: NDArray[np.float32]) -> NDArray[np.float32]:
    """A reduced film smoothed, stretched to [0, 1] and lifted in the dark."""
    smooth = ndimage.gaussian_filter(film, _SMOOTH)
    low, high = float(smooth.min()), float(np.percentile(smooth, 99.5))
    return (np.clip((smooth - low) / max(high - low, 1e-6), 0, 1) ** _LIFT).astype(np.float32)


def _without_border(film: NDArray[np.float32], threshold: float) -> NDArray[np.float32]:
    """A lifted film whose white borders are air: lines along the frame that are bright from end to end."""
    clean = film.copy()
    for side in range(4):
        turned = np.rot90(clean, side)  # a view: left, top, right or bottom comes to the left
        depth = max(2, round(_BORDER * turned.shape[1]))
        bright = (turned[:, : 2 * depth] > threshold).mean(axis=0) > 0.9
        if not bright[depth:].all():
            bright[1:] |= bright[:-1].copy()  # its blurred edge too
            turned[:, :depth][:, bright[:depth]] = 0.0
    return clean


def _check(mask: NDArray[np.bool_], bright: NDArray[np.bool_], lifted: NDArray[np.float32]) -> None:
    """Refuses a mask that is no breast.

    Raises:
        UnreadableError: says what it is instead.
    """
    cure = "check that the file shows a whole film, or use image.roi lesion with a box"
    share = float(mask.mean())
    if not mask.any() or share < _AREA[0]:
        raise UnreadableError("a film without a breast (nothing large is brighter than the air)", cure)
    air, spread = _middle_and_spread(lifted[~mask]) if share < _AREA[1] else (1.0, 0.0)
    if spread >= _FLAT * (float(np.median(lifted[mask])) - air):
        raise UnreadableError("a film without a breast (no even, dark air beside it)", cure)
    _, _, width, height = mask_box(mask)
    if mask.sum() < _ONE * bright.sum() or mask.sum() < _SOLID * width * height:
        raise UnreadableError("a film without a breast (no single rounded shape)", cure)


def breast_mask(film: NDArray[np.float32]) -> NDArray[np.bool_]:
    """The breast on a reduced film.

    Otsu's threshold on the smoothed and lifted film, an opening that cuts off labels and tape, the largest
    piece, then out to the skin line and holes filled.

    Args:
        film: float32 (h, w) in [0, 1], large = bright, at most 256 pixels long (reduce_film).

    Raises:
        UnreadableError: no breast, or no air beside it (blank, noise, a crop).
    """
    lifted = _lifted(film)
    threshold = otsu(lifted)
    lifted = _without_border(lifted, threshold)
    bright = lifted > threshold
    to_skin = _to_skin(_core(bright), lifted, threshold)
    mask = np.asarray(ndimage.binary_fill_holes(to_skin), dtype=np.bool_)
    _check(mask, bright, lifted)
    return mask


# ---------------------------------------------------------------------------------------------------------------------
# Where the breast lies on a film: its box, the edges at which the film cuts it, the side of the chest wall.


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


# ---------------------------------------------------------------------------------------------------------------------
# A whole film as a canvas: air taken off, chest wall on the left, cropped, padded, resized; and the way back.


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
