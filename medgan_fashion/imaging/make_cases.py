"""Makes a case table from a folder of pictures: class folders, tags, names, boxes, masks or a label CSV."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

from medgan_fashion.imaging.case_writer import (
    Leftovers,
    Row,
    leftovers_file,
    relative_to_table,
    write_leftovers,
    write_table,
)
from medgan_fashion.imaging.folder_cases import (
    Boxes,
    Left,
    Pair,
    choose,
    find_pictures,
    note_orphans,
    only_classes,
    pair_labels,
    pair_regions,
    walk,
)
from medgan_fashion.imaging.imageset import Grouping
from medgan_fashion.imaging.label_join import LabelColumns
from medgan_fashion.imaging.near_duplicates import group_pictures


def _row(pair: Pair, out: Path) -> Row:
    found, region = pair
    lesion = found.lesion or region.lesion
    if region.numbered and not found.lesion:
        # numbers count within a picture: they must stay apart in the pictures of one patient or picture group
        lesion = f"{found.name}#{region.lesion}"
    fields = {name: getattr(found, name) for name in ("label", "patient", "slice", "laterality", "view")}
    return {"image": relative_to_table(found.path, out), **fields, "lesion": lesion, **region.columns}


def _with_groups(kept: list[Pair], out: Path, left: Left) -> tuple[list[Row], Grouping]:
    """Rows with a patient each, or, where no picture has one, with groups of near-duplicate pictures."""
    if any(found.patient for found, _ in kept):
        left += [(f.name, "no patient, though other pictures have one") for f, _ in kept if not f.patient]
        return [_row(pair, out) for pair in kept if pair[0].patient], "patient"
    groups, unreadable = group_pictures(list(dict.fromkeys(found.path for found, _ in kept)))
    left += [(f.name, unreadable[f.path]) for f, _ in kept if f.path in unreadable]
    readable = [pair for pair in kept if pair[0].path in groups]
    rows = [{**_row(p, out), "picture_group": f"group {groups[p[0].path]}"} for p in readable]
    return rows, "near-duplicate pictures"


def _check_sources(folder: Path, boxes: Boxes, masks: Path | None, labels: Path | None) -> None:
    if not folder.is_dir():
        raise ValueError(f"{folder.name} is no folder: give the folder that holds the pictures")
    if masks is not None and not masks.is_dir():
        raise ValueError(f"{masks.name} is no folder: give the folder that holds the masks")
    if sum((boxes != "none", masks is not None, labels is not None)) > 1:
        raise ValueError("boxes, masks and labels each say where lesions lie: give only one of them")


def make_cases(
    folder: Path,
    out: Path,
    *,
    classes: str | None = None,
    boxes: Boxes = "none",
    masks: Path | None = None,
    pattern: str | None = None,
    labels: Path | None = None,
    uid_column: str = "uid",
    z_column: str | None = None,
    label_column: str = "label",
    polygon_columns: tuple[str, str] | None = None,
    lesion_column: str | None = None,
) -> Leftovers:
    """Writes a case table for a folder of pictures.

    The class is the first folder below `folder`; DICOM files give patient, side, view and slice position.
    Where no picture has a patient, groups of near-duplicate pictures take their place (column picture_group).

    Args:
        folder: pictures, usually in one folder per class.
        out: the CSV to write; paths in it are relative to its folder.
        classes: class names, comma between them: only these, in this order; the rest is left over.
        boxes: yolo reads NAME.txt beside each picture (`label x y width height`, fractions), a row per line.
        masks: folder with [class/]NAME_mask*.png, a row per mask that is not empty.
        pattern: regular expression on the relative file name with named groups among patient, lesion, slice,
            label, laterality, view.
        labels: CSV to be joined to DICOM files; then its labels count instead of folders.
        uid_column: its column with SOP instance, series or study UIDs.
        z_column: its column with ImagePositionPatient z in mm, needed where the UID is that of a series.
        label_column: its column with class names.
        polygon_columns: its columns with the x and y positions of outlines, JSON lists.
        lesion_column: its column with lesion IDs.

    Returns:
        What was written, and every file and row left over with the reason; `<out>.leftovers.csv` lists them.

    Raises:
        ValueError: no such folder, an unknown class or column, nothing left, or `out` exists and differs.
    """
    _check_sources(folder, boxes, masks, labels)
    left: Left = []
    rows_left: list[tuple[int, str]] = []
    apart = [path for path in (out, leftovers_file(out), masks, labels) if path is not None]
    pictures = find_pictures(walk(folder, apart, boxes), folder, pattern, left)
    if masks is not None:
        note_orphans(masks, pictures, left)
    if labels is not None:
        columns = LabelColumns(uid_column, label_column, z_column, polygon_columns, lesion_column)
        pairs, rows_left = pair_labels(labels, columns, pictures, left)
    else:
        pairs = pair_regions(only_classes(pictures, classes, left), out, boxes, masks, left)
    rows, grouping = _with_groups(choose(pairs, classes, left), out, left)
    write_table(rows, out)
    written = dict(Counter(row["label"] for row in rows))
    leftovers = Leftovers(written, grouping, tuple(dict.fromkeys(left)), tuple(rows_left))
    write_leftovers(out, leftovers)
    return replace(leftovers, listed=leftovers_file(out).name if left or rows_left else "")
