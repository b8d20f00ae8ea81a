"""DICOM files of a folder: what their tags say, which of them are the mammograms wanted, and rows of whole films."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeVar

from medgan_fashion.imaging.cases.found import Found, Region
from medgan_fashion.imaging.read.dicom import OUTLINES, check_kind, guarded, read_header
from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.imaging.read.planes import read_plane
from medgan_fashion.imaging.read.readers import is_dicom

if TYPE_CHECKING:
    from pydicom.dataset import Dataset, FileDataset

T = TypeVar("T")
Level = Literal["lesion", "film"]
Kind = Literal["presentation", "processing"]
_SEVERITY = ("normal", "benign", "abnormal", "malignant")


@dataclass(frozen=True)
class FilmRules:
    """Which DICOM files are films to be used; without one mammogram in a folder nothing is ruled.

    Args:
        kind: the values that are kept; None for presentation, said by nobody.
        modality: what Modality (0008,0060) says of mammograms.
    """

    kind: Kind | None = None
    modality: tuple[str, ...] = ("MG",)


def _with_film_tags(found: Found, header: "Dataset", rules: FilmRules) -> Found:
    """View, side and why the film is not wanted; what the name said wins over tags."""
    from medgan_fashion.imaging.mammograms.tags import Said, film_tags

    try:
        film = film_tags(header, Said(found.view, found.laterality))
    except UnreadableError as error:
        return replace(found, aside=f"{error.reason}: say which by --pattern, with a group view or laterality")
    wanted = rules.kind or "presentation"
    other = f"for {film.kind}, not for {wanted}: --films {film.kind} takes those instead"
    aside = film.aside or (other if film.kind != wanted else "")
    return replace(found, view=film.view, laterality=film.laterality, aside=aside)


def _unless_wrong(read: Callable[[], T]) -> T | None:
    """What only some joins need: a picture stays usable where such a tag is missing or damaged."""
    try:
        return read()
    except (ValueError, TypeError, AttributeError, ArithmeticError):
        return None


def _check_image(header: "FileDataset") -> None:
    """check_kind, and a word on outlines that lie among the images.

    Raises:
        UnreadableError: no image that can be used.
    """
    if str(header.get("SOPClassUID") or "") in OUTLINES:
        reason = "it holds outlines, not an image: --outlines takes them"
        raise UnreadableError(reason, "name it by --outlines")
    check_kind(header)


def _with_header(found: Found, header: "FileDataset", rules: FilmRules | None) -> Found:
    """with_tags of a header."""
    _check_image(header)
    position = header.get("ImagePositionPatient")
    z = float(position[2]) if position and len(position) == 3 else None
    uids = (header.get(n) for n in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"))
    tagged = replace(
        found,
        patient=found.patient or str(header.get("PatientID") or "").strip(),
        slice=found.slice or ("" if z is None else f"{z:g}"),
        uids=tuple(str(uid or "") for uid in uids),
        z=z,
        study=str(header.get("StudyInstanceUID") or ""),
        modality=str(header.get("Modality") or "").strip().upper() or "MISSING",
        accession=str(header.get("AccessionNumber") or "").strip(),
        instance=_unless_wrong(lambda: int(header.InstanceNumber)),
        frame=str(header.get("FrameOfReferenceUID") or ""),
        plane=_unless_wrong(lambda: read_plane(header)),
    )
    if rules is not None and tagged.modality in rules.modality:
        return _with_film_tags(tagged, header, rules)
    side = str(header.get("ImageLaterality") or header.get("Laterality") or "")
    return replace(
        tagged, laterality=found.laterality or side, view=found.view or str(header.get("ViewPosition") or "")
    )


def with_tags(found: Found, rules: FilmRules | None) -> Found:
    """Adds patient, side, view, UIDs and position from a DICOM header, where the name did not say them.

    Raises:
        UnreadableError: damaged, without an image, or synthetic.
    """
    if not is_dicom(found.path):
        return found
    with guarded():
        return _with_header(found, read_header(found.path), rules)


def choose_films(pictures: Sequence[Found], rules: FilmRules | None, left: list[tuple[str, str]]) -> list[Found]:
    """Where a folder holds mammograms, or is said to, leaves out unwanted films and DICOM files of other kinds."""
    if rules is None or not (rules.kind or any(f.modality in rules.modality for f in pictures)):
        return list(pictures)
    names = ",".join(rules.modality)
    kept = []
    for found in pictures:
        if found.modality and found.modality not in rules.modality:
            cure = f"if it is a mammogram all the same, add --modality {names},{found.modality}"
            left.append((found.name, f"its Modality is {found.modality}, not {names}: {cure}"))
        elif found.aside:
            left.append((found.name, found.aside))
        else:
            kept.append(found)
    return kept


def worst(labels: Sequence[str]) -> str:
    """The one label of several: the only one, or the most severe of normal, benign, abnormal, malignant.

    Returns:
        "" where they differ and are not all of these.
    """
    names = list(dict.fromkeys(labels))
    if len(names) == 1:
        return names[0]
    ranks = {name: _SEVERITY.index(name.lower()) for name in names if name.lower() in _SEVERITY}
    return max(ranks, key=lambda name: ranks[name]) if len(ranks) == len(names) else ""


def by_severity(pairs: list[tuple[Found, Region]]) -> list[tuple[Found, Region]]:
    """Normal first and malignant last, so that classes stand in this order in every table; others stay first."""
    return sorted(pairs, key=lambda p: _SEVERITY.index(p[0].label) if p[0].label in _SEVERITY else -1)


def _breast(found: Found) -> tuple[str, ...]:
    """Patient and side; the film itself where either is unknown."""
    known = found.patient and found.laterality
    return (found.patient, found.laterality) if known else (found.name,)


def as_films(pairs: Sequence[tuple[Found, Region]], left: list[tuple[str, str]]) -> list[tuple[Found, Region]]:
    """One row per film, without regions; the lesion is the breast, and its label the worst on any of its films.

    All films of a breast have one label, because their scores are averaged: a cancer that one view hides is
    in the breast all the same. Where a breast was examined several times, each study stands for itself.
    """
    labels: dict[tuple[str, ...], list[str]] = {}
    studies: dict[tuple[str, ...], list[str]] = {}
    films: dict[str, Found] = {}
    for found, _ in pairs:
        films.setdefault(found.name, found)
        labels.setdefault((*_breast(found), found.study), []).append(found.label)
        studies.setdefault(_breast(found), []).append(found.study)
    rows = []
    for found in films.values():
        exams = list(dict.fromkeys(studies[_breast(found)]))
        exam = f" exam {exams.index(found.study) + 1}" if len(exams) > 1 else ""
        label = worst(labels[(*_breast(found), found.study)])
        if label:
            rows.append((replace(found, label=label, lesion=found.laterality and found.laterality + exam), Region({})))
        else:
            left.append((found.name, "its breast has several labels: give one"))
    return rows
