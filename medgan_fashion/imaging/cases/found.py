"""What is found at the door: pictures with what is known of them, and regions of lesions in them."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from medgan_fashion.imaging.read.planes import Plane
from medgan_fashion.imaging.read.readers import is_dicom
from medgan_fashion.imaging.read.roi import MaskCrop

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".pgm", ".bmp", ".npy", ".dcm", ".dicom", ".ima")


@dataclass(frozen=True)
class Found:
    """A picture in a folder and what is known about it; "" where nothing is.

    Args:
        path: the file.
        name: its path relative to the folder, with forward slashes.
        uids: SOP instance, series and study UID of a DICOM file, "" for a missing one.
        z: ImagePositionPatient z in mm of a DICOM file.
        study: Study Instance UID of a DICOM file.
        modality, accession, instance, frame: of a DICOM file; Accession Number and Instance Number, and the Frame of
            Reference UID in which its position is told.
        plane: where a DICOM slice lies in the patient.
        aside: why a mammogram is not among the films that are wanted.
    """

    path: Path
    name: str
    label: str = ""
    patient: str = ""
    lesion: str = ""
    slice: str = ""
    laterality: str = ""
    view: str = ""
    uids: tuple[str, ...] = ()
    z: float | None = None
    study: str = ""
    modality: str = ""
    accession: str = ""
    instance: int | None = None
    frame: str = ""
    plane: Plane | None = None
    aside: str = ""


@dataclass(frozen=True)
class Region:
    """One lesion in a picture.

    Args:
        columns: the columns of the case table that say where it is.
        lesion: its ID.
        label: its class, "" where unknown.
        numbered: the ID only counts the lesions of this picture.
        inside: its mask, where it is not a file yet.
        reader: who drew it, "" where unknown.
        row: the row of the label table that it comes from, 0 for none.
        source: the file of outlines that it comes from, "" for none.
    """

    columns: dict[str, str]
    lesion: str = ""
    label: str = ""
    numbered: bool = False
    inside: MaskCrop | None = None
    reader: str = ""
    row: int = 0
    source: str = ""


@dataclass(frozen=True)
class Joined:
    """What a table of labels and the pictures of a folder have in common, and what they have not.

    Args:
        pairs: (picture with its label, region) of every row that found its picture.
        rows: (number, reason) of the other rows, 1 = the first.
        files: (relative name, reason) of pictures that rows speak of, though none is used.
        said: what was taken for what, for the user.
    """

    pairs: list[tuple[Found, Region]]
    rows: list[tuple[int, str]]
    files: list[tuple[str, str]] = field(default_factory=list)
    said: tuple[str, ...] = ()


def natural(text: str) -> list[tuple[int, str]]:
    """Sort key under which "x (2)" comes before "x (10)"."""
    return [(int(p), "") if p.isdigit() else (-1, p) for p in re.split(r"(\d+)", text) if p]


def number(value: float) -> str:
    """A coordinate as short text, to a hundredth of a pixel."""
    return f"{round(value, 2):.2f}".rstrip("0").rstrip(".")


def is_picture(path: Path) -> bool:
    """By suffix, or by the DICOM mark for files without one."""
    return path.suffix.lower() in SUFFIXES or (path.suffix.lower() not in (".txt", ".csv") and is_dicom(path))
