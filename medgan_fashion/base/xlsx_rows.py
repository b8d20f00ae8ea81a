"""The records of a spreadsheet as text, as a CSV of the same sheet would hold them."""

import datetime
from pathlib import Path
from zipfile import BadZipFile

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
