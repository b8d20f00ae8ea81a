"""Finds out which column of a label table holds what: by the flags, else by contents, else by the usual names."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from medgan_fashion.imaging.cases.found import Found
from medgan_fashion.imaging.discover.label_keys import KeyIndex, at_place, key_index
from medgan_fashion.imaging.discover.label_names import (
    AXIS,
    LABELS,
    LESIONS,
    PATIENTS,
    POSITIONS,
    READERS,
    named_column,
    plain,
    several,
)

Rows = Sequence[dict[str, str]]
_SAMPLE = 200  # so many rows tell what a column is


@dataclass(frozen=True)
class LabelColumns:
    """Which column of a label table holds what; None where it shall be found.

    Args:
        uid: SOP instance, series or study UID, Accession Number, or file name.
        label: class name.
        z: ImagePositionPatient z in mm, needed where a key names several slices.
        polygon: (xs, ys), JSON lists of an outline's pixel positions.
        lesion: lesion ID.
        instance: Instance Number, in place of z.
        reader: who drew the outline.
        patient: patient, used where the file does not say one.
    """

    uid: str | None = None
    label: str | None = None
    z: str | None = None
    polygon: tuple[str, str] | None = None
    lesion: str | None = None
    instance: str | None = None
    reader: str | None = None
    patient: str | None = None

    def check_unused(self, what: str) -> None:
        """Raises ValueError where columns are named that only a table joined on keys has."""
        if any((self.uid, self.z, self.polygon, self.lesion, self.instance, self.reader)):
            raise ValueError(f"{what} is read as it comes: leave out the columns of uid, z, polygon, lesion and reader")

    def check(self, header: Sequence[str], name: str) -> None:
        """Raises ValueError where the table lacks a column that was named."""
        for column in (self.uid, self.label, self.z, self.lesion, self.instance, self.reader, *(self.polygon or ())):
            if column is not None and column not in header:
                raise ValueError(f"{name} lacks the column {column!r}: name one of {', '.join(header)}")

    def lines(self, name: str, kind: str) -> tuple[str, ...]:
        """What was taken for what, in one line."""
        parts = [(kind, self.uid), ("z in mm", self.z), ("Instance Number", self.instance)]
        parts += [("label", self.label), ("lesion", self.lesion), ("reader", self.reader)]
        said = [f"{what} in {column!r}" for what, column in parts if column]
        said += [f"outline in {self.polygon[0]!r} and {self.polygon[1]!r}"] if self.polygon else []
        return (f"{name}: {', '.join(said)}",)


def _label(header: Sequence[str], name: str, needed: bool) -> str | None:
    if "label" in header:
        return "label"
    found = named_column(header, LABELS, name, "the label", "--label-column")
    if found is None and needed:
        raise ValueError(f"{name} lacks the column 'label': name one by --label-column, {', '.join(header)}")
    return found


def _names_files(column: str, rows: Rows, index: KeyIndex, asked: str | None) -> bool:
    """True for a column some of whose cells are keys; mere numbers are file names in columns so called only."""
    hits = [row[column] for row in rows if index.find(row[column])]
    by_chance = index.kind == "file name" and all(cell.isdigit() for cell in hits) and plain(column) not in index.usual
    return bool(hits) and (column == asked or not (asked or by_chance))


def _key(header: Sequence[str], rows: Rows, files: Sequence[Found], asked: str | None, name: str) -> KeyIndex:
    """The column that names files, with the most specific kind of key that any of them holds.

    Raises:
        ValueError: no column names a file, or several do alike.
    """
    for index in key_index(files):
        columns = [column for column in header if _names_files(column, rows, index, asked)]
        named = [c for c in columns if plain(c) in index.usual]
        if len(columns) > 1 and len(named) != 1:
            raise several(name, columns, f"the {index.kind}", "--uid-column")
        if columns:
            return index.of_column((named if len(columns) > 1 else columns)[0])
    if asked:
        return KeyIndex("UID", (), {}, {}, asked)
    cure = "check that both belong together, or name the column by --uid-column"
    raise ValueError(f"no column of {name} holds UIDs, Accession Numbers or names of the folder's files: {cure}")


def _position(header: Sequence[str], rows: Rows, key: KeyIndex, name: str) -> tuple[str, str] | None:
    """(z or instance, column) that tells slices with one key apart, None where nothing needs or can do that.

    Raises:
        ValueError: several columns would do.
    """
    many = [(row, files) for row in rows if len(files := key.find(row[key.column])) > 1]
    many = many[:: 1 + len(many) // _SAMPLE]
    hits = {}
    for column in header:
        for what in POSITIONS:
            # slices, not rows: a column of grades hits the same few slices again and again
            slices = {found.name for row, files in many for found in at_place(files, what, row[column])}
            if slices and column != key.column:
                hits[(what, column)] = len(slices)
    best = [place for place, count in hits.items() if 2 * count >= max(hits.values())]
    named = [(what, column) for what, column in best if plain(column) in POSITIONS[what]]
    # positions in mm hardly fit by chance, small whole numbers do
    mm = [column for what, column in best if what == "z" and ("instance", column) not in best]
    for choice in (best, [p for p in named if p[0] == "z"], [("z", column) for column in mm], named):
        if len(choice) == 1:
            return choice[0]
    if best:
        columns = tuple(dict.fromkeys(column for _, column in best))
        raise several(name, columns, "the slice", "--z-column (mm) or --instance-column (Instance Number)")
    return None


def _is_list(cell: str) -> bool:
    try:
        values = json.loads(cell) if cell.startswith("[") else None
    except ValueError:
        return False
    return isinstance(values, list) and len(values) > 0 and all(isinstance(v, int | float) for v in values)


def _polygon(header: Sequence[str], rows: Rows, name: str) -> tuple[str, str] | None:
    """The columns with the x and y of outlines: the two that mostly hold lists of numbers.

    Raises:
        ValueError: more than two, or names that do not say which is x.
    """
    lists = [c for c in header if 2 * sum(_is_list(row[c]) for row in rows) > len(rows)]
    if len(lists) < 2:
        return None
    axes: list[Callable[[str], bool]] = [
        lambda c, axis=axis: re.search(AXIS.format(axis), c.lower()) is not None for axis in "xy"
    ]
    x, y = ([c for c in lists if is_axis(c)] for is_axis in axes)
    if len(lists) > 2 or len(x) != 1 or len(y) != 1 or x == y:
        raise several(name, lists, "the outline's x and y", "--polygon-columns X,Y")
    return x[0], y[0]


def find_columns(
    header: Sequence[str], rows: Rows, files: Sequence[Found], asked: LabelColumns, name: str, *, label_needed: bool
) -> tuple[LabelColumns, KeyIndex]:
    """Completes the columns that were asked for.

    Returns:
        The columns, with None where there is none, and the files by what stands in the key's column.

    Raises:
        ValueError: a named column is missing, the key or the label is not found, or several columns would do.
    """
    asked.check(header, name)
    key = _key(header, rows, files, asked.uid, name)
    place = None if asked.z or asked.instance else _position(header, rows, key, name)
    columns = LabelColumns(
        key.column,
        asked.label or _label(header, name, label_needed),
        asked.z or (place[1] if place and place[0] == "z" else None),
        asked.polygon or _polygon(header, rows, name),
        asked.lesion or named_column(header, LESIONS, name, "the lesion", "--lesion-column"),
        asked.instance or (place[1] if place and place[0] == "instance" else None),
        asked.reader or named_column(header, READERS, name, "the reader", "--reader-column"),
        named_column(header, PATIENTS, name, "the patient", "renaming the others"),
    )
    return columns, key
