"""The quarantine list beside a case table: the only place that names files which cannot be used."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Failure:
    """A row that cannot be used: its number, its picture, what is wrong (without a path), the cure, and whether
    this machine is at fault rather than the file (UnreadableError.here)."""

    row: int
    image: Path
    reason: str
    cure: str
    here: bool = False


def quarantine_file(table: Path) -> Path:
    """Where the list of a table lies: cases.csv -> cases.quarantine.csv."""
    return table.with_name(f"{table.stem}.quarantine.csv")


def write_quarantine(table: Path, failures: Sequence[Failure]) -> bool:
    """Writes row, file, reason, cure, or removes an outdated list when nothing failed.

    Returns:
        False where the table's folder cannot be written to.
    """
    path = quarantine_file(table)
    try:
        if not failures:
            path.unlink(missing_ok=True)
            return True
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("row", "file", "reason", "cure"))
            writer.writerows((f.row, f.image, f.reason, f.cure) for f in failures)
    except OSError:
        return False
    return True


def report_failures(table: Path, n_rows: int, failures: Sequence[Failure], skip_unreadable: bool) -> None:
    """Writes the quarantine list (or removes an old one), and raises unless these rows may be skipped.

    Raises:
        ValueError: rows cannot be used and may not be skipped, or none can be used.
    """
    written = write_quarantine(table, failures)
    if not failures or (skip_unreadable and len(failures) < n_rows):
        return
    first = failures[0]
    listed = f"files and cures stand in {quarantine_file(table).name} beside the table" if written else first.cure
    way_out = "correct them" if skip_unreadable else "correct them or pass --skip-unreadable"
    raise ValueError(
        f"{len(failures)} of {n_rows} rows of {table.name} cannot be used, the first is row {first.row} "
        f"({first.reason}): {listed}; {way_out}"
    )
