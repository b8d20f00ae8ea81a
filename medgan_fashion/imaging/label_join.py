"""Joins a CSV of labels to DICOM files by their UIDs, with outlines as polygons."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from medgan_fashion.imaging.case_sources import Found, Joined, Region, number
from medgan_fashion.imaging.case_table import BOX
from medgan_fashion.imaging.csv_rows import read_rows
from medgan_fashion.imaging.pictures import UnreadableError

_Z_TOLERANCE = 0.05  # mm: tables round positions, neighbouring slices lie further apart


@dataclass(frozen=True)
class LabelColumns:
    """Which column of a label CSV holds what.

    Args:
        uid: SOP instance, series or study UID; None for "uid".
        label: class name; None for "label", or what a public set calls it.
        z: ImagePositionPatient z in mm, needed where the UID is that of a series.
        polygon: (xs, ys), JSON lists of an outline's pixel positions.
        lesion: lesion ID.
    """

    uid: str | None = None
    label: str | None = None
    z: str | None = None
    polygon: tuple[str, str] | None = None
    lesion: str | None = None

    @property
    def uid_name(self) -> str:
        """The column with the UID."""
        return self.uid or "uid"

    @property
    def label_name(self) -> str:
        """The column with the class."""
        return self.label or "label"

    def check_unused(self, what: str) -> None:
        """Raises ValueError where columns are named that only a CSV joined on UIDs has."""
        if any((self.uid, self.z, self.polygon, self.lesion)):
            raise ValueError(f"{what} is read as it comes: leave out the columns of uid, z, polygon and lesion")

    def check(self, header: Sequence[str], name: str) -> None:
        """Raises ValueError where the CSV lacks one of the columns."""
        for column in (self.uid_name, self.label_name, self.z, self.lesion, *(self.polygon or ())):
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
    files = index.get(fields[columns.uid_name], [])
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
    if not fields[columns.label_name]:
        raise UnreadableError("it has no label", "fill it in")
    place: dict[str, str] = {}
    if columns.polygon is not None:
        place = polygon_box(fields[columns.polygon[0]], fields[columns.polygon[1]])
    elif all(fields.get(column) for column in BOX):
        place = {column: fields[column] for column in BOX}
    return Region(place, fields[columns.lesion] if columns.lesion else "", fields[columns.label_name])


def join_labels(table: Path, columns: LabelColumns, files: Sequence[Found]) -> Joined:
    """Lays the rows of a label CSV on DICOM files.

    Raises:
        ValueError: the CSV cannot be read or lacks a column.
    """
    header, rows = read_rows(table)
    columns.check(header, table.name)
    index: dict[str, list[Found]] = {}
    for found in files:
        for uid in found.uids:
            index.setdefault(uid, []).append(found)
    joined = Joined([], [])
    for count, fields in enumerate(rows, start=1):
        try:
            found, region = _match(fields, columns, index), _region(fields, columns)
        except UnreadableError as error:
            joined.rows.append((count, error.reason))
            continue
        joined.pairs.append((replace(found, label=region.label), region))
    return joined
