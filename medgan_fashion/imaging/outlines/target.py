"""Which picture an outline is drawn on: by the UID that it names, else by its place in the patient."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medgan_fashion.imaging.cases.found import Found, Region
from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.imaging.read.readers import picture_shape
from medgan_fashion.imaging.read.roi import crop_mask

Pair = tuple[Found, Region]


def absent() -> UnreadableError:
    """The images are not there."""
    return UnreadableError("it refers to images that are not in the folder: add them, or take it away", "add them")


@dataclass(frozen=True)
class OutlineFile:
    """What one file of outlines holds.

    Args:
        pairs: picture and lesion of every outline; the region's label is its name.
        reasons: why parts of it, or all, are not used.
    """

    pairs: list[Pair]
    reasons: list[str]


class Canvases:
    """Masks (H, W) that grow while a file is read, by picture and name of what is drawn."""

    def __init__(self) -> None:
        self._masks: dict[tuple[str, str], tuple[Found, str, NDArray[np.bool_]]] = {}

    def of(self, found: Found, key: str, label: str) -> NDArray[np.bool_]:
        """The mask of a picture for one key (a segment's or region's number), to be drawn on."""
        shape = shape_of(found)
        return self._masks.setdefault((found.name, key), (found, label, np.zeros(shape, dtype=np.bool_)))[2]

    def finish(self, reasons: list[str], empty: str) -> OutlineFile:
        """All that was drawn; what stayed empty is a reason."""
        pairs: list[Pair] = []
        for (_, key), (found, label, mask) in self._masks.items():
            if mask.any():
                pairs.append((found, Region({}, key, label, inside=crop_mask(mask))))
            else:
                reasons = [*reasons, empty]
        return OutlineFile(pairs, list(dict.fromkeys(reasons)))


def shape_of(found: Found) -> tuple[int, int]:
    """(H, W) of a picture."""
    return found.plane.shape if found.plane else picture_shape(found.path)


def by_uid(pictures: Sequence[Found], uid: str) -> Found:
    """The picture with a SOP Instance UID.

    Raises:
        UnreadableError: none has it, or several have.
    """
    files = [found for found in pictures if found.uids and found.uids[0] == uid]
    if not files:
        raise absent()
    if len(files) > 1:
        raise UnreadableError("several files of the folder are the image it refers to: keep one", "keep one")
    return files[0]


def in_plane(pictures: Sequence[Found], points: ArrayLike, series: set[str], frame: str) -> Found:
    """The slice in which points (N, 3) in mm lie.

    Args:
        pictures: of the folder.
        points: in the patient's coordinates.
        series: Series Instance UIDs that the file refers to; empty where it says none.
        frame: its Frame of Reference UID; without series, only slices told in the same frame come into question.

    Raises:
        UnreadableError: no slice, or several.
    """
    files = [f for f in pictures if f.plane and (f.uids[1] in series if series else frame and f.frame == frame)]
    files = [f for f in files if f.plane and f.plane.holds(points)]
    if not files:
        raise absent()
    if len(files) > 1:
        reason = "several slices of the folder lie where it is drawn: keep one series of them"
        raise UnreadableError(reason, "keep one series")
    return files[0]


def check_size(found: Found, shape: tuple[int, ...]) -> None:
    """Refuses a mask of another size than its picture.

    Raises:
        UnreadableError: it is one.
    """
    here = shape_of(found)
    if tuple(shape) != here:
        sizes = f"its mask has {shape[0]}x{shape[1]} pixels and the picture {here[0]}x{here[1]}"
        raise UnreadableError(f"{sizes}: draw it on this very picture", "draw it on this very picture")


def numbered(file: OutlineFile, count: int, name: str) -> OutlineFile:
    """Lesions told apart from those of other files by the file's number, and the file's name as their source."""
    pairs = [(f, replace(r, lesion=f"{count}.{r.lesion}", source=name)) for f, r in file.pairs]
    return OutlineFile(pairs, file.reasons)
