"""Pictures of a folder with their lesions: walks it, asks each source in turn, notes what is left over."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from medgan_fashion.base.sheets import is_workbook, order_classes, read_rows, read_text
from medgan_fashion.imaging.cases.found import SUFFIXES, Found, Joined, Region, is_picture, natural
from medgan_fashion.imaging.discover.cbis_ddsm import is_cbis_ddsm, join_cbis_ddsm
from medgan_fashion.imaging.discover.film_archive import FilmRules, Level, choose_films, with_tags
from medgan_fashion.imaging.discover.label_join import join_labels
from medgan_fashion.imaging.discover.labels import LabelColumns
from medgan_fashion.imaging.discover.mini_mias import is_mini_mias, join_mini_mias
from medgan_fashion.imaging.discover.sources import (
    compile_pattern,
    find_masks,
    from_folder,
    is_mask_name,
    mask_regions,
    with_pattern,
    yolo_regions,
)
from medgan_fashion.imaging.discover.writer import relative_to_table
from medgan_fashion.imaging.read.picture import UnreadableError

Left = list[tuple[str, str]]
Pair = tuple[Found, Region]
Boxes = Literal["none", "yolo"]


def class_names(classes: str) -> tuple[str, ...]:
    """The names in a list with commas."""
    return tuple(name.strip() for name in classes.split(",") if name.strip())


def walk(folder: Path, apart: Sequence[Path], boxes: Boxes) -> list[Path]:
    """Files below the folder in natural order, but hidden ones, those of other roles and used box files."""
    apart = [path.resolve() for path in apart]
    files = []
    for path in sorted(folder.rglob("*"), key=lambda p: natural(p.relative_to(folder).as_posix())):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        here = path.resolve()
        if path.is_file() and not hidden and not any(here == a or a in here.parents for a in apart):
            files.append(path)
    stems = {path.with_suffix("") for path in files if path.suffix.lower() in SUFFIXES}
    return [p for p in files if not (boxes == "yolo" and p.suffix == ".txt" and p.with_suffix("") in stems)]


def find_pictures(
    files: Sequence[Path], folder: Path, pattern: str | None, rules: FilmRules | None, left: Left
) -> list[Found]:
    """Everything that is a wanted picture, with what its folder, name and tags say; the rest goes to `left`."""
    compiled = None if pattern is None else compile_pattern(pattern)
    pictures = []
    for path in files:
        found = from_folder(path, folder)
        try:
            if not is_picture(path):
                left.append((found.name, "not a picture"))
            elif is_mask_name(path):
                left.append((found.name, "looks like a mask: name the folder of masks to use it"))
            elif (matched := found if compiled is None else with_pattern(found, compiled)) is None:
                left.append((found.name, "its name does not match the pattern"))
            else:
                pictures.append(with_tags(matched, rules))
        except UnreadableError as error:
            left.append((found.name, error.reason))
    return choose_films(pictures, rules, left)


def only_classes(pictures: list[Found], classes: str | None, left: Left) -> list[Found]:
    """Leaves out the pictures of other class folders before anything is asked of their boxes or masks."""
    if classes is None:
        return pictures
    wanted = ("", *class_names(classes))
    left += [(f.name, f"class {f.label} is left out") for f in pictures if f.label not in wanted]
    return [found for found in pictures if found.label in wanted]


def _regions(pictures: Sequence[Found], find: Callable[[Found], list[Region]], left: Left) -> list[Pair]:
    pairs = []
    for found in pictures:
        try:
            # the label in a box file counts only where no class folder names one
            pairs += [(replace(found, label=found.label or r.label), r) for r in find(found)]
        except UnreadableError as error:
            left.append((found.name, error.reason))
    return pairs


def note_orphans(masks: Path, pictures: Sequence[Found], left: Left) -> None:
    """Puts masks whose picture is not in the folder into `left`."""
    known = {key for f in pictures for key in ((f.label, f.path.stem), ("", f.path.stem))}
    for key, paths in find_masks(masks).items():
        if key not in known:
            left += [(path.relative_to(masks).as_posix(), "a mask without a picture") for path in paths]


def _mask_finder(masks: Path, out: Path) -> Callable[[Found], list[Region]]:
    index = find_masks(masks)
    relative = {path: relative_to_table(path, out) for paths in index.values() for path in paths}

    def find(found: Found) -> list[Region]:
        stem = found.path.stem
        return mask_regions(index.get((found.label, stem)) or index.get(("", stem), []), relative)

    return find


def pair_regions(pictures: list[Found], out: Path, boxes: Boxes, masks: Path | None, left: Left) -> list[Pair]:
    """Each picture with each of its lesions, from box files or masks; without either, once."""
    if boxes == "yolo":
        return _regions(pictures, yolo_regions, left)
    if masks is not None:
        return _regions(pictures, _mask_finder(masks, out), left)
    return [(found, Region({})) for found in pictures]


def _text(labels: Path) -> str:
    """The labels as text, "" for a workbook."""
    return "" if is_workbook(labels) else read_text(labels)


def knows_films(labels: Path | None) -> bool:
    """True for the labels of a public set, which lists its films itself."""
    if labels is None:
        return False
    return is_mini_mias(_text(labels)) or is_cbis_ddsm(read_rows(labels)[0])


def _join(labels: Path, columns: LabelColumns, pictures: list[Found], out: Path, level: Level) -> Joined:
    """Reads labels as what they are: mini-MIAS's Info.txt, a case table of CBIS-DDSM, or a table joined on keys."""
    text = _text(labels)
    if is_mini_mias(text):
        columns.check_unused(f"{labels.name} of mini-MIAS")
        return join_mini_mias(text, pictures, level, columns.label)
    header, rows = read_rows(labels)
    if is_cbis_ddsm(header):
        columns.check_unused(f"{labels.name} of CBIS-DDSM")
        return join_cbis_ddsm(rows, pictures, out, level, columns.label)
    return join_labels(labels, columns, pictures)


def pair_labels(
    labels: Path, columns: LabelColumns, pictures: list[Found], out: Path, level: Level, left: Left
) -> Joined:
    """Each picture with each row of the labels that speaks of it, and the rows that are not used."""
    joined = _join(labels, columns, pictures, out, level)
    used = {found.name for found, _ in joined.pairs}
    masks = {region.columns["mask"] for _, region in joined.pairs if "mask" in region.columns}
    reasons = dict(reversed(joined.files))  # the first reason of each
    for found in pictures:
        if found.name not in used and not (masks and relative_to_table(found.path, out) in masks):
            left.append((found.name, reasons.get(found.name, "no row of the labels speaks of it")))
    return joined


def choose(pairs: list[Pair], classes: str | None, left: Left) -> list[Pair]:
    """Keeps the wanted classes, in the wanted order, and only pictures with a label.

    Raises:
        ValueError: a wanted class has no usable picture.
    """
    labelled = [pair for pair in pairs if pair[0].label]
    cure = "no label: put it into a class folder, or give a pattern or labels"
    left += [(found.name, cure) for found, _ in pairs if not found.label]
    names = order_classes([found.label for found, _ in labelled])
    wanted = names if classes is None else class_names(classes)
    for name in wanted:
        if name not in names:
            raise ValueError(f"class {name!r} has no usable picture: usable are {', '.join(names) or 'none'}")
    left += [(f.name, f"class {f.label} is left out") for f, _ in labelled if f.label not in wanted]
    return [pair for name in wanted for pair in labelled if pair[0].label == name]
