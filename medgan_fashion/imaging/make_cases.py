"""Makes a case table from a folder of pictures: class folders, tags, names, boxes, masks or a table of labels."""

from collections import Counter
from pathlib import Path

from medgan_fashion.imaging.case_sources import Found
from medgan_fashion.imaging.case_writer import Leftovers, Row, leftovers_file, relative_to_table, write_cases
from medgan_fashion.imaging.film_archive import FilmRules, Kind, Level, as_films
from medgan_fashion.imaging.folder_cases import (
    Boxes,
    Left,
    Pair,
    choose,
    find_pictures,
    knows_films,
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


def _pairs(
    pictures: list[Found], out: Path, boxes: Boxes, masks: Path | None, classes: str | None, left: Left
) -> list[Pair]:
    """Each picture of the wanted class folders with its lesions."""
    if masks is not None:
        note_orphans(masks, pictures, left)
    return pair_regions(only_classes(pictures, classes, left), out, boxes, masks, left)


def make_cases(
    folder: Path,
    out: Path,
    *,
    classes: str | None = None,
    boxes: Boxes = "none",
    masks: Path | None = None,
    pattern: str | None = None,
    labels: Path | None = None,
    level: Level = "lesion",
    films: Kind | None = None,
    modality: str = "MG",
    uid_column: str | None = None,
    z_column: str | None = None,
    label_column: str | None = None,
    polygon_columns: tuple[str, str] | None = None,
    lesion_column: str | None = None,
) -> Leftovers:
    """Writes a case table for a folder of pictures.

    The class is the first folder below `folder`; DICOM files give patient, side, view and slice position.
    Where no picture has a patient, groups of near-duplicate pictures take their place (column picture_group).
    Where a DICOM file is a mammogram, only films of one kind are taken, and no spot, magnification or implant views.

    Args:
        folder: pictures, usually in one folder per class.
        out: the CSV to write; paths in it are relative to its folder.
        classes: class names, comma between them: only these, in this order; the rest is left over.
        boxes: yolo reads NAME.txt beside each picture (`label x y width height`, fractions), a row per line.
        masks: folder with [class/]NAME_mask*.png, a row per mask that is not empty.
        pattern: regular expression on the relative file name with named groups among patient, lesion, slice,
            label, laterality, view.
        labels: Info.txt of mini-MIAS, a case table of CBIS-DDSM, or a CSV to be joined to DICOM files; then its
            labels count instead of folders.
        level: lesion, or film for one row per picture, with the breast as its lesion.
        films: take mammograms for presentation or for processing, and no DICOM file of another kind; None for
            presentation, where there are mammograms.
        modality: Modality tags of mammograms, comma between them; wrong tags happen.
        uid_column: the CSV's column with SOP instance, series or study UIDs; None for uid.
        z_column: its column with ImagePositionPatient z in mm, needed where the UID is that of a series.
        label_column: its column with class names; None for label; for mini-MIAS severity (None), finding or
            abnormality, for CBIS-DDSM any column, pathology (None) as benign or malignant.
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
    modalities = tuple(name.strip().upper() for name in modality.split(",") if name.strip())
    rules = None if knows_films(labels) else FilmRules(films, modalities)
    apart = [path for path in (out, leftovers_file(out), masks, labels) if path is not None]
    pictures = find_pictures(walk(folder, apart, boxes), folder, pattern, rules, left)
    if labels is None:
        pairs = _pairs(pictures, out, boxes, masks, classes, left)
    else:
        columns = LabelColumns(uid_column, label_column, z_column, polygon_columns, lesion_column)
        pairs, rows_left = pair_labels(labels, columns, pictures, out, level, left)
    chosen = choose(as_films(pairs, left) if level == "film" else pairs, classes, left)
    rows, grouping = _with_groups(chosen, out, left)
    groups = len({row.get("patient") or row.get("picture_group") for row in rows})
    written = dict(Counter(row["label"] for row in rows))
    return write_cases(rows, Leftovers(written, grouping, groups, tuple(dict.fromkeys(left)), tuple(rows_left)), out)
