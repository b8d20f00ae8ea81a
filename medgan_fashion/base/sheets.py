"""Rows of a table as people save it: CSV with BOM, semicolons or line breaks inside quotes, or one sheet of XLSX."""

import csv
import datetime
import io
from pathlib import Path
from zipfile import BadZipFile

# ---------------------------------------------------------------------------------------------------------------------
# The records of a spreadsheet as text, as a CSV of the same sheet would hold them.


_MARK = b"PK\x03\x04"


def is_workbook(path: Path) -> bool:
    """True for an XLSX file, by content; False for a missing one."""
    try:
        with path.open("rb") as file:
            return file.read(4) == _MARK
    except OSError:
        return False


def cell_text(value: object) -> str:
    """A cell as text: nothing as "", whole numbers without a decimal point, dates as 2026-01-31."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    return str(value).strip()


def _sheets(path: Path) -> dict[str, list[list[str]]]:
    """The rows of every sheet that is not empty."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, BadZipFile, KeyError, ValueError, OSError):
        raise ValueError(f"{path.name} is no XLSX workbook, or a damaged one: save it again, or as CSV") from None
    try:
        found = {}
        for sheet in book.worksheets:
            rows = [[cell_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
            if any(any(row) for row in rows):
                found[sheet.title] = rows
        return found
    finally:
        book.close()


def read_workbook(path: Path) -> list[list[str]]:
    """The records of a workbook's one sheet, empty ones left out, all of one length.

    Raises:
        ValueError: no openpyxl, no workbook, a damaged one, or several sheets with rows.
    """
    try:
        sheets = _sheets(path)
    except ImportError:
        raise ValueError(f"{path.name} needs openpyxl: pip install 'medgan-fashion[medical]', or save CSV") from None
    if len(sheets) > 1:
        raise ValueError(f"{path.name} has several sheets with rows ({', '.join(sheets)}): save the one as CSV")
    rows = [row for sheet in sheets.values() for row in sheet if any(row)]
    width = max((1 + max(n for n, cell in enumerate(row) if cell) for row in rows), default=0)
    return [(row + [""] * width)[:width] for row in rows]


def order_classes(labels: list[str]) -> tuple[str, ...]:
    """Class names: ascending where all are numbers, else in order of first appearance."""
    names = list(dict.fromkeys(labels))
    try:
        return tuple(sorted(names, key=float))
    except ValueError:
        return tuple(names)


def read_text(path: Path) -> str:
    """A table's text, UTF-8 with or without BOM.

    Raises:
        ValueError: missing, or another encoding.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, IsADirectoryError):
        raise ValueError(f"the table {path.name} does not exist: check the path") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path.name} is not UTF-8 text: save it as 'CSV UTF-8'") from None


def _csv_records(path: Path) -> list[list[str]]:
    """The records that are not empty."""
    text = read_text(path)
    head = text.partition("\n")[0]
    delimiter = next((d for d in ",;\t" if d in head), ",")
    return [r for r in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(map(str.strip, r))]


def read_rows(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Header and rows of a table as stripped text: CSV (UTF-8, with comma, semicolon or tab) or XLSX with one sheet.

    Raises:
        ValueError: missing or empty file, another encoding, a column twice, a row of another length, several sheets.
    """
    records = read_workbook(path) if is_workbook(path) else _csv_records(path)
    if len(records) < 2:
        raise ValueError(f"{path.name} holds no rows: it needs a header and one row per image")
    header = [name.strip() for name in records[0]]
    if len(set(header)) < len(header):
        raise ValueError(f"{path.name} has a column twice in its header: rename one")
    for number, record in enumerate(records[1:], start=1):
        if len(record) != len(header):
            raise ValueError(
                f"row {number} of {path.name} has {len(record)} fields and the header {len(header)}: "
                "quote fields that hold the delimiter"
            )
    return header, [dict(zip(header, map(str.strip, record), strict=True)) for record in records[1:]]
