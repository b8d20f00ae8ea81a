"""Joins a table of labels to files: which column is what, which file a row means, and the outlines it holds."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from medgan_fashion.base.sheets import read_rows
from medgan_fashion.imaging.cases.found import Found, Joined, Region, number
from medgan_fashion.imaging.cases.table import BOX
from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.imaging.read.readers import picture_shape
from medgan_fashion.imaging.read.roi import polygon_mask, read_polygon

# ---------------------------------------------------------------------------------------------------------------------
# What columns of label tables are usually called, and what is said where several could be meant.


# as they stand without spaces and signs, in small letters
LABELS = (
    *("label", "class", "classname", "diagnosis", "pathology", "malignancy", "finding", "category", "birads"),
    *("assessment", "groundtruth", "target", "severity", "outcome", "histology"),
)
LESIONS = (
    *("lesion", "lesionid", "lesionnumber", "nodule", "noduleid", "nodulenumber", "massid", "findingid"),
    *("abnormalityid", "roi", "roiid", "tumorid", "tumourid", "annotationid"),
)
READERS = (
    *("reader", "readerid", "radiologist", "radiologistid", "annotator", "annotatorid", "rater", "raterid"),
    *("observer", "observerid", "readingsession"),
)
PATIENTS = ("patient", "patientid", "subject", "subjectid")
POSITIONS = {
    "z": ("z", "zslice", "slicez", "zmm", "zposition", "positionz", "imagepositionpatientz", "slicelocation"),
    "instance": ("instance", "instancenumber", "imagenumber", "slicenumber", "slice", "sliceno", "sliceindex"),
}
AXIS = r"(^|[^a-z]){}(s|coords?|coordinates?|points?|pixels?|values?)?($|[^a-z])"


def plain(name: str) -> str:
    """A column's name without spaces and signs, in small letters."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def several(name: str, candidates: Sequence[str], what: str, flag: str) -> ValueError:
    """The error that lists the columns of a table among which the user must choose, and the flag to do it."""
    return ValueError(f"{name} has several columns for {what} ({', '.join(candidates)}): name one by {flag}")


def named_column(header: Sequence[str], names: Sequence[str], name: str, what: str, flag: str) -> str | None:
    """The one column with a usual name, None without one.

    Raises:
        ValueError: several.
    """
    found = [column for column in header if plain(column) in names]
    if len(found) > 1:
        raise several(name, found, what, flag)
    return found[0] if found else None


# ---------------------------------------------------------------------------------------------------------------------
# Keys by which a row of a table names files: UIDs, Accession Numbers, file names, and positions within a series.


_Z_TOLERANCE = 0.05  # mm: tables round positions, neighbouring slices lie further apart


@dataclass(frozen=True)
class KeyIndex:
    """The files of a folder by one kind of key.

    Args:
        kind: its name for the user.
        usual: what a column with it is usually called, without spaces and signs.
        exact: files by the key as it stands.
        loose: files by the key without leading zeros, which spreadsheets drop.
        column: the table's column that holds it.
    """

    kind: str
    usual: tuple[str, ...]
    exact: dict[str, list[Found]]
    loose: dict[str, list[Found]]
    column: str = ""

    def find(self, text: str) -> list[Found]:
        """The files that a cell names."""
        return self.exact.get(text) or self.loose.get(_without_zeros(text), []) if text else []

    def of_column(self, column: str) -> "KeyIndex":
        """The same index, for a column of a table."""
        return replace(self, column=column)


def _without_zeros(text: str) -> str:
    return (text.lstrip("0") or "0") if text.isdigit() else text


def _file_names(found: Found) -> tuple[str, ...]:
    """Relative path, file name, and file name without suffix."""
    return tuple(dict.fromkeys((found.name, found.path.name, found.path.stem)))


_KINDS: tuple[tuple[str, tuple[str, ...], Callable[[Found], tuple[str, ...]]], ...] = (
    ("SOP instance UID", ("sopinstanceuid", "sopuid", "instanceuid", "imageuid", "uid"), lambda f: f.uids[:1]),
    ("series UID", ("seriesinstanceuid", "seriesuid", "instanceuid", "uid"), lambda f: f.uids[1:2]),
    ("Accession Number", ("accession", "accessionnumber", "accessionno", "accno", "acc"), lambda f: (f.accession,)),
    ("study UID", ("studyinstanceuid", "studyuid", "uid"), lambda f: f.uids[2:3]),
    ("file name", ("image", "file", "filename", "imagefile", "path", "imagename", "imageid"), _file_names),
)


def key_index(files: Sequence[Found]) -> list[KeyIndex]:
    """The files by each kind of key, the most specific of those that DICOM gives first, file names last."""
    indices = []
    for kind, usual, keys in _KINDS:
        index = KeyIndex(kind, usual, {}, {})
        for found in files:
            for key in keys(found):
                if key:
                    index.exact.setdefault(key, []).append(found)
                    index.loose.setdefault(_without_zeros(key), []).append(found)
        indices.append(index)
    return indices


def at_place(files: Sequence[Found], what: str, text: str) -> list[Found]:
    """The files whose position is that of a cell.

    Args:
        files: slices.
        what: "z" (mm) or "instance" (Instance Number).
        text: the cell; anything else than a number fits nothing.
    """
    try:
        value = float(text)
    except ValueError:
        return []
    if what == "z":
        return [f for f in files if f.z is not None and abs(f.z - value) <= _Z_TOLERANCE]
    return [f for f in files if f.instance is not None and f.instance == value]


# ---------------------------------------------------------------------------------------------------------------------
# Finds out which column of a label table holds what: by the flags, else by contents, else by the usual names.


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


