"""The mammogram door: one film of any supported format, as it is meant to be seen, with its view and side."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.imaging.mammograms.presentation import present, present_grey
from medgan_fashion.imaging.mammograms.tags import FilmTags, Said, check_said, film_tags, words
from medgan_fashion.imaging.read.dicom import check_kind, read_header, spacing, stored_values
from medgan_fashion.imaging.read.dicom_guard import guarded
from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.imaging.read.readers import is_dicom, read_image

# a film of the left breast, hung as usual, has its chest wall on the picture's left (A to the right)
_USUAL = {"L": "left", "R": "right"}
_BREAST = {"L": "left", "R": "right"}
_DARK = 1 / 8  # of the presentation range; 12-bit values that are declared to have 16 bits reach 1/16


@dataclass(frozen=True)
class Mammogram:
    """A film.

    Args:
        pixels: float32 (1, H, W) in [0, 1], large = bright, the share of the presentation range.
        unit: "for presentation", "for processing", or "grey" for what is no DICOM.
        spacing_mm: (between rows, between columns) in millimetres, or None where unknown.
        view: "CC", "MLO", ... (mammogram_tags.VIEWS), "" where unknown.
        laterality: "L", "R", or "" where unknown.
        orientation: the side of the chest wall by Patient Orientation, "left", "right", or "" where it is silent.
    """

    pixels: NDArray[np.float32]
    unit: str
    spacing_mm: tuple[float, float] | None
    view: str
    laterality: str
    orientation: str = ""


def chest_wall(seen: str, orientation: str, laterality: str) -> tuple[str, tuple[str, ...]]:
    """The side of the chest wall, and what is worth telling the user about it.

    Pixels decide; where they are silent Patient Orientation, then the usual hanging of that breast.

    Args:
        seen: "left" or "right" by the pixels, "" where they do not say.
        orientation: the same by Patient Orientation.
        laterality: "L", "R" or "".
    """
    usual = _USUAL.get(laterality, "")
    side = seen or orientation or usual
    if not side:
        return "left", ("the side of the chest wall is unknown, so the picture is not flipped: fill in laterality",)
    notes = []
    if orientation and orientation != side:
        notes.append(f"the chest wall lies on the {side}, Patient Orientation (0020,0020) puts it on the {orientation}")
    if usual and usual != side:
        whose = _BREAST[laterality]
        notes.append(f"the chest wall lies on the {side}, unusual for a {whose} breast: a wrong side, or mirrored")
    return side, tuple(notes)


def darkness(pixels: NDArray[np.float32]) -> tuple[str, ...]:
    """What is worth telling of a film that uses only the dark end of its presentation range; it is not stretched,
    because nothing says by how much."""
    if pixels.max() >= _DARK:
        return ()
    cure = "correct LUT Descriptor (0028,3002) or Bits Stored (0028,0101), or save a PNG's values as shares of 65535"
    return (f"all of it lies in the darkest eighth of its range, as if fewer bits were used than declared: {cure}",)


def _orientation(rows: list[str]) -> str:
    """Patient Orientation's first value is where a row's end points: anterior there puts the chest wall left."""
    first = rows[0] if len(rows) == 2 else ""
    return "left" if "A" in first and "P" not in first else "right" if "P" in first and "A" not in first else ""


def _read_dicom(path: Path, say: Said, window: int) -> Mammogram:
    dataset = read_header(path, pixels=True)
    check_kind(dataset)
    tags = film_tags(dataset, say)
    if tags.aside:
        raise UnreadableError(f"set aside: {tags.aside}", "nothing to cure, other films of the breast are used")
    pixels = present(dataset, stored_values(dataset), index=window, processing=tags.kind == "processing")
    orientation = _orientation(words(dataset, "PatientOrientation"))
    return Mammogram(
        pixels[None], f"for {tags.kind}", spacing(dataset), tags.view, tags.laterality, orientation=orientation
    )


def _read_grey(path: Path, say: Said) -> Mammogram:
    said, picture = check_said(say), read_image(path)
    tags = FilmTags(said.view, said.laterality, "presentation")
    return Mammogram(present_grey(picture)[None], "grey", picture.spacing_mm, tags.view, tags.laterality)


def read_mammogram(path: Path, say: Said, *, window: int = 0) -> Mammogram:
    """Reads one film.

    Args:
        path: DICOM, or a grey picture of 8 or 16 bit.
        say: what the case table says of it; it wins over tags.
        window: which of several windows or VOI LUTs, counted from 0.

    Raises:
        UnreadableError: it cannot be used, or is set aside (spot, magnification, implant, ...); says tag and cure.
    """
    if not is_dicom(path):
        return _read_grey(path, say)
    with guarded():
        film = _read_dicom(path, say, window)
    if not np.isfinite(film.pixels).all():
        raise UnreadableError("not all pixels are finite numbers", "export the film again, or remove the row")
    if film.pixels.min() == film.pixels.max():
        raise UnreadableError("all pixels are equal", "fetch the picture again, or remove the row")
    return film
