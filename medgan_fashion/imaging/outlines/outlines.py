"""Outlines from files beside the pictures: which files hold any, what they are called, which table row names them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from medgan_fashion.imaging.cases.found import Found, Region, natural
from medgan_fashion.imaging.outlines.nifti import is_nifti, read_nifti
from medgan_fashion.imaging.outlines.rtstruct import read_rtstruct
from medgan_fashion.imaging.outlines.seg import read_seg
from medgan_fashion.imaging.outlines.target import OutlineFile, Pair, numbered
from medgan_fashion.imaging.read.dicom import SEGMENTATIONS, STRUCTURE_SET, guarded, read_header
from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.imaging.read.readers import is_dicom
from medgan_fashion.imaging.read.roi import shared_pixels

Left = list[tuple[str, str]]
_READERS = {
    **dict.fromkeys(SEGMENTATIONS, read_seg),
    STRUCTURE_SET: read_rtstruct,
}


def _kind(path: Path) -> str:
    """nifti, the SOP Class UID of a kind of outlines, or ""."""
    if is_nifti(path):
        return "nifti"
    if not is_dicom(path):
        return ""
    with guarded():
        uid = str(read_header(path).get("SOPClassUID") or "")
    return uid if uid in _READERS else ""


def outline_files(path: Path) -> tuple[dict[Path, str], dict[Path, str]]:
    """Every file of outlines at or below a path, with its kind; content decides. And why the others are none.

    Raises:
        ValueError: there is no such path, or it holds none.
    """
    if not path.exists():
        raise ValueError(f"{path.name} does not exist: give the file or folder that holds the outlines")
    paths = [path] if path.is_file() else sorted(path.rglob("*"), key=lambda p: natural(p.as_posix()))
    files, others = {}, {}
    for file in paths:
        if not file.is_file() or any(part.startswith(".") for part in file.relative_to(path).parts):
            continue
        try:
            kind, why = _kind(file), "no DICOM SEG, RTSTRUCT or NIfTI file"
        except UnreadableError as error:
            kind, why = "", error.reason
        (files if kind else others)[file] = kind or why
    if not files:
        raise ValueError(f"{path.name} holds no DICOM SEG, RTSTRUCT or NIfTI file: give the file or its folder")
    return files, others


def _read(path: Path, kind: str, pictures: Sequence[Found]) -> OutlineFile:
    return read_nifti(path, pictures) if kind == "nifti" else _READERS[kind](path, pictures)


def read_outlines(files: dict[Path, str], root: Path, pictures: Sequence[Found], left: Left) -> list[Pair]:
    """Pictures with the lesions drawn on them, in the order of the files.

    Args:
        files: from `outline_files`.
        root: what names in `left` are relative to.
        pictures: of the folder.
        left: takes every file that is not used, or not wholly, with the reason.

    Returns:
        Pairs; the region holds the mask, its label is the outline's name.

    Raises:
        UnreadableError: a package is missing.
    """
    pairs: list[Pair] = []
    for count, (path, kind) in enumerate(files.items(), start=1):
        name = path.name if root.is_file() else path.relative_to(root).as_posix()
        try:
            read = numbered(_read(path, kind, pictures), count, name)
        except UnreadableError as error:
            if error.here:
                raise
            left.append((name, error.reason))
            continue
        pairs += read.pairs
        left += [(name, reason) for reason in read.reasons]
        if not read.pairs and not read.reasons:
            left.append((name, "it holds no outline: draw one, or take it away"))
    return pairs


def read_names(text: str) -> dict[str, str]:
    """Classes by outline name, from "GTV=malignant,2=benign"; names in small letters.

    Raises:
        ValueError: another form.
    """
    parts = [part.partition("=") for part in text.split(",") if part.strip()]
    if not parts or not all(name.strip() and label.strip() for name, _, label in parts):
        raise ValueError(f"outline classes {text!r} are not of the form NAME=CLASS,NAME=CLASS: correct them")
    return {name.strip().lower(): label.strip() for name, _, label in parts}


def rename(pairs: Sequence[Pair], names: dict[str, str], left: Left) -> list[Pair]:
    """Classes in place of the outlines' names; outlines of an unknown name are left over."""
    kept = []
    for found, region in pairs:
        label = names.get(region.label.lower())
        if label is None:
            known = ", ".join(names)
            left.append((region.source, f"no class is given to its outline {region.label!r}: known are {known}"))
        else:
            kept.append((found, replace(region, label=label)))
    return kept


def _row_of(found: Found, region: Region, rows: Sequence[Pair]) -> Region:
    """The row of the label table that speaks of an outline: the lesion of its name, else of its picture.

    Raises:
        UnreadableError: no row does, or rows of several classes do.
    """
    here = [row for picture, row in rows if picture.name == found.name]
    here = [row for row in here if row.lesion and row.lesion.lower() == region.label.lower()] or here
    if not here:
        raise UnreadableError("no row of the labels speaks of its picture: add one", "add one")
    if len({row.label for row in here}) > 1:
        cure = "name the lesion in the table as the outline is named"
        raise UnreadableError(f"rows of several classes speak of its picture: {cure}", cure)
    return here[0]


def label_outlines(outlines: Sequence[Pair], rows: Sequence[Pair], left: Left) -> tuple[list[Pair], set[int]]:
    """Gives outlines the classes of a label table.

    Args:
        outlines: from `read_outlines`.
        rows: pictures with what the table says of them.
        left: takes the outlines without a row.

    Returns:
        The pairs, and the numbers of the rows that were used.
    """
    pairs, used = [], set()
    for found, region in outlines:
        try:
            row = _row_of(found, region, rows)
        except UnreadableError as error:
            left.append((region.source, error.reason))
            continue
        used.add(row.row)
        patient = next((p.patient for p, r in rows if r is row and p.patient), found.patient)
        pairs.append(
            (replace(found, patient=found.patient or patient), replace(region, label=row.label or region.label))
        )
    return pairs, used


def without_contradictions(pairs: Sequence[Pair], left: Left) -> list[Pair]:
    """Leaves out outlines of one file that overlap on a picture though their classes differ."""
    by_place: dict[tuple[str, str], list[Region]] = {}
    for found, region in pairs:
        by_place.setdefault((region.source, found.name), []).append(region)
    wrong: set[int] = set()
    for (source, _), regions in by_place.items():
        for n, a in enumerate(regions):
            for b in regions[:n]:
                if a.label != b.label and a.inside and b.inside and shared_pixels(a.inside, b.inside):
                    wrong |= {id(a), id(b)}
                    both = " and ".join(sorted((a.label, b.label)))
                    left.append((source, f"its outlines of {both} overlap: say by --classes which of them counts"))
    return [(found, region) for found, region in pairs if id(region) not in wrong]
