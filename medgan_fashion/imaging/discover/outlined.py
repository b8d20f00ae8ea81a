"""Pictures with the outlines of files beside them, named by the outlines themselves or by a table of labels."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from medgan_fashion.imaging.cases.found import Found, Joined
from medgan_fashion.imaging.discover.folders import class_names
from medgan_fashion.imaging.discover.labels import LabelColumns, join_labels
from medgan_fashion.imaging.outlines.outlines import (
    label_outlines,
    outline_files,
    read_names,
    read_outlines,
    rename,
    without_contradictions,
)
from medgan_fashion.imaging.outlines.target import Pair

Left = list[tuple[str, str]]


@dataclass(frozen=True)
class Outlines:
    """Files of outlines.

    Args:
        root: the file, or the folder that holds them.
        files: each with its kind.
        names: classes by the outlines' names in small letters; empty to take the names as they are.
    """

    root: Path
    files: dict[Path, str]
    names: dict[str, str]


def open_outlines(root: Path, names: str | None, folder: Path, left: Left) -> Outlines:
    """Finds the files of outlines; others go to `left`, but for those in the folder of pictures.

    Raises:
        ValueError: there are none, or the names are of another form than NAME=CLASS,NAME=CLASS.
    """
    files, others = outline_files(root)
    here = folder.resolve()
    left += [(p.relative_to(root).as_posix(), why) for p, why in others.items() if here not in p.resolve().parents]
    return Outlines(root, files, read_names(names) if names else {})


def _wanted(pairs: Sequence[Pair], classes: str | None, left: Left) -> list[Pair]:
    """Leaves out other classes before outlines are held against each other."""
    if classes is None:
        return list(pairs)
    wanted = class_names(classes)
    left += [(r.source, f"class {r.label} is left out") for _, r in pairs if r.label not in wanted]
    return [pair for pair in pairs if pair[1].label in wanted]


def _with_table(pairs: list[Pair], joined: Joined, left: Left) -> tuple[list[Pair], Joined]:
    """Outlines with the classes of the table, and the table's rows that no outline uses left over."""
    labelled, used = label_outlines(pairs, joined.pairs, left)
    spoken = {region.row for _, region in joined.pairs}
    unused = [(row, "no outline is drawn on its picture, or none of its lesion's name") for row in spoken - used]
    return labelled, replace(joined, rows=sorted([*joined.rows, *unused]))


def outlined_pairs(
    outlines: Outlines, pictures: list[Found], table: tuple[Path, LabelColumns] | None, classes: str | None, left: Left
) -> Joined:
    """Each picture with each outline on it.

    Args:
        outlines: what to read.
        pictures: of the folder.
        table: label table and its columns, None where the outlines' names are the classes.
        classes: class names with commas; others are left out.
        left: takes files that are not used.

    Returns:
        Pairs, rows of the table that are left over, and what was taken for what.

    Raises:
        ValueError: the table cannot be read, or holds outlines itself.
    """
    pairs = read_outlines(outlines.files, outlines.root, pictures, left)
    joined = Joined([], [])
    if table is not None:
        joined = join_labels(*table, pictures, spread=True, label_needed=False)
        if any(region.inside for _, region in joined.pairs):
            raise ValueError(f"{table[0].name} and {outlines.root.name} both hold outlines: leave out --outlines")
        pairs, joined = _with_table(pairs, joined, left)
    pairs = rename(pairs, outlines.names, left) if outlines.names else pairs
    pairs = without_contradictions(_wanted(pairs, classes, left), left)
    used = {found.name for found, _ in pairs}
    left += [(f.name, "no outline that is used is drawn on it") for f in pictures if f.name not in used]
    named = [(replace(found, label=region.label), region) for found, region in pairs]
    said = f"outlines: {len(outlines.files)} files, {len(named)} outlines on {len(used)} pictures"
    return replace(joined, pairs=named, said=(*joined.said, said))
