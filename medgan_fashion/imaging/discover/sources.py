"""What a folder of pictures tells by itself: class folders, names, YOLO boxes and masks."""

import re
from dataclasses import replace
from pathlib import Path

from medgan_fashion.imaging.cases.found import Found, Region, natural, number
from medgan_fashion.imaging.cases.table import BOX
from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.imaging.read.readers import mask_is_empty, picture_shape
from medgan_fashion.imaging.read.roi import check_box

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
