"""Writes a case table that was made, its masks, and the list of everything that is not in it."""

import csv
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from medgan_fashion.imaging.cases.found import Found, Region
from medgan_fashion.imaging.cases.table import KNOWN_COLUMNS, read_case_table
from medgan_fashion.imaging.read.roi import MaskCrop

Row = dict[str, str]


@dataclass(frozen=True)
class Leftovers:
    """What a case table was made of, and everything that is not in it.

    Args:
        written: rows in the table, by class.
        grouping: what stands for a patient in the table.
        groups: how many of them there are.
        files: (relative name, reason) of every file that is in no row.
        rows: (number, reason) of every row of the label CSV that is in no row.
        listed: name of the CSV beside the table that lists both, "" where nothing is left over.
        said: what columns and outlines were taken for.
    """

    written: dict[str, int]
    grouping: str
    groups: int
    files: tuple[tuple[str, str], ...]
    rows: tuple[tuple[int, str], ...]
    listed: str = ""
    said: tuple[str, ...] = ()

    def reasons(self) -> list[str]:
        """What is left over, by reason; names no file, because names often hold patient IDs."""
        lines = []
        for what, pairs in (("file", self.files), ("row of the labels", self.rows)):
            # row numbers would make a line of each: they stand in the list
            counts = Counter(re.sub(r"\b(rows?) \d+( and \d+)?", r"other \1", why) for _, why in pairs).most_common()
            lines += [f"left over, {count} x {what}: {reason}" for reason, count in counts]
        return lines

    def lines(self) -> list[str]:
        """A report for the terminal: what was written, and what is left over by reason."""
        kinds = ", ".join(f"{name} {count}" for name, count in self.written.items())
        who = "patients" if self.grouping == "patient" else f"groups ({self.grouping})"
        lines = [*self.said, f"{sum(self.written.values())} rows: {kinds}; {who}: {self.groups}", *self.reasons()]
        return lines + ([f"all of them are listed in {self.listed}"] if self.listed else [])


def relative_to_table(path: Path, out: Path) -> str:
    """A path as it stands in the table at `out`, with forward slashes."""
    return Path(os.path.relpath(path.resolve(), out.resolve().parent)).as_posix()


def leftovers_file(out: Path) -> Path:
    """cases.csv -> cases.leftovers.csv."""
    return out.with_name(f"{out.stem}.leftovers.csv")


def _write_leftovers(out: Path, leftovers: Leftovers) -> None:
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


def _write_table(rows: list[Row], out: Path) -> None:
    """Writes the used columns, checks the table by reading it, and only then puts it in its place."""
    columns = [name for name in KNOWN_COLUMNS if any(row.get(name) for row in rows)]
    draft = out.with_name(f".{out.stem}.{os.getpid()}.draft.csv")
    try:
        with draft.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        try:
            read_case_table(draft)
        except ValueError as error:
            raise ValueError(str(error).replace(draft.name, out.name)) from None
        if out.exists() and out.read_bytes() != draft.read_bytes():
            raise ValueError(f"{out.name} exists and differs, perhaps edited by hand: move it away first")
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)


def write_cases(rows: list[Row], leftovers: Leftovers, out: Path) -> Leftovers:
    """Writes a case table, and beside it the list of what is left over, also where no row is left.

    Returns:
        The leftovers with the name of their list.

    Raises:
        ValueError: no rows, rows that contradict each other, or `out` exists and differs.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    listed = leftovers_file(out).name if leftovers.files or leftovers.rows else ""
    if not rows:
        _write_leftovers(out, leftovers)
        why = "; ".join(leftovers.reasons()) or "the folder holds no picture"
        raise ValueError(f"no row is left for {out.name}: check folder, classes, pattern and labels ({why})")
    _write_table(rows, out)
    _write_leftovers(out, leftovers)
    return replace(leftovers, listed=listed)


# ---------------------------------------------------------------------------------------------------------------------
# Writes the masks of a case table as numbered PNG files in a folder beside it.


def masks_folder(out: Path) -> Path:
    """cases.csv -> cases_masks."""
    return out.with_name(f"{out.stem}_masks")


def mask_name(out: Path, count: int) -> str:
    """The name of a table's mask, relative to the table: a number tells nothing of a patient."""
    return f"{masks_folder(out).name}/{count:05d}.png"


def _differs(draft: Path, folder: Path) -> bool:
    """True where a folder holds other files than the draft."""
    names = {path.name for path in draft.iterdir()}
    if names != {path.name for path in folder.iterdir()}:
        return True
    return any((draft / name).read_bytes() != (folder / name).read_bytes() for name in names)


def name_masks(pairs: Sequence[tuple[Found, Region]], out: Path) -> tuple[list[tuple[Found, Region]], list[MaskCrop]]:
    """Pairs whose masks have the names of the files that they are to be written to, and these masks."""
    named, masks = [], []
    for found, region in pairs:
        if region.inside is not None:
            masks.append(region.inside)
            region = replace(region, columns={**region.columns, "mask": mask_name(out, len(masks))})
        named.append((found, region))
    return named, masks


@contextmanager
def writing_masks(masks: Sequence[MaskCrop], out: Path) -> Iterator[None]:
    """Writes masks (0 outside, 255 inside) to a draft, which takes its place when the table inside was written.

    Raises:
        ValueError: the folder exists and differs.
    """
    if not masks:
        yield
        return
    folder = masks_folder(out)
    draft = out.with_name(f".{folder.name}.{os.getpid()}.draft")
    try:
        draft.mkdir(parents=True)
        for count, mask in enumerate(masks, start=1):
            Image.fromarray(np.where(mask.full(), 255, 0).astype(np.uint8)).save(
                draft / Path(mask_name(out, count)).name
            )
        if folder.exists() and _differs(draft, folder):
            raise ValueError(f"{folder.name} exists and differs, perhaps edited by hand: move it away first")
        yield
        if not folder.exists():
            draft.replace(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
