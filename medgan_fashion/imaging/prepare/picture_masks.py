"""Masks for segmentation: all lesions of a picture on one canvas, and one row for each whole picture."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.imaging.cases.table import Case
from medgan_fashion.imaging.prepare.imageset import centre
from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.imaging.read.readers import mask_labels, read_mask
from medgan_fashion.imaging.read.roi import Window, cut

Picture = tuple[Path, str]  # the file, and the slice where the table counts slices


def _picture(case: Case) -> Picture:
    return case.image, case.slice


def with_all_masks(cases: Sequence[Case]) -> list[Case]:
    """The cases, each with the masks of every row of its picture: a second lesion in the crop is no background. None
    where a row of the picture has no mask: nobody can say where its lesion lies."""
    masks: dict[Picture, list[Path | None]] = {}
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
    first: dict[Picture, Case] = {}
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
