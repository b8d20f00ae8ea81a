"""The case tables of CBIS-DDSM: films, lesions' masks and crops, found by folder names rather than file names."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.imaging.cases.found import Found, Joined, Region, number
from medgan_fashion.imaging.cases.table import BOX
from medgan_fashion.imaging.discover.film_archive import Level, by_severity
from medgan_fashion.imaging.discover.writer import relative_to_table
from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.imaging.read.readers import picture_shape, read_image

_FILM, _CROP, _MASK = "image file path", "cropped image file path", "ROI mask file path"
_NEEDED = ("patient_id", "left or right breast", "image view", "abnormality id", "pathology", _FILM, _CROP, _MASK)
_PATHOLOGY = {"BENIGN": "benign", "BENIGN_WITHOUT_CALLBACK": "benign", "MALIGNANT": "malignant"}
_SIDES = {"LEFT": "L", "RIGHT": "R"}
_Rows = Sequence[dict[str, str]]


@dataclass(frozen=True)
class _Files:
    """The local pictures of a row: those in the film's folder and those in the lesion's folder."""

    film: tuple[Found, ...]
    lesion: tuple[Found, ...]


def is_cbis_ddsm(header: Iterable[str]) -> bool:
    """True for the columns of a CBIS-DDSM case table."""
    return set(_NEEDED) <= set(header)


def two_valued(pixels: NDArray[np.float32]) -> bool:
    """True for a mask (H, W), also one that was compressed: nearly all pixels lie at the ends of the range."""
    low, high = float(pixels.min()), float(pixels.max())
    edge = 0.05 * (high - low)
    return float(np.mean((pixels <= low + edge) | (pixels >= high - edge))) >= 0.99


def _names(path: str) -> tuple[str, ...]:
    """The names of a path field that local folders may bear: its first folder, and the series UID (the last)."""
    parts = [part.strip() for part in path.split("/")]
    return tuple(dict.fromkeys(part for part in (parts[0], parts[-2] if len(parts) > 2 else "") if part))


def _owner(found: Found, known: dict[str, str]) -> str | None:
    """The first folder of the path field that speaks of a picture: by its folders, name, or PatientID."""
    names = (found.path.stem, *reversed(found.path.absolute().parts[:-1]), found.patient)
    return next((known[name] for name in names if name in known), None)


def _local_files(rows: _Rows, pictures: Sequence[Found]) -> list[_Files]:
    """For each row the pictures that lie in its film's and its lesion's folders."""
    paths = [path for fields in rows for path in (fields[_FILM], fields[_CROP], fields[_MASK])]
    known = {name: _names(path)[0] for path in paths for name in _names(path)}
    index: dict[str, list[Found]] = {}
    for found in pictures:
        if (owner := _owner(found, known)) is not None:
            index.setdefault(owner, []).append(found)

    def lying_at(fields: dict[str, str], *columns: str) -> tuple[Found, ...]:
        owners = dict.fromkeys(name for column in columns for name in _names(fields[column])[:1])
        return tuple(found for owner in owners for found in index.get(owner, []))

    return [_Files(lying_at(fields, _FILM), lying_at(fields, _CROP, _MASK)) for fields in rows]


def _only_crop(files: Sequence[Found]) -> Found:
    """The one picture that is no mask.

    Raises:
        UnreadableError: none is, or several, or it cannot be read.
    """
    wrong = UnreadableError("neither a crop nor a film with a mask of its size is in the folder", "fetch them")
    crops = []
    for found in files:
        try:
            crops += [] if two_valued(read_image(found.path).pixels[0]) else [found]
        except UnreadableError as error:
            wrong = error
    if not crops:
        raise wrong
    if len(crops) > 1:
        raise UnreadableError("several crops lie in its folder", "keep one of them")
    return crops[0]


def _lesion(files: _Files, out: Path) -> tuple[Found, Region]:
    """The film with the lesion's mask where both are there, else the crop with the whole of it as its box.

    A mask has the size of its film. Names do not tell mask and crop apart, they are swapped in many folders.

    Raises:
        UnreadableError: neither is there, or there are several.
    """
    if len(files.film) > 1:
        raise UnreadableError("several pictures lie in its film's folder", "keep one of them")
    film = files.film[0] if files.film else None
    shape = picture_shape(film.path) if film else None
    masks = [found for found in files.lesion if picture_shape(found.path) == shape]
    if film and len(masks) == 1:
        return film, Region({"mask": relative_to_table(masks[0].path, out)})
    crop = _only_crop([found for found in files.lesion if found not in masks])
    height, width = picture_shape(crop.path)
    return crop, Region(dict(zip(BOX, map(number, (0, 0, width, height)), strict=True)))


def _whole(files: _Files) -> tuple[Found, Region]:
    """The whole film.

    Raises:
        UnreadableError: it is not there, or several are.
    """
    if len(files.film) > 1:
        raise UnreadableError("several pictures lie in its film's folder", "keep one of them")
    if len(files.film) < 1:
        raise UnreadableError("its full mammogram is not in the folder", "fetch it, or use --level lesion")
    return files.film[0], Region({})


def _labels(rows: _Rows, column: str) -> list[str]:
    """The class of each row: benign or malignant, or the text of another column; "" where there is none."""
    return [_PATHOLOGY.get(f[column].upper(), "") if column == "pathology" else f[column] for f in rows]


def _lesions(rows: _Rows, labels: Sequence[str]) -> list[str]:
    """Side and abnormality ID; with the view where numbers of two views mean lesions of two classes."""
    ids = [f"{_SIDES.get(f['left or right breast'].upper(), '')}{f['abnormality id']}" for f in rows]
    classes: dict[tuple[str, str], set[str]] = {}
    for fields, lesion, label in zip(rows, ids, labels, strict=True):
        classes.setdefault((fields["patient_id"], lesion), set()).add(label)
    return [
        f"{lesion} {fields['image view']}" if len(classes[fields["patient_id"], lesion]) > 1 else lesion
        for fields, lesion in zip(rows, ids, strict=True)
    ]


def _pair(fields: dict[str, str], files: _Files, label: str, lesion: str, out: Path | None) -> tuple[Found, Region]:
    """What a row becomes: its lesion, or, where `out` is None, its whole film.

    Raises:
        UnreadableError: no class, or no picture.
    """
    if not (files.film or files.lesion):
        raise UnreadableError("no picture lies under its folder names", "fetch it")
    if not label:
        raise UnreadableError("its class is empty or unknown", "correct it")
    found, region = _whole(files) if out is None else _lesion(files, out)
    side, view = _SIDES.get(fields["left or right breast"].upper(), ""), fields["image view"].upper()
    known = replace(found, label=label, patient=fields["patient_id"], lesion=lesion, study="")
    return replace(known, laterality=side, view=view), region


def join_cbis_ddsm(rows: _Rows, pictures: Sequence[Found], out: Path, level: Level, column: str | None) -> Joined:
    """Lays the rows of a CBIS-DDSM case table on local pictures, wherever and under whatever name they lie.

    Args:
        rows: of the case table; it may speak of more films than are there.
        pictures: the pictures of the folder.
        out: the case table to be written; masks are named relative to it.
        level: lesion, or film for full mammograms alone.
        column: the column with the class; None for pathology.

    Returns:
        Pairs in order of severity, one per row; the lesion is side and abnormality ID.

    Raises:
        ValueError: no such column.
    """
    column = column or "pathology"
    if column not in rows[0]:
        raise ValueError(f"the case table has no label column {column!r}: name one of {', '.join(rows[0])}")
    labels, joined, places = _labels(rows, column), Joined([], []), set()
    names, local = _lesions(rows, labels), _local_files(rows, pictures)
    for n, (fields, files) in enumerate(zip(rows, local, strict=True)):
        reason = "the row uses another picture"
        try:
            pair = _pair(fields, files, labels[n], names[n], out if level == "lesion" else None)
            place = (pair[0].name, names[n], pair[1].columns.get("mask"))
            if level == "lesion" and place in places:
                raise UnreadableError("it repeats another row", "remove one")
            places.add(place)
            joined.pairs.append(pair)
        except UnreadableError as error:
            reason = error.reason
            joined.rows.append((n + 1, reason))
        joined.files.extend((found.name, reason) for found in (*files.film, *files.lesion))
    return replace(joined, pairs=by_severity(joined.pairs))
