"""Makes a case table from a folder of pictures: class folders, tags, names, boxes, masks or a table of labels."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

from medgan_fashion.imaging.cases.config import Grouping
from medgan_fashion.imaging.cases.found import Found, Joined
from medgan_fashion.imaging.discover.film_archive import FilmRules, Kind, Level, as_films
from medgan_fashion.imaging.discover.folders import (
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
from medgan_fashion.imaging.discover.labels import LabelColumns
from medgan_fashion.imaging.discover.outlined import Outlines, open_outlines, outlined_pairs
from medgan_fashion.imaging.discover.readers import Rule, settle_readers
from medgan_fashion.imaging.discover.writer import (
    Leftovers,
    Row,
    leftovers_file,
    masks_folder,
    name_masks,
    relative_to_table,
    write_cases,
    writing_masks,
)
from medgan_fashion.imaging.prepare.near_copies.groups import group_pictures


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


def _check_sources(
    folder: Path, boxes: Boxes, masks: Path | None, labels: Path | None, outlines: Path | None, known: bool
) -> None:
    if not folder.is_dir():
        raise ValueError(f"{folder.name} is no folder: give the folder that holds the pictures")
    if masks is not None and not masks.is_dir():
        raise ValueError(f"{masks.name} is no folder: give the folder that holds the masks")
    if sum((boxes != "none", masks is not None, labels is not None)) > 1:
        raise ValueError("boxes, masks and labels each say where lesions lie: give only one of them")
    if outlines is not None and (boxes != "none" or masks is not None or known):
        raise ValueError("outlines say where lesions lie: leave out boxes, masks and the labels of a public set")


def _folder_pairs(
    pictures: list[Found], out: Path, boxes: Boxes, masks: Path | None, classes: str | None, left: Left
) -> list[Pair]:
    """Each picture of the wanted class folders with its lesions."""
    if masks is not None:
        note_orphans(masks, pictures, left)
    return pair_regions(only_classes(pictures, classes, left), out, boxes, masks, left)


def _joined(
    pictures: list[Found],
    out: Path,
    boxes: Boxes,
    masks: Path | None,
    drawn: Outlines | None,
    table: tuple[Path, LabelColumns] | None,
    classes: str | None,
    level: Level,
    left: Left,
) -> Joined:
    """Each picture with its lesions, from whichever source says where they lie."""
    if drawn is not None:
        return outlined_pairs(drawn, pictures, table, classes, left)
    if table is not None:
        return pair_labels(*table, pictures, out, level, left)
    return Joined(_folder_pairs(pictures, out, boxes, masks, classes, left), [])


def _write(chosen: list[Pair], joined: Joined, out: Path, left: Left) -> Leftovers:
    """Writes the table, its masks and what is left over."""
    named, masks = name_masks(chosen, out)
    rows, grouping = _with_groups(named, out, left)
    groups = len({row.get("patient") or row.get("picture_group") for row in rows})
    written = dict(Counter(row["label"] for row in rows))
    numbers = tuple(sorted(dict.fromkeys(joined.rows)))
    leftovers = Leftovers(written, grouping, groups, tuple(dict.fromkeys(left)), numbers, said=joined.said)
    with writing_masks(masks, out):
        return write_cases(rows, leftovers, out)


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
    outlines: Path | None = None,
    outline_classes: str | None = None,
    readers: Rule = "each",
    instance_column: str | None = None,
    reader_column: str | None = None,
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
        labels: Info.txt of mini-MIAS, a case table of CBIS-DDSM, or a CSV or XLSX to be joined to the files; then its
            labels count instead of folders.
        level: lesion, or film for one row per picture, with the breast as its lesion.
        films: take mammograms for presentation or for processing, and no DICOM file of another kind; None for
            presentation, where there are mammograms.
        modality: Modality tags of mammograms, comma between them; wrong tags happen.
        uid_column: the table's column with SOP instance, series or study UIDs, Accession Numbers or file names; None
            to find it, and so for the other columns.
        z_column: its column with ImagePositionPatient z in mm, needed where a key names several slices.
        label_column: its column with class names; for mini-MIAS severity (None), finding or abnormality, for
            CBIS-DDSM any column, pathology (None) as benign or malignant.
        polygon_columns: its columns with the x and y positions of outlines, JSON lists.
        lesion_column: its column with lesion IDs.
        outlines: file or folder of DICOM SEG, RTSTRUCT or NIfTI; they become masks in a folder beside `out`.
        outline_classes: NAME=CLASS,NAME=CLASS for the outlines' names; others are left over; None takes the names.
        readers: each keeps every outline as a lesion of its own; union, majority, intersection and first merge those
            that overlap, and their labels by median or majority (see reader_merge).
        instance_column: its column with Instance Numbers, in place of z.
        reader_column: its column with who drew the outline.

    Returns:
        What was written, and every file and row left over with the reason; `<out>.leftovers.csv` lists them.

    Raises:
        ValueError: no such folder, an unknown class or column, nothing left, or `out` exists and differs.
    """
    known = knows_films(labels)
    _check_sources(folder, boxes, masks, labels, outlines, known)
    left: Left = []
    drawn = None if outlines is None else open_outlines(outlines, outline_classes, folder, left)
    modalities = tuple(name.strip().upper() for name in modality.split(",") if name.strip())
    rules = None if known else FilmRules(films, modalities)
    apart = [path for path in (out, leftovers_file(out), masks_folder(out), masks, labels) if path is not None]
    pictures = find_pictures(
        walk(folder, [*apart, *(drawn.files if drawn else ())], boxes), folder, pattern, rules, left
    )
    table = None
    if labels is not None:
        column = LabelColumns(
            uid_column, label_column, z_column, polygon_columns, lesion_column, instance_column, reader_column
        )
        table = (labels, column)
    joined = _joined(pictures, out, boxes, masks, drawn, table, classes, level, left)
    pairs, said = settle_readers(joined.pairs, readers, left, joined.rows)
    chosen = choose(as_films(pairs, left) if level == "film" else pairs, classes, left)
    return _write(chosen, replace(joined, said=(*joined.said, *said)), out, left)
