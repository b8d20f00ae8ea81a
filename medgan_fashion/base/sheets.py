"""Rows of a table as people save it: CSV with BOM, semicolons or line breaks inside quotes, or one sheet of XLSX."""

import csv
import io
from pathlib import Path

from medgan_fashion.base.xlsx_rows import is_workbook, read_workbook


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
