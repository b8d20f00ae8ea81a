"""A shop's table, CSV or Parquet, as columns of text: IDs keep their leading zeros whatever wrote the file."""

import datetime
import math
from pathlib import Path
from typing import Any

from medgan_fashion.base.sheets import read_rows

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
