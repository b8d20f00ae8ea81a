"""Reads the rows of a case table into canvases, with masks where asked; says which rows cannot be used and why."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.imaging.cases.config import ImageConfig, MammogramConfig
from medgan_fashion.imaging.cases.quarantine import Failure
from medgan_fashion.imaging.cases.table import Case
from medgan_fashion.imaging.mammograms.breast import film_canvas, find_breast, flip_canvas
from medgan_fashion.imaging.mammograms.mammogram import Mammogram, chest_wall, darkness, read_mammogram
from medgan_fashion.imaging.mammograms.tags import Said
from medgan_fashion.imaging.prepare.imageset import centre
from medgan_fashion.imaging.read.picture import Picture, UnreadableError
from medgan_fashion.imaging.read.readers import mask_labels, read_image, read_mask
from medgan_fashion.imaging.read.roi import (
    Box,
    Window,
    canvas_to_source,
    check_box,
    circle_box,
    cut,
    extract_canvas,
    mask_box,
    window_of,
)

# ---------------------------------------------------------------------------------------------------------------------
# Masks for segmentation: all lesions of a picture on one canvas, and one row for each whole picture.


MaskedPicture = tuple[Path, str]  # the file, and the slice where the table counts slices


def _picture(case: Case) -> MaskedPicture:
    return case.image, case.slice


def with_all_masks(cases: Sequence[Case]) -> list[Case]:
    """The cases, each with the masks of every row of its picture: a second lesion in the crop is no background. None
    where a row of the picture has no mask: nobody can say where its lesion lies."""
    masks: dict[MaskedPicture, list[Path | None]] = {}
    for case in cases:
        own = masks.setdefault(_picture(case), [])
        own += [case.mask] if case.mask not in own else []
    known = {picture: () if None in own else tuple(filter(None, own)) for picture, own in masks.items()}
    return [replace(case, masks=known[_picture(case)]) for case in cases]


def one_per_picture(cases: Sequence[Case]) -> tuple[list[Case], list[tuple[int, str]]]:
    """The first row of every picture, and (row, sentence) for each of the others.

    Raises:
        ValueError: rows of one picture belong to two patients.
    """
    first: dict[MaskedPicture, Case] = {}
    notes = []
    for case in cases:
        chosen = first.setdefault(_picture(case), case)
        if chosen.group != case.group:
            raise ValueError(f"rows {chosen.row} and {case.row} are one picture of two patients: correct one of them")
        if chosen is not case:
            notes.append((case.row, f"its mask was laid on the picture together with row {chosen.row}'s"))
    return list(first.values()), notes


def _one_label(path: Path) -> None:
    if len(labels := mask_labels(path)) > 1:
        found = ", ".join(map(str, labels))
        raise UnreadableError(f"the mask holds the labels {found}", "write a mask of its own for the lesion, 0 and 255")


def mask_canvas(
    case: Case, shape: tuple[int, ...], window: Window, canvas: tuple[int, ...], view: tuple[int, int]
) -> NDArray[np.float32]:
    """The union of a picture's masks (picture of `shape` (H, W)) as the canvas sees it: float32 (1, Hc, Wc) in [0, 1],
    the share of each pixel that is inside.

    Raises:
        UnreadableError: no mask, an empty one, one of several labels, or none that is left in the `view` (h, w).
    """
    if not case.masks:
        whose = "another row of its picture" if case.mask is not None else "the row"
        raise UnreadableError(f"{whose} has no mask", "fill in the column mask, or remove the rows of this picture")
    for path in case.masks:
        _one_label(path)
    size = (shape[0], shape[1])
    inside = np.any([read_mask(path, size) for path in case.masks], axis=0)
    if not inside.any():
        raise UnreadableError("the mask is empty", "draw the lesion, or remove the row")
    found = np.clip(cut(inside[None].astype(np.float32), window, (canvas[0], canvas[1])), 0.0, 1.0)
    if not (centre(found, view) > 0.5).any():  # an empty truth would reward whoever sees no lesion
        cure = "raise image.size, or crop to lesions"
        raise UnreadableError("the lesion is smaller than a pixel of the view", cure)
    return found


Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Canvas:
    """One row's canvas (C, Hc, Wc), the unit of its values, the lesion's diameter in view pixels, the affine map
    from canvas to source (see ImageSet.to_source), the View Position ("" where unknown), what is worth telling of the
    row, and the mask (1, Hc, Wc) in [0, 1] where one was asked for."""

    pixels: NDArray[np.float32]
    unit: str
    diameter: float
    to_source: NDArray[np.float64]
    view_position: str = ""
    notes: tuple[str, ...] = ()
    mask: NDArray[np.float32] | None = None


def _box(case: Case, shape: tuple[int, int], spacing_mm: tuple[float, float] | None) -> Box | None:
    """The lesion's box: from x, y, width, height, else the circle, else the mask."""
    if case.box is not None:
        check_box(case.box, shape)
        return case.box
    if case.circle is not None:
        box = circle_box(case.circle, spacing_mm)
        check_box(box, shape, centre_only=True)
        return box
    return None if case.mask is None else mask_box(read_mask(case.mask, shape))


