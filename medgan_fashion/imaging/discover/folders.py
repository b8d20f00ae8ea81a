"""Pictures of a folder with their lesions: walks it, asks each source in turn, notes what is left over."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from medgan_fashion.base.sheets import is_workbook, order_classes, read_rows, read_text
from medgan_fashion.imaging.cases.found import SUFFIXES, Found, Joined, Region, is_picture, natural, number
from medgan_fashion.imaging.cases.table import BOX
from medgan_fashion.imaging.discover.cbis_ddsm import is_cbis_ddsm, join_cbis_ddsm
from medgan_fashion.imaging.discover.film_archive import FilmRules, Level, choose_films, with_tags
from medgan_fashion.imaging.discover.labels import LabelColumns, join_labels
from medgan_fashion.imaging.discover.mini_mias import is_mini_mias, join_mini_mias
from medgan_fashion.imaging.discover.writer import relative_to_table
from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.imaging.read.readers import mask_is_empty, picture_shape
from medgan_fashion.imaging.read.roi import check_box

# ---------------------------------------------------------------------------------------------------------------------
# What a folder of pictures tells by itself: class folders, names, YOLO boxes and masks.


PATTERN_GROUPS = ("patient", "lesion", "slice", "label", "laterality", "view")


_MASK_NAME = re.compile(r"(?P<stem>.+)_mask(?P<number>[_-]?\d*)$")


def from_folder(path: Path, folder: Path) -> Found:
    """The class is the first folder below `folder`; pictures directly in it have none."""
    parts = path.relative_to(folder).parts
    return Found(path, "/".join(parts), label=parts[0] if len(parts) > 1 else "")


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """A file name pattern.

    Raises:
        ValueError: no regular expression, or its named groups are none or unknown.
    """
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"pattern {pattern!r} is no regular expression ({error}): correct it") from None
    groups = set(compiled.groupindex)
    if not groups or not groups <= set(PATTERN_GROUPS):
        raise ValueError(f"pattern {pattern!r} must name groups such as (?P<patient>...) among {PATTERN_GROUPS}")
    return compiled


def with_pattern(found: Found, pattern: re.Pattern[str]) -> Found | None:
    """Adds what the pattern's named groups find in the relative name; None where it does not match."""
    match = pattern.search(found.name)
    return None if match is None else replace(found, **{k: v or "" for k, v in match.groupdict().items()})


def yolo_regions(found: Found) -> list[Region]:
    """Boxes from NAME.txt beside the picture: `label x_centre y_centre width height` as fractions, one per
    line.

    Raises:
        UnreadableError: no such file, an empty one, a line of another form, or a box outside the picture.
    """
    try:
        lines = found.path.with_suffix(".txt").read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise UnreadableError("no box file beside it", "add NAME.txt") from None
    height, width = picture_shape(found.path)
    regions = []
    for count, fields in enumerate((line.split() for line in lines if line.strip()), start=1):
        try:
            label, x, y, w, h = fields[0], *map(float, fields[1:])
        except ValueError:
            raise UnreadableError("a box line is not `label x y width height`", "correct the .txt file") from None
        box = ((x - w / 2) * width, (y - h / 2) * height, w * width, h * height)
        if not (w > 0 and h > 0):
            raise UnreadableError("a box without area", "correct the .txt file")
        check_box(box, (height, width))
        columns = dict(zip(BOX, map(number, box), strict=True))
        regions.append(Region(columns, str(count), label, numbered=True))
    if not regions:
        raise UnreadableError("its box file is empty", "draw a box, or leave the picture out")
    return regions


def is_mask_name(path: Path) -> bool:
    """True for names such as x_mask.png and x_mask_1.png."""
    return _MASK_NAME.match(path.stem) is not None


def find_masks(folder: Path) -> dict[tuple[str, str], list[Path]]:
    """Mask files under a folder by (class folder or "", stem of the picture), in natural order."""
    masks: dict[tuple[str, str], list[Path]] = {}
    for path in sorted(folder.rglob("*"), key=lambda p: natural(p.as_posix())):
        match = _MASK_NAME.match(path.stem)
        if match and path.is_file() and not path.name.startswith("."):
            parent = path.relative_to(folder).parts[0] if path.parent != folder else ""
            masks.setdefault((parent, match["stem"]), []).append(path)
    return masks


def mask_regions(files: list[Path], relative: dict[Path, str]) -> list[Region]:
    """One region per mask that is not empty.

    Raises:
        UnreadableError: there is none.
    """
    filled = [path for path in files if not mask_is_empty(path)]
    if not filled:
        reason = "its mask is empty" if files else "no mask"
        raise UnreadableError(reason, "draw one, or use the whole picture without masks")
    return [Region({"mask": relative[path]}, str(n), numbered=True) for n, path in enumerate(filled, start=1)]


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
