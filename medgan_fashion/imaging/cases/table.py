"""Reads a case table: one CSV row per image of a lesion, checked before any picture is opened; sites held out whole."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from medgan_fashion.base.sheets import order_classes, read_rows
from medgan_fashion.imaging.cases.config import Grouping

KNOWN_COLUMNS = (
    *(
        "image",
        "label",
        "patient",
        "picture_group",
        "lesion",
        "slice",
        "x",
        "y",
        "width",
        "height",
        "centre_x",
    ),
    *("centre_y", "diameter_mm", "mask", "view", "laterality", "site", "cohort"),
)
BOX: tuple[str, ...] = ("x", "y", "width", "height")
CIRCLE: tuple[str, ...] = ("centre_x", "centre_y", "diameter_mm")
COHORTS = ("development", "external")


@dataclass(frozen=True)
class Case:
    """One row: which picture, whose, and where in it the lesion lies.

    Args:
        row: 1 = first row after the header.
        image: path of the picture.
        label: class name.
        group: patient ID or stand-in (text; never leaves the table and the preparation).
        lesion: lesion ID, scoped within its group, unique over the table.
        box: (x, y, width, height) in pixels from the top left, or None.
        circle: (centre_x, centre_y, diameter_mm): pixels, pixels, millimetres, or None.
        mask: path of the lesion's mask, or None.
        external: True where the cohort is external.
        slice, view, laterality, site: as in the table, "" where absent.
        masks: those of all rows of its picture, filled in for segmentation (picture_masks).
    """

    row: int
    image: Path
    label: str
    group: str
    lesion: tuple[str, str]
    box: tuple[float, float, float, float] | None = None
    circle: tuple[float, float, float] | None = None
    mask: Path | None = None
    external: bool = False
    slice: str = ""
    view: str = ""
    laterality: str = ""
    site: str = ""
    masks: tuple[Path, ...] = ()


@dataclass(frozen=True)
class CaseTable:
    """The checked rows of a case table.

    Args:
        cases: in table order.
        grouping: what a group is.
        classes: numbers ascending where every label is a number, else in order of first appearance.
        name: file name of the table.
    """

    cases: tuple[Case, ...]
    grouping: Grouping
    classes: tuple[str, ...]
    name: str


def _check_header(header: list[str], name: str) -> Grouping:
    known = ", ".join(KNOWN_COLUMNS)
    for column in header:
        if column not in KNOWN_COLUMNS:
            raise ValueError(f"{name} has an unknown column {column!r}: rename or remove it; known are {known}")
    for column in ("image", "label"):
        if column not in header:
            raise ValueError(f"{name} lacks the column {column!r}: add it; known are {known}")
    for columns in (BOX, CIRCLE):
        present = [c for c in columns if c in header]
        if present and len(present) < len(columns):
            raise ValueError(f"{name} has {', '.join(present)} but a region needs all of {', '.join(columns)}")
    if "patient" in header:
        return "patient"
    return "near-duplicate pictures" if "picture_group" in header else "none"


def _numbers(fields: dict[str, str], columns: tuple[str, ...], where: str) -> tuple[float, ...] | None:
    """The numbers of a region, None where all its cells are empty."""
    texts = [fields.get(column, "") for column in columns]
    if not any(texts):
        return None
    try:
        values = tuple(float(text) for text in texts)
    except ValueError:
        raise ValueError(f"{where}: {', '.join(columns)} must all be numbers with a decimal point") from None
    sizes = values[2:]
    if min(sizes) <= 0 or not all(abs(v) < float("inf") for v in values):
        raise ValueError(f"{where}: {', '.join(columns[2:])} must be more than 0 and finite")
    return values


def _lesion(fields: dict[str, str], group: str, row: int, grouping: Grouping) -> tuple[str, str]:
    if fields.get("lesion"):
        return (group, fields["lesion"])
    if "slice" in fields and grouping == "patient":
        # slices of one patient with one label and no lesion ID show one lesion; scores must not count them
        # twice
        return (group, f"\0label {fields['label']}")
    return (group, f"\0row {row}")


def _case(fields: dict[str, str], row: int, folder: Path, name: str, grouping: Grouping) -> Case:
    where = f"row {row} of {name}"
    if not fields["image"] or not fields["label"]:
        raise ValueError(f"{where} has no {'label' if fields['image'] else 'image'}: fill it in or remove the row")
    column = {"patient": "patient", "near-duplicate pictures": "picture_group"}.get(grouping)
    group = fields[column] if column else f"row {row}"
    if not group:
        raise ValueError(f"{where} has no {column}: fill it in, so that no {column} can be on two sides of a split")
    cohort = fields.get("cohort", "") or "development"
    if cohort not in COHORTS:
        raise ValueError(f"{where} has cohort {cohort!r}: use {' or '.join(COHORTS)}")
    box, circle = _numbers(fields, BOX, where), _numbers(fields, CIRCLE, where)
    return Case(
        row=row,
        image=folder / fields["image"],
        label=fields["label"],
        group=group,
        lesion=_lesion(fields, group, row, grouping),
        box=None if box is None else (box[0], box[1], box[2], box[3]),
        circle=None if circle is None else (circle[0], circle[1], circle[2]),
        mask=folder / fields["mask"] if fields.get("mask") else None,
        external=cohort == "external",
        slice=fields.get("slice", ""),
        view=fields.get("view", ""),
        laterality=fields.get("laterality", ""),
        site=fields.get("site", ""),
    )


def _check_cases(cases: list[Case], grouping: Grouping, name: str) -> None:
    seen: dict[object, Case] = {}
    for case in cases:
        own_lesion = "" if case.lesion[1].startswith("\0") else case.lesion[1]
        place = (case.image, case.slice, case.box, case.circle, case.mask, own_lesion)
        first = seen.setdefault(place, case)
        if first is not case:
            raise ValueError(f"row {case.row} of {name} repeats row {first.row}, same image and region: remove one")
        first = seen.setdefault(("group", case.group), case)
        if first.external != case.external:
            what = "patient" if grouping == "patient" else "picture group"
            raise ValueError(f"rows {first.row} and {case.row} of {name} are one {what} in both cohorts: keep one")
        first = seen.setdefault(("lesion", case.lesion), case)
        if first.label != case.label:
            raise ValueError(f"rows {first.row} and {case.row} of {name} are one lesion with two labels: correct it")


def read_case_table(path: Path) -> CaseTable:
    """Reads and checks a case table; paths in it are relative to its folder; no picture is opened.

    Columns: image, label and patient (or picture_group; without either every row is its own group);
    optional are lesion, slice, (x, y, width, height) or (centre_x, centre_y, diameter_mm), mask, view,
    laterality, site, cohort.

    Raises:
        ValueError: unknown column, missing label, patient in both cohorts, two labels of a lesion, twin rows.
    """
    header, rows = read_rows(path)
    grouping = _check_header(header, path.name)
    cases = [_case(fields, n, path.parent, path.name, grouping) for n, fields in enumerate(rows, start=1)]
    _check_cases(cases, grouping, path.name)
    return CaseTable(tuple(cases), grouping, order_classes([case.label for case in cases]), path.name)


# ---------------------------------------------------------------------------------------------------------------------
# Sites held out whole: rows of a named hospital or scanner are only ever tested on.


def _check_known(table: CaseTable, sites: Sequence[str]) -> None:
    known = sorted({case.site for case in table.cases} - {""})
    if not known:
        raise ValueError(f"{table.name} has no column site, or nothing in it: fill it in, or leave external_site out")
    for site in sites:
        if site not in known:
            raise ValueError(f"external_site {site!r} is not in {table.name}: its sites are {', '.join(known)}")
    for case in table.cases:
        if not case.site and not case.external:
            raise ValueError(
                f"row {case.row} of {table.name} has no site: fill it in, or it could be of an external_site"
            )


def _check_apart(cases: Sequence[Case], table: CaseTable) -> None:
    first: dict[str, Case] = {}
    what = "patient" if table.grouping == "patient" else "picture group"
    for case in cases:
        other = first.setdefault(case.group, case)
        if other.external != case.external:
            rows = f"rows {other.row} and {case.row} of {table.name}"
            raise ValueError(f"{rows} are one {what} at an external site and elsewhere: keep one of them")


def hold_out_sites(table: CaseTable, sites: Sequence[str]) -> CaseTable:
    """The table with every row of these sites in the external cohort; rows that were external stay so.

    Raises:
        ValueError: no site is named, an unknown site, a row without one, a patient on both sides, no row left to
            train on.
    """
    if not sites:
        return table
    _check_known(table, sites)
    cases = tuple(replace(case, external=case.external or case.site in sites) for case in table.cases)
    if all(case.external for case in cases):
        raise ValueError(f"external_site leaves no row of {table.name} to train on: name fewer sites")
    _check_apart(cases, table)
    return replace(table, cases=cases)
