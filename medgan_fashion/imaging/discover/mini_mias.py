"""The Info.txt of the mini-MIAS mammograms: films in pairs, y from the bottom, several rows per film."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from medgan_fashion.imaging.cases.found import Found, Joined, Region, number
from medgan_fashion.imaging.cases.table import BOX
from medgan_fashion.imaging.discover.film_archive import Level, by_severity
from medgan_fashion.imaging.mammograms.breast import find_breast
from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.imaging.read.readers import picture_shape, read_image
from medgan_fashion.imaging.read.roi import Box, check_box

SIDE = 1024  # pixels, of every film
COLUMNS = ("severity", "finding", "abnormality")
_ROW = re.compile(
    r"mdb(?P<film>\d{3})\s+[FGD]\s+(?P<abnormality>CALC|CIRC|SPIC|MISC|ARCH|ASYM|NORM)\b"
    r"(?:\s+(?P<severity>[BM])\b)?(?P<rest>.*)"
)
_CIRCLE = re.compile(r"\s+(\d+)\s+(\d+)\s+(\d+)\s*$")
_SEVERITY = {"B": "benign", "M": "malignant"}


@dataclass(frozen=True)
class FilmRow:
    """One row of Info.txt.

    Args:
        film: number of the film; even films are left breasts, odd ones right.
        abnormality: NORM, or CALC, CIRC, SPIC, MISC, ARCH, ASYM.
        severity: normal, benign or malignant; "" where the row does not say.
        box: (x, y, width, height) around its circle, pixels from the top left; None without coordinates.
    """

    film: int
    abnormality: str
    severity: str
    box: Box | None


def is_mini_mias(text: str) -> bool:
    """True for a text with rows such as `mdb023 G CIRC M 538 681 29`."""
    return any(_ROW.match(line.strip()) for line in text.splitlines())


def circle_from_bottom(x: float, y: float, radius: float) -> Box:
    """Box (x, y, width, height) from the top left around a circle whose y counts from the film's bottom."""
    return (x - radius, SIDE - y - radius, 2 * radius, 2 * radius)


def parse_row(line: str) -> FilmRow | None:
    """A row of Info.txt; None where the line has another form."""
    match = _ROW.match(line.strip())
    if match is None:
        return None
    circle = _CIRCLE.match(match["rest"])
    box = None if circle is None else circle_from_bottom(*map(float, circle.groups()))
    normal = match["abnormality"] == "NORM"
    severity = "normal" if normal else _SEVERITY.get(match["severity"] or "", "")
    return FilmRow(int(match["film"]), match["abnormality"], severity, box)


def _label(row: FilmRow, column: str) -> str:
    """The class of a row.

    Raises:
        UnreadableError: the row does not say it.
    """
    if column == "finding":
        return "normal" if row.abnormality == "NORM" else "abnormal"
    label = row.severity if column == "severity" else row.abnormality
    if not label:
        raise UnreadableError("it does not say whether benign or malignant", "write B or M, or remove the row")
    return label


def _check_breast(box: Box, path: Path) -> None:
    """Refuses a circle whose centre lies in the air, as that of mdb212 does.

    Raises:
        UnreadableError: it does, or the film cannot be read.
    """
    pixels = read_image(path).pixels[0]
    try:
        breast = find_breast(pixels / max(float(pixels.max()), 1.0))
    except UnreadableError:
        return  # where no breast is found, nothing says that the circle lies outside
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    rows, columns = breast.weight.shape
    if breast.weight[min(rows - 1, int(y / breast.step)), min(columns - 1, int(x / breast.step))] == 0:
        raise UnreadableError("its circle lies outside the breast: --level film takes it", "use --level film")


def _region(row: FilmRow, film: Found) -> Region:
    """The box of a lesion.

    Raises:
        UnreadableError: a normal film, no coordinates, or a picture that they do not fit.
    """
    if row.abnormality == "NORM":
        raise UnreadableError("normal film, no lesion: --level film takes it", "use --level film")
    if row.box is None or row.box[2] <= 0:
        raise UnreadableError("no coordinates of its lesion: --level film takes it", "use --level film")
    shape = picture_shape(film.path)
    if shape != (SIDE, SIDE):
        raise UnreadableError(f"its picture is not {SIDE}x{SIDE}, as Info.txt counts", "use the original pictures")
    check_box(row.box, shape)
    _check_breast(row.box, film.path)
    return Region(dict(zip(BOX, map(number, row.box), strict=True)))


def _film(row: FilmRow, index: dict[int, list[Found]]) -> Found:
    """The one picture a row speaks of, with patient, side and view; films 2k - 1 and 2k are one patient's."""
    files = index.get(row.film, [])
    if not files:
        raise UnreadableError("its film is not in the folder", "fetch it")
    if len(files) > 1:
        raise UnreadableError("several pictures have its film's name", "keep one of them")
    patient, side = str((row.film + 1) // 2), "R" if row.film % 2 else "L"
    return replace(files[0], patient=patient, laterality=side, view="MLO", lesion="")


def _index(pictures: Sequence[Found]) -> dict[int, list[Found]]:
    index: dict[int, list[Found]] = {}
    for found in pictures:
        if match := re.fullmatch(r"mdb(\d{3})", found.path.stem.lower()):
            index.setdefault(int(match[1]), []).append(found)
    return index


def join_mini_mias(text: str, pictures: Sequence[Found], level: Level, column: str | None) -> Joined:
    """Lays the rows of Info.txt on films mdbNNN, whatever their format.

    Args:
        text: Info.txt; it may speak of more films than are there.
        pictures: the pictures of the folder.
        level: lesion leaves out films and rows without a place; film keeps them.
        column: severity (None), finding (normal, abnormal) or abnormality (NORM, CALC, ...).

    Returns:
        Pairs in order of severity, at either level one per row; the lesion is side and number on the film.

    Raises:
        ValueError: an unknown column, or finding at lesion level, where every row is abnormal.
    """
    column = column or "severity"
    if column not in COLUMNS:
        raise ValueError(f"mini-MIAS has no label column {column!r}: use one of {', '.join(COLUMNS)}")
    if column == "finding" and level == "lesion":
        raise ValueError("at lesion level every finding of mini-MIAS is abnormal: add --level film")
    index, joined = _index(pictures), Joined([], [])
    lines = [line for line in text.splitlines() if re.match(r"\s*mdb\d", line)]
    counts: dict[int, int] = {}
    for count, line in enumerate(lines, start=1):
        row, film = parse_row(line), None
        try:
            if row is None:
                raise UnreadableError("not of the form `mdb023 G CIRC M 538 681 29`", "correct it")
            counts[row.film] = counts.get(row.film, 0) + 1
            film = _film(row, index)
            known = replace(film, label=_label(row, column), lesion=f"{film.laterality}{counts[row.film]}")
            joined.pairs.append((known, _region(row, film) if level == "lesion" else Region({})))
        except UnreadableError as error:
            joined.rows.append((count, error.reason))
            joined.files.extend([(film.name, error.reason)] if film else [])
    return replace(joined, pairs=by_severity(joined.pairs))
