"""What a mammogram's tags say: view, side, kind of values, and whether the film is set aside."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from medgan_fashion.imaging.cases.config import VIEWS
from medgan_fashion.imaging.read.picture import UnreadableError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

# keywords of pydicom's CID 4014 -> View Position
_VIEW_CODES = {
    "CranioCaudal": "CC",
    "MedioLateralObliqueProjection": "MLO",
    "MedioLateralProjection": "ML",
    "LateroMedial": "LM",
    "LateroMedialOblique": "LMO",
    "CaudoCranial": "FB",
    "SuperolateralToInferomedialOblique": "SIO",
    "InferomedialToSuperolateralOblique": "ISO",
    "CranioCaudalExaggeratedLaterally": "XCCL",
    "CranioCaudalExaggeratedMedially": "XCCM",
    "TissueSpecimenFromBreast": "SPECIMEN",
}
# keywords of pydicom's CID 4015 that do not show one whole breast as a screening film does; rolled views,
# anterior compression and the nipple in profile do, and stay
_ASIDE_CODES = {
    "SpotCompression": "spot compression view",
    "Magnification": "magnification view",
    "ImplantDisplaced": "implant displaced view",
    "Cleavage": "cleavage view",
    "AxillaryTail": "axillary tail view",
    "AxillaryTissue": "axillary tissue view",
    "Tangential": "tangential view",
    "InfraMammaryFold": "infra-mammary fold view",
}
# a contact view's factor refers to the breast's middle: 1.12 for a breast 10 cm thick at 66 cm from the
# focus, 2 cm over the detector; magnification stands start at 1.4
_MAGNIFIED = 1.2
_FOR_PROCESSING = ("1.2.840.10008.5.1.4.1.1.1.2.1", "1.2.840.10008.5.1.4.1.1.1.1.1")
_SIDES = {"L": "L", "LEFT": "L", "R": "R", "RIGHT": "R"}


@dataclass(frozen=True)
class Said:
    """What the case table says of a film; it wins over tags, because tags can be wrong.

    Args:
        view: a name of config.VIEWS, "" for nothing.
        laterality: L or R (or left, right), "" for nothing.
    """

    view: str = ""
    laterality: str = ""


@dataclass(frozen=True)
class FilmTags:
    """What is known of a film.

    Args:
        view: a name of config.VIEWS, "" where unknown.
        laterality: "L", "R", or "" where unknown.
        kind: whether values are for presentation or for processing.
        aside: why the film is set aside, "" where it is not.
    """

    view: str
    laterality: str
    kind: Literal["presentation", "processing"]
    aside: str = ""


def check_said(said: Said) -> Said:
    """The table's words in capitals, L or R for the side.

    Raises:
        UnreadableError: a view or side that is unknown.
    """
    view, side = said.view.strip().upper(), said.laterality.strip().upper()
    if view and view not in VIEWS:
        raise UnreadableError(f"column view says {view!r}", f"use one of {', '.join(VIEWS)}, or leave it empty")
    if side and side not in _SIDES:
        raise UnreadableError(f"column laterality says {side!r}", "use L or R, or leave it empty")
    return Said(view, _SIDES.get(side, ""))


def words(dataset: "Dataset", keyword: str) -> list[str]:
    """The texts of a tag in capitals, none where it is absent or empty."""
    value = dataset.get(keyword)
    several = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    return [str(v).strip().upper() for v in several if v not in (None, "")]


def _keyword(item: "Dataset", table: str, known: dict[str, str]) -> str:
    """The meaning of a code item, by pydicom's tables (SCT, and SRT and its older names SNM3 and 99SDM)."""
    from pydicom.sr.codedict import codes
    from pydicom.sr.coding import Code

    value = str(item.get("CodeValue") or item.get("LongCodeValue") or "").strip()
    scheme = str(item.get("CodingSchemeDesignator") or "").strip().upper()
    code = Code(value, "SRT" if scheme in ("SNM3", "99SDM") else scheme, "")
    found = [name for keyword, name in known.items() if code == getattr(getattr(codes, table), keyword)]
    return found[0] if found else ""


def _tagged_view(dataset: "Dataset") -> str:
    """View Code Sequence, else View Position, else Patient Orientation where it holds a view (CBIS-DDSM)."""
    for item in dataset.get("ViewCodeSequence") or []:
        if name := _keyword(item, "cid4014", _VIEW_CODES):
            return name
    said = words(dataset, "ViewPosition") + words(dataset, "PatientOrientation")
    return next((word for word in said if word in VIEWS), "")


def _tagged_side(dataset: "Dataset") -> str:
    """Image Laterality, else Laterality: L, R, B (both), or "".

    Raises:
        UnreadableError: one says left and the other right.
    """
    image, series = (words(dataset, keyword)[:1] for keyword in ("ImageLaterality", "Laterality"))
    if {*image, *series} == {"L", "R"}:
        raise UnreadableError(
            f"Image Laterality (0020,0062) says {image[0]} and Laterality (0020,0060) says {series[0]}",
            "fill in the column laterality",
        )
    return next((word for word in (*image, *series) if word in ("L", "R", "B")), "")


def _magnified(dataset: "Dataset") -> bool:
    try:
        factor = float(dataset.get("EstimatedRadiographicMagnificationFactor") or 1)
    except (ValueError, TypeError):  # not a number: then it says nothing
        return False
    return math.isfinite(factor) and factor > _MAGNIFIED


def _aside(dataset: "Dataset", view: str, side: str) -> str:
    """Why the film is set aside, "" where it is not."""
    if view == "SPECIMEN":
        return "specimen"
    items = [*(dataset.get("ViewCodeSequence") or [])]
    modifiers = [*(dataset.get("ViewModifierCodeSequence") or [])]  # at the top level in old files
    for item in items:
        modifiers += item.get("ViewModifierCodeSequence") or []
    for item in modifiers:
        if reason := _keyword(item, "cid4015", _ASIDE_CODES):
            return reason
    if _magnified(dataset):
        return "magnification view"
    if words(dataset, "BreastImplantPresent") == ["YES"]:
        return "implant"
    if words(dataset, "PartialView") == ["YES"]:
        return "partial view"
    return "both breasts on one film" if side == "B" else ""


def _kind(dataset: "Dataset") -> Literal["presentation", "processing"]:
    """Presentation Intent Type, else the SOP class; whatever is neither (a scanned film) is for presentation."""
    intent = words(dataset, "PresentationIntentType")
    if intent in (["FOR PROCESSING"], ["FOR PRESENTATION"]):
        return "processing" if intent == ["FOR PROCESSING"] else "presentation"
    return "processing" if str(dataset.get("SOPClassUID", "")) in _FOR_PROCESSING else "presentation"


def film_tags(dataset: "Dataset", table: Said) -> FilmTags:
    """View, side and kind of a film, and whether it is set aside; what the table says wins over tags.

    Args:
        dataset: the header.
        table: what the case table says.

    Raises:
        UnreadableError: tags that contradict each other on the side where the table says nothing, or a word
            of the table that is unknown.
    """
    said = check_said(table)
    view, side = said.view or _tagged_view(dataset), said.laterality or _tagged_side(dataset)
    aside = _aside(dataset, view, side)
    return FilmTags(view, side if side in ("L", "R") else "", _kind(dataset), aside)
