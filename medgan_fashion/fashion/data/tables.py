"""A shop's table, CSV or Parquet, as columns of text, and which column holds what."""

import datetime
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medgan_fashion.base.sheets import read_rows

# ---------------------------------------------------------------------------------------------------------------------
# A shop's table, CSV or Parquet, as columns of text: IDs keep their leading zeros whatever wrote the file.


IMAGE_SEPARATOR = "|"  # between several pictures in one field


def _text(value: Any) -> str:
    """One value as text: nothing and NaN are "", whole floats lose their ".0" (an integer column with gaps), lists
    are joined by "|", dates are ISO."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return IMAGE_SEPARATOR.join(map(_text, value))
    return str(value).strip()


def _read_parquet(path: Path) -> dict[str, list[str]]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise ValueError(f"{path.name} needs pyarrow: install the extra 'fashion', or save it as CSV") from None
    try:
        table = parquet.ParquetFile(path).read()
    except (FileNotFoundError, IsADirectoryError):
        raise ValueError(f"the table {path.name} does not exist: check the path") from None
    except (ArrowException, OSError):
        raise ValueError(f"{path.name} is no Parquet file, or a damaged one: write it again") from None
    if len(set(table.column_names)) < len(table.column_names):
        raise ValueError(f"{path.name} has a column twice: rename one")
    if not table.num_rows:
        raise ValueError(f"{path.name} holds no rows: it needs one row per item or purchase")
    return {name: [_text(value) for value in table.column(name).to_pylist()] for name in table.column_names}


def read_table(path: Path) -> dict[str, list[str]]:
    """Columns of a CSV (UTF-8, comma, semicolon or tab) or of a Parquet file, every value as stripped text.

    Raises:
        ValueError: missing, empty or damaged file, a column twice, a row of another length.
    """
    if path.suffix.lower() in (".parquet", ".pq"):
        return _read_parquet(path)
    header, rows = read_rows(path)
    return {name: [row[name] for row in rows] for name in header}


# ---------------------------------------------------------------------------------------------------------------------
# Which column of a shop's table holds what, and what was wrong with single rows.


@dataclass(frozen=True)
class Problem:
    """What is wrong with a row, or worth knowing of it.

    Args:
        row: number of the row, from 1 below the header; 0 where it is about the whole table.
        item: the item's ID, "" where there is none.
        reason: what is wrong.
        left_out: the row was not used; False where it was used all the same.
    """

    row: int
    item: str
    reason: str
    left_out: bool = True

    def __str__(self) -> str:
        where = [f"row {self.row}"] * (self.row > 0) + [f"item '{self.item}'"] * bool(self.item)
        return ": ".join([*([", ".join(where)] if where else []), self.reason])


def find_columns(
    header: Sequence[str], roles: Sequence[str], needed: Sequence[str], columns: dict[str, str], table: str, key: str
) -> dict[str, str]:
    """Role -> column of the table, without the optional roles that it does not have.

    Args:
        columns: the user's mapping role -> column; a role that is not in it has its own name.
        key: where the mapping stands in the configuration, "catalogue" or "purchases".

    Raises:
        ValueError: a needed or a mapped column is missing; lists what is there.
    """
    found = {}
    for role in roles:
        name = columns.get(role, role)
        if name in header:
            found[role] = name
        elif role in needed or role in columns:
            raise ValueError(
                f"{table} has no column '{name}', it has {', '.join(header)}: say which one holds the {role} "
                f"with --set {key}.columns.{role}=COLUMN"
            )
    return found


def parse_numbers(
    values: Sequence[str], items: Sequence[str], what: str, parse: Callable[[str], float]
) -> tuple[list[float], list[Problem]]:
    """Numbers of a column, NaN where empty or wrong; what is wrong is listed and its row used without the number."""
    numbers, problems = [], []
    for row, (value, item) in enumerate(zip(values, items, strict=True), start=1):
        try:
            numbers.append(parse(value) if value else float("nan"))
        except ValueError as error:
            numbers.append(float("nan"))
            problems.append(Problem(row, item, f"{what} '{value}' {error}: taken as unknown", left_out=False))
    return numbers, problems


def not_negative(value: str) -> float:
    """A number of 0 or more; a lone comma is a decimal comma."""
    text = value.replace(",", ".") if value.count(",") == 1 and "." not in value else value
    try:
        number = float(text)
    except ValueError:
        raise ValueError("is no number") from None
    if not 0 <= number < float("inf"):
        raise ValueError("is not 0 or more")
    return number


def summarise(problems: Sequence[Problem], most: int = 5) -> str:
    """The first few problems in one line, with how many more there are."""
    listed = "; ".join(map(str, problems[:most]))
    return listed + (f"; and {len(problems) - most} more" if len(problems) > most else "")