def _whole_box(picture: Picture | Mammogram) -> Box:
    height, width = picture.pixels.shape[1:]
    return (0.0, 0.0, float(width), float(height))


def _lesion_canvas(case: Case, picture: Picture | Mammogram, config: ImageConfig) -> tuple[Canvas, Box]:
    """The canvas around a row's region, and the region."""
    height, width = picture.pixels.shape[1:]
    box = _box(case, (height, width), picture.spacing_mm)
    if box is None:
        raise UnreadableError(
            "the row has no box, circle or mask", "fill one in, or use the whole picture (image.roi whole)"
        )
    pixels, diameter = extract_canvas(picture.pixels, box, config.size, margin=config.margin, context=config.context)
    view = centre(pixels, config.size)
    if view.min() == view.max():
        raise UnreadableError("all pixels of the region are equal", "correct the region, or remove the row")
    to_source = canvas_to_source(window_of(box, config.size, config.margin), pixels.shape[1:])
    return Canvas(pixels, picture.unit, diameter, to_source, case.view), box


def _canvas(case: Case, config: ImageConfig) -> Canvas:
    """Reads one row.

    Raises:
        UnreadableError: the row cannot be used.
    """
    picture = read_image(case.image)
    if config.roi == "lesion":
        found, box = _lesion_canvas(case, picture, config)
        window = window_of(box, config.size, config.margin)
    else:
        whole = _whole_box(picture)
        pixels, diameter = extract_canvas(picture.pixels, whole, config.size, margin=0.0, context=config.context)
        window = window_of(whole, config.size, 0.0)
        to_source = canvas_to_source(window, pixels.shape[1:])
        found = Canvas(pixels, picture.unit, diameter, to_source, case.view)
    if not config.masks:
        return found
    return replace(found, mask=mask_canvas(case, picture.pixels.shape[1:], window, found.pixels.shape[1:], config.size))


def _side_in_pixels(film: Mammogram, box: Box) -> str:
    """The side of the chest wall by a film's pixels, "" where the picture is no more than the region."""
    whole = _whole_box(film)
    if box[2] >= 0.98 * whole[2] and box[3] >= 0.98 * whole[3]:
        return ""
    try:
        return find_breast(film.pixels[0]).chest_wall
    except UnreadableError:  # a part of a film without air: its patches are as good, tags must say the side
        return ""


def _film_canvas(case: Case, config: ImageConfig, mammogram: MammogramConfig) -> Canvas:
    """Reads one row by the mammogram door.

    Raises:
        UnreadableError: the row cannot be used, or is set aside.
    """
    film = read_mammogram(case.image, Said(case.view, case.laterality), window=mammogram.window)
    if mammogram.views and film.view not in mammogram.views:
        cure = "add it to image.mammogram.views, or fill in the column view"
        raise UnreadableError(f"set aside: view {film.view or 'unknown'} is not asked for", cure)
    if config.roi == "lesion":
        patch, box = _lesion_canvas(case, film, config)
        side, notes = chest_wall(_side_in_pixels(film, box), film.orientation, film.laterality)
        turned = (patch.pixels, patch.to_source) if side == "left" else flip_canvas(patch.pixels, patch.to_source)
        return Canvas(turned[0], film.unit, patch.diameter, turned[1], film.view, notes + darkness(film.pixels))
    breast = find_breast(film.pixels[0])
    side, notes = chest_wall(breast.chest_wall, film.orientation, film.laterality)
    pixels, diameter, to_source = film_canvas(
        film.pixels, breast, config.size, flip=side == "right", context=config.context
    )
    return Canvas(pixels, film.unit, diameter, to_source, film.view, notes + darkness(film.pixels))


def _try(case: Case, config: ImageConfig) -> Canvas | Failure:
    try:
        return _canvas(case, config) if config.mammogram is None else _film_canvas(case, config, config.mammogram)
    except UnreadableError as error:
        return Failure(case.row, case.image, error.reason, error.cure, error.here)
    except MemoryError:
        return Failure(case.row, case.image, "too large for this machine's memory", "shrink the picture", here=True)


def read_canvases(
    cases: Sequence[Case], config: ImageConfig, processes: int = 2, progress: Progress | None = None
) -> list[Canvas | Failure]:
    """Reads rows at once, in their order; what cannot be used comes back as a Failure.

    Threads: decoding and resampling release the interpreter's lock, and threads need no guarded main module
    and no start-up time.
    """
    with ThreadPoolExecutor(max(1, processes)) as pool:
        futures = [pool.submit(_try, case, config) for case in cases]
        if progress is not None:
            for done, _ in enumerate(as_completed(futures), start=1):
                progress(done, len(futures))
        return [future.result() for future in futures]
