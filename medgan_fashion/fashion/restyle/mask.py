"""Where the garment is in a picture: what the ground's colour, flooding in from the border, does not reach."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

PLAIN = 0.5  # share of the border that has one colour where the ground is plain (people touch the border, too)
_NEAR = 0.12  # two border pixels nearer than this in RGB belong to the same ground
_LEAST, _MOST = 0.03, 0.9  # share of a picture that a garment takes
_FULL = 0.97  # of a letterboxed photo, the share that is not the colour beside it
_CENTRED = 0.4  # share of a garment that lies in the picture's central ellipse, at least
_SOFTER = (1.0, 0.5, 0.25, 1.5, 2.5)  # what the threshold is multiplied by, in turn, until something fits


def _border(picture: Floats) -> Floats:
    """The outermost pixels of a picture (3, H, W): (M, 3)."""
    edges = (picture[:, 0], picture[:, -1], picture[:, 1:-1, 0], picture[:, 1:-1, -1])
    return np.concatenate(edges, axis=1).T


def ground_colours(border: Floats) -> tuple[Floats, float]:
    """The ground's colours (P, 3) and the distance from them up to which a pixel may be ground.

    A plain ground has one colour, and a threshold that follows its noise. On any other (a floor, a bed), colours
    that take at least 3 % of the border are ground, with a threshold that takes in most of the border.
    """
    main = np.median(border, axis=0)
    away = np.linalg.norm(border - main, axis=1)
    if (away < _NEAR).mean() >= PLAIN:
        noise = float(np.quantile(away[away < _NEAR], 0.9))
        return main[None].astype(np.float32), float(np.clip(2 * noise, 0.025, 0.2))
    bins, member, count = np.unique(np.floor(border * 12), axis=0, return_inverse=True, return_counts=True)
    often = np.flatnonzero(count >= 0.03 * len(border))
    if not len(often):
        often = np.argsort(-count)[: min(8, len(bins))]
    colours = np.stack([border[member.ravel() == b].mean(axis=0) for b in often]).astype(np.float32)
    apart = np.linalg.norm(border[:, None] - colours, axis=2).min(axis=1)
    return colours, float(np.clip(np.quantile(apart, 0.8), 0.06, 0.2))


def _parts(mask: Mask, *, diagonal: bool) -> NDArray[np.int32]:
    """Numbers (H, W) of the connected parts of a mask, 0 outside."""
    from scipy.ndimage import label

    numbers = np.empty(mask.shape, dtype=np.int32)
    label(mask, structure=np.ones((3, 3)) if diagonal else None, output=numbers)
    return numbers


def flood(near: Mask) -> Mask:
    """The pixels (H, W) of `near` that the border reaches through `near`, by ways at least three pixels wide.

    Narrower ways are leaks: gaps in the outline of a white shirt on white.
    """
    from scipy.ndimage import binary_dilation, binary_erosion

    block = np.ones((3, 3), dtype=np.bool_)
    numbers = _parts(np.asarray(binary_erosion(near, block, border_value=1), dtype=np.bool_), diagonal=False)
    rim = np.unique(np.concatenate([numbers[0], numbers[-1], numbers[:, 0], numbers[:, -1]]))
    return near & np.asarray(binary_dilation(np.isin(numbers, rim[rim > 0]), block), dtype=np.bool_)


def largest_parts(mask: Mask, share: float = 0.1) -> Mask:
    """The parts of a mask (H, W) that have at least `share` of the largest one's pixels: both shoes of a pair."""
    if not mask.any():
        return mask
    numbers = _parts(mask, diagonal=True)
    sizes = np.bincount(numbers.ravel())[1:]
    return np.isin(numbers, 1 + np.flatnonzero(sizes >= share * sizes.max()))


def ellipse(height: int, width: int) -> Mask:
    """bool (height, width), centred, 70 % of each side: where a garment is when nothing else is known."""
    y, x = np.mgrid[:height, :width]
    down, across = (y + 0.5) / height - 0.5, (x + 0.5) / width - 0.5
    return down**2 + across**2 <= 0.35**2


def _photo_inside(mask: Mask) -> tuple[slice, slice] | None:
    """Rows and columns of a photo that was letterboxed: a full rectangle from edge to edge of the picture."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    where = (slice(rows[0] + 1, rows[-1]), slice(columns[0] + 1, columns[-1]))
    inside = mask[where]
    spans = max(rows[-1] + 1 - rows[0] == mask.shape[0], columns[-1] + 1 - columns[0] == mask.shape[1])
    is_photo = spans and min(inside.shape, default=0) >= 8 and inside.mean() > _FULL and mask.mean() < 1
    return where if is_photo else None


def _parted(distance: Floats, threshold: float, several: bool) -> Mask | None:
    """Mask of what lies beyond the threshold, softened until its area and place are those of a garment."""
    from scipy.ndimage import binary_opening

    centre = ellipse(*distance.shape)
    for factor in _SOFTER:
        mask = ~flood(distance < factor * threshold)
        mask = largest_parts(np.asarray(binary_opening(mask, np.ones((3, 3))), dtype=np.bool_) if several else mask)
        if _LEAST <= mask.mean() <= _MOST and (mask & centre).sum() >= _CENTRED * mask.sum():
            return mask
    return None


def find_garment(picture: Floats) -> Mask | None:
    """Mask (H, W) of a picture (3, H, W) in [0, 1], without holes; None where no threshold parts garment and ground."""
    from scipy.ndimage import median_filter

    colours, threshold = ground_colours(_border(picture))
    several = len(colours) > 1
    if several:
        picture = median_filter(picture, size=(1, 3, 3))  # the grain of wood and carpet
    distance = np.linalg.norm(picture[None] - colours[:, :, None, None], axis=1).min(axis=0)
    mask = _parted(distance, threshold, several)
    if mask is None or several or (photo := _photo_inside(mask)) is None:
        return mask
    inner = find_garment(picture[(slice(None), *photo)])
    if inner is None:
        return None
    mask = np.zeros_like(mask)
    mask[photo] = inner
    return mask


def find_garments(images: Floats) -> tuple[Mask, Mask]:
    """Masks (N, H, W), and bool (N,): False where nothing was found and a centred ellipse stands in."""
    n, _, height, width = images.shape
    masks, found = np.empty((n, height, width), dtype=np.bool_), np.empty(n, dtype=np.bool_)
    for i, picture in enumerate(np.asarray(images, dtype=np.float32)):
        mask = find_garment(picture)
        found[i] = mask is not None
        masks[i] = ellipse(height, width) if mask is None else mask
    return masks, found


def garment_mask(images: Floats) -> Mask:
    """bool (N, H, W), never empty: the garments of pictures float32 (N, 3, H, W) in [0, 1].

    Made for photos on a plain ground, where people who wear the garment are part of it; on home photos it is a guess.
    """
    return find_garments(images)[0]
