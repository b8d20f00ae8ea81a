"""Writes a case table that was made, and the list of everything that is not in it."""

import csv
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from medgan_fashion.imaging.case_table import KNOWN_COLUMNS, read_case_table

Row = dict[str, str]


@dataclass(frozen=True)
class Leftovers:
    """What a case table was made of, and everything that is not in it.

    Args:
        written: rows in the table, by class.
        grouping: what stands for a patient in the table.
        files: (relative name, reason) of every file that is in no row.
        rows: (number, reason) of every row of the label CSV that is in no row.
        listed: name of the CSV beside the table that lists both, "" where nothing is left over.
    """

    written: dict[str, int]
    grouping: str
    files: tuple[tuple[str, str], ...]
    rows: tuple[tuple[int, str], ...]
    listed: str = ""

    def lines(self) -> list[str]:
        """A report for the terminal, by reason; it names no file, because names often hold patient IDs."""
        kinds = ", ".join(f"{name} {count}" for name, count in self.written.items())
        lines = [f"{sum(self.written.values())} rows: {kinds}; groups: {self.grouping}"]
        for what, pairs in (("file", self.files), ("row of the labels", self.rows)):
            counts = Counter(reason for _, reason in pairs)
            lines += [f"left over, {count} x {what}: {reason}" for reason, count in counts.items()]
        return lines + ([f"all of them are listed in {self.listed}"] if self.listed else [])


def relative_to_table(path: Path, out: Path) -> str:
    """A path as it stands in the table at `out`, with forward slashes."""
    return Path(os.path.relpath(path.resolve(), out.resolve().parent)).as_posix()


def leftovers_file(out: Path) -> Path:
    """cases.csv -> cases.leftovers.csv."""
    return out.with_name(f"{out.stem}.leftovers.csv")


def write_leftovers(out: Path, leftovers: Leftovers) -> None:
    """Writes file, row and reason of all that is left over, or removes an outdated list."""
    path = leftovers_file(out)
    if not leftovers.files and not leftovers.rows:
        path.unlink(missing_ok=True)
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("file", "row", "reason"))
        writer.writerows((name, "", reason) for name, reason in leftovers.files)
        writer.writerows(("", row, reason) for row, reason in leftovers.rows)


def write_table(rows: list[Row], out: Path) -> None:
    """Writes the used columns, checks the table by reading it, and only then puts it in its place.

    Raises:
        ValueError: no rows, rows that contradict each other, or `out` exists and differs.
    """
    if not rows:
        raise ValueError(f"no row is left for {out.name}: check folder, classes, pattern and labels")
    columns = [name for name in KNOWN_COLUMNS if any(row.get(name) for row in rows)]
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.with_name(f".{out.stem}.{os.getpid()}.draft.csv")
    try:
        with draft.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        read_case_table(draft)
        if out.exists() and out.read_bytes() != draft.read_bytes():
            raise ValueError(f"{out.name} exists and differs, perhaps edited by hand: move it away first")
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
