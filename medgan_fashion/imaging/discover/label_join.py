"""Joins a table of labels to files by UID, Accession Number or name, and position; outlines as polygons."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from medgan_fashion.base.sheets import read_rows
from medgan_fashion.imaging.cases.found import Found, Joined, Region, number
from medgan_fashion.imaging.cases.table import BOX
from medgan_fashion.imaging.discover.label_keys import KeyIndex, at_place
from medgan_fashion.imaging.discover.labels import LabelColumns, find_columns
from medgan_fashion.imaging.read.mask_crop import polygon_mask, read_polygon
from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.imaging.read.readers import picture_shape

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
