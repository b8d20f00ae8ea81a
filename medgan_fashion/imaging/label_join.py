"""Joins a CSV of labels to DICOM files by their UIDs, with outlines as polygons."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from medgan_fashion.imaging.case_sources import Found, Region, number
from medgan_fashion.imaging.case_table import BOX
from medgan_fashion.imaging.csv_rows import read_rows
from medgan_fashion.imaging.pictures import UnreadableError

_Z_TOLERANCE = 0.05  # mm: tables round positions, neighbouring slices lie further apart


@dataclass(frozen=True)
class LabelColumns:
    """Which column of a label CSV holds what.

    Args:
        uid: SOP instance, series or study UID.
        label: class name.
        z: ImagePositionPatient z in mm, needed where the UID is that of a series.
        polygon: (xs, ys), JSON lists of an outline's pixel positions.
        lesion: lesion ID.
    """

    uid: str = "uid"
    label: str = "label"
    z: str | None = None
    polygon: tuple[str, str] | None = None
    lesion: str | None = None

    def check(self, header: Sequence[str], name: str) -> None:
        """Raises ValueError where the CSV lacks one of the columns."""
        for column in (self.uid, self.label, self.z, self.lesion, *(self.polygon or ())):
            if column is not None and column not in header:
                raise ValueError(f"{name} lacks the column {column!r}: name one of {', '.join(header)}")


def polygon_box(xs: str, ys: str) -> dict[str, str]:
    """The box of an outline: x, y, width, height in pixels, whole outline pixels included.

    Raises:
        UnreadableError: no two JSON lists of equal length.
    """
    try:
        x, y = [float(v) for v in json.loads(xs)], [float(v) for v in json.loads(ys)]
    except (ValueError, TypeError):
        raise UnreadableError("its outline is not two JSON lists of numbers", "correct the CSV") from None
    if not x or len(x) != len(y):
        raise UnreadableError("its outline has unequal or empty lists", "correct the CSV")
    box = (min(x), min(y), max(x) - min(x) + 1, max(y) - min(y) + 1)
    return dict(zip(BOX, map(number, box), strict=True))


def _match(fields: dict[str, str], columns: LabelColumns, index: dict[str, list[Found]]) -> Found:
    """The one file a row speaks of.

    Raises:
        UnreadableError: none, or several.
    """
    files = index.get(fields[columns.uid], [])
    if not files:
        raise UnreadableError("no file has its UID", "check uid_column and the folder")
    if columns.z is not None:
        try:
            z = float(fields[columns.z])
        except ValueError:
            raise UnreadableError("its z is not a number", "correct the CSV") from None
        files = [f for f in files if f.z is not None and abs(f.z - z) <= _Z_TOLERANCE]
        if not files:
            raise UnreadableError("no slice of the series lies at its z", "add the slice or drop the row")
    if len(files) > 1:
        raise UnreadableError("several files have its UID", "name a z_column, or use SOP instance UIDs")
    return files[0]


def _region(fields: dict[str, str], columns: LabelColumns) -> Region:
    if not fields[columns.label]:
        raise UnreadableError("it has no label", "fill it in")
    place: dict[str, str] = {}
    if columns.polygon is not None:
        place = polygon_box(fields[columns.polygon[0]], fields[columns.polygon[1]])
    elif all(fields.get(column) for column in BOX):
        place = {column: fields[column] for column in BOX}
    return Region(place, fields[columns.lesion] if columns.lesion else "", fields[columns.label])


def join_labels(
    table: Path, columns: LabelColumns, files: Sequence[Found]
) -> tuple[list[tuple[Found, Region]], list[tuple[int, str]]]:
    """Lays the rows of a label CSV on DICOM files.

    Returns:
        (file with its label, region) of every row that found its file, and (row number, reason) of the
        others.

    Raises:
        ValueError: the CSV cannot be read or lacks a column.
    """
    header, rows = read_rows(table)
    columns.check(header, table.name)
    index: dict[str, list[Found]] = {}
    for found in files:
        for uid in found.uids:
            index.setdefault(uid, []).append(found)
    joined, left = [], []
    for count, fields in enumerate(rows, start=1):
        try:
            found, region = _match(fields, columns, index), _region(fields, columns)
        except UnreadableError as error:
            left.append((count, error.reason))
            continue
        joined.append((replace(found, label=region.label), region))
    return joined, left