# ---------------------------------------------------------------------------------------------------------------------
# Joins a table of labels to files by UID, Accession Number or name, and position; outlines as polygons.


_POSITIONS = {"z": "z", "instance": "Instance Number"}


def polygon_box(xs: str, ys: str) -> dict[str, str]:
    """The box of an outline: x, y, width, height in pixels, whole outline pixels included.

    Raises:
        UnreadableError: no two JSON lists of equal length.
    """
    x, y = read_polygon(xs, ys)
    box = (min(x), min(y), max(x) - min(x) + 1, max(y) - min(y) + 1)
    return dict(zip(BOX, map(number, box), strict=True))


def _match(fields: dict[str, str], columns: LabelColumns, key: KeyIndex) -> list[Found]:
    """The files a row speaks of, one where it says a position.

    Raises:
        UnreadableError: none.
    """
    files = key.find(fields[key.column])
    if not files:
        raise UnreadableError(f"no file has its {key.kind}", "check uid_column and the folder")
    for what, column in (("z", columns.z), ("instance", columns.instance)):
        if column is not None:
            if not _is_number(fields[column]):
                raise UnreadableError(f"its {_POSITIONS[what]} is not a number", "correct the table")
            files = at_place(files, what, fields[column])
            if not files:
                lies = f"no slice of the {key.kind.split()[0]} lies at its {_POSITIONS[what]}"
                raise UnreadableError(lies, "add the slice or drop the row")
    return files


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _only(files: list[Found], columns: LabelColumns, key: KeyIndex) -> Found:
    """The one file of a row.

    Raises:
        UnreadableError: several.
    """
    if len(files) > 1:
        place = "z" if columns.z else "Instance Number" if columns.instance else ""
        cure = "name a column of slice positions by --z-column or --instance-column, or use SOP instance UIDs"
        raise UnreadableError(f"several files have its {key.kind}{place and ' and its ' + place}: {cure}", cure)
    return files[0]


def _region(fields: dict[str, str], columns: LabelColumns, row: int) -> Region:
    """What a row says of a lesion, but for its mask.

    Raises:
        UnreadableError: no label.
    """
    label = fields[columns.label] if columns.label else ""
    if columns.label and not label:
        raise UnreadableError("it has no label", "fill it in")
    place: dict[str, str] = {}
    if columns.polygon is not None:
        place = polygon_box(fields[columns.polygon[0]], fields[columns.polygon[1]])
    elif all(fields.get(column) for column in BOX):
        place = {column: fields[column] for column in BOX}
    lesion, reader = (fields[column] if column else "" for column in (columns.lesion, columns.reader))
    return Region(place, lesion, label, reader=reader, row=row)


def _pair(found: Found, region: Region, fields: dict[str, str], columns: LabelColumns) -> tuple[Found, Region]:
    """A picture with what the row says of it, and the mask of its outline."""
    if columns.polygon is not None:
        x, y = read_polygon(fields[columns.polygon[0]], fields[columns.polygon[1]])
        shape = found.plane.shape if found.plane else picture_shape(found.path)
        region = replace(region, inside=polygon_mask(x, y, shape))
    patient = found.patient or (fields[columns.patient] if columns.patient else "")
    return replace(found, label=region.label or found.label, patient=patient), region


def _repeats(pairs: Sequence[tuple[Found, Region]]) -> dict[int, str]:
    """Reasons by row number, for rows that say again what a row above said of the same picture.

    A join multiplies by such rows: each would count as a case of its own.
    """
    seen: dict[object, Region] = {}
    reasons = {}
    for found, region in pairs:
        outline = region.inside and (region.inside.top, region.inside.left, region.inside.inside.tobytes())
        place = (found.name, region.lesion, region.reader, tuple(region.columns.items()), outline)
        first = seen.setdefault(place, region)
        if first is not region and first.label == region.label:
            reasons[region.row] = f"row {first.row} already says the same: remove one of them"
        elif first is not region:
            for here, other in ((first, region), (region, first)):
                reasons[here.row] = f"row {other.row} gives the same lesion another label: correct one of them"
    return reasons


def join_labels(
    table: Path, asked: LabelColumns, files: Sequence[Found], *, spread: bool = False, label_needed: bool = True
) -> Joined:
    """Lays the rows of a label table on files.

    Args:
        table: CSV or XLSX.
        asked: the columns that the user named.
        files: the pictures of the folder.
        spread: a row without a position speaks of all files that have its key, not of one.
        label_needed: a table without a column of labels is an error.

    Returns:
        The pairs, and the rows left over: without a file, unreadable, repeated, or contradicting another row.

    Raises:
        ValueError: the table cannot be read, lacks a column, or does not say which column holds what.
    """
    header, rows = read_rows(table)
    columns, key = find_columns(header, rows, files, asked, table.name, label_needed=label_needed)
    joined = Joined([], [], said=columns.lines(table.name, key.kind))
    for count, fields in enumerate(rows, start=1):
        matched: list[Found] = []
        try:
            matched = _match(fields, columns, key)
            region = _region(fields, columns, count)
            matched = matched if spread and columns.polygon is None else [_only(matched, columns, key)]
            joined.pairs.extend([_pair(found, region, fields, columns) for found in matched])
        except UnreadableError as error:
            joined.rows.append((count, error.reason))
            joined.files.extend([(matched[0].name, error.reason)] if len(matched) == 1 else [])
    reasons = _repeats(joined.pairs)
    joined.files.extend((found.name, reasons[region.row]) for found, region in joined.pairs if region.row in reasons)
    pairs = [pair for pair in joined.pairs if pair[1].row not in reasons]
    return replace(joined, pairs=pairs, rows=sorted([*joined.rows, *reasons.items()]))
