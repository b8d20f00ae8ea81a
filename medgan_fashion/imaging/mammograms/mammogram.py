"""The mammogram door: one film of any supported format as it is meant to be seen, with its view and side."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.imaging.mammograms.tags import FilmTags, Said, check_said, film_tags, words
from medgan_fashion.imaging.read.dicom import (
    check_kind,
    guarded,
    modality,
    padding,
    polarity_inverted,
    read_header,
    spacing,
    stored_range,
    stored_values,
)
from medgan_fashion.imaging.read.picture import Picture, UnreadableError
from medgan_fashion.imaging.read.readers import is_dicom, read_image

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


# ---------------------------------------------------------------------------------------------------------------------
# From a mammogram's stored values to the share of its presentation range: LUTs, window, polarity, padding.


_FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
_LEVELS = 2**17  # more distinct values than this are worked on pixel by pixel
_EXPORT = "export the film again, or remove the row"


def apply_lut(values: NDArray[Any], lut: NDArray[Any], first: int, bits: int) -> NDArray[np.float64]:
    """Looks values up (PS3.3 C.11.2.1.1) and gives the share of the LUT's output range 0 to 2^bits - 1.

    Values below `first` get the first entry, those beyond the last get the last. pydicom's apply_voi does the
    same, but wraps around where a LUT of 8 bits has more than 256 entries.
    """
    index = np.clip(np.rint(values).astype(np.int64) - first, 0, len(lut) - 1)
    return np.clip(lut.astype(np.float64) / (2**bits - 1), 0, 1)[index]


def apply_window(values: NDArray[Any], centre: float, width: float, function: str) -> NDArray[np.float64]:
    """Share of the output range, PS3.3 C.11.2.1.2.1 (LINEAR) and C.11.2.1.3 (SIGMOID, LINEAR_EXACT).

    Raises:
        ValueError: an unknown function, or a width that it does not allow.
    """
    if function not in _FUNCTIONS:
        raise ValueError(f"VOI LUT function {function!r} is unknown: use one of {', '.join(_FUNCTIONS)}")
    if not np.isfinite([centre, width]).all() or width <= 0 or (function == "LINEAR" and width < 1):
        least = "1 or more" if function == "LINEAR" else "more than 0"
        raise ValueError(f"window width {width:g} at centre {centre:g} is absurd: {function} needs {least}")
    x = np.asarray(values, dtype=np.float64)
    if function == "SIGMOID":
        return 1 / (1 + np.exp(np.clip(-4 * (x - centre) / width, -700, 700)))
    if function == "LINEAR":
        centre, width = centre - 0.5, width - 1
    if width == 0:
        return (x > centre).astype(np.float64)
    return np.clip((x - centre) / width + 0.5, 0, 1)


def _numbers(dataset: "Dataset", keyword: str, tag: str) -> list[float]:
    """All numbers of a tag, none where it is absent.

    Raises:
        UnreadableError: what it holds is no number.
    """
    try:
        value = dataset.get(keyword)
        if value is None or value == "":
            return []
        return [float(v) for v in np.atleast_1d(np.asarray(value, dtype=object))]
    except (ValueError, TypeError, OverflowError):
        raise UnreadableError(f"{tag} is not a number", _EXPORT) from None


def _choice(n: int, index: int, what: str) -> int:
    """The index, where there are so many.

    Raises:
        UnreadableError: there are fewer.
    """
    if index < n:
        return index
    raise UnreadableError(f"the film has {n} {what}, but window {index} is asked for", "lower image.mammogram.window")


def _lut_entries(data: Any, n: int, bits: int) -> NDArray[Any]:
    """LUT Data as numbers: words, or bytes where n entries of 8 bits are packed two to a word."""
    if not isinstance(data, bytes):
        return np.asarray(data, dtype=np.int64)
    packed = bits == 8 and len(data) in (n, n + n % 2)
    return np.frombuffer(data, "u1" if packed else "<u2")


def _voi_lut(dataset: "Dataset", values: NDArray[Any], index: int, lowest: float) -> NDArray[np.float64]:
    """The VOI LUT of this index; `lowest` is the least that the modality step can give.

    Raises:
        UnreadableError: it is damaged.
    """
    sequence = dataset.VOILUTSequence
    item = sequence[_choice(len(sequence), index, "VOI LUTs (0028,3010)")]
    try:
        n, first, bits = (int(v) for v in item.LUTDescriptor)
        n = n or 2**16
        lut = _lut_entries(item.LUTData, n, bits)
        if first > 2**15 and lowest < 0:  # written as an unsigned number though values are signed
            first -= 2**16
        if not 8 <= bits <= 16 or len(lut) < n:
            raise ValueError("too short, or of an odd depth")
        return apply_lut(values, lut[:n], first, bits)
    except (ValueError, TypeError, AttributeError, KeyError):
        raise UnreadableError("VOI LUT Sequence (0028,3010) is damaged", _EXPORT) from None


def _window(dataset: "Dataset", values: NDArray[Any], index: int) -> NDArray[np.float64] | None:
    """The window of this index, None where the film has none.

    Raises:
        UnreadableError: an absurd width, or an unknown function.
    """
    centres = _numbers(dataset, "WindowCenter", "Window Center (0028,1050)")
    widths = _numbers(dataset, "WindowWidth", "Window Width (0028,1051)")
    if not centres or not widths:
        return None
    number = _choice(min(len(centres), len(widths)), index, "windows (0028,1050)")
    function = str(dataset.get("VOILUTFunction") or "LINEAR").strip().upper()
    try:
        return apply_window(values, centres[number], widths[number], function)
    except ValueError as error:
        what = str(error).partition(":")[0]
        tag = "(0028,1056)" if "function" in what else "Window Width (0028,1051)"
        raise UnreadableError(f"{tag}: {what}", "correct the tag, or remove the row") from None


def _share(values: NDArray[Any], low: float, high: float) -> NDArray[np.float64]:
    """Share of the range from low to high, which is what the stored bits can hold, after the modality step."""
    if not high > low:
        raise UnreadableError("all pixels are equal", "fetch the picture again, or remove the row")
    return np.clip((values - low) / (high - low), 0, 1)


def _seen(dataset: "Dataset", stored: NDArray[Any], index: int, processing: bool) -> NDArray[np.float32]:
    """present() of stored values of any shape."""
    values = modality(dataset, stored)
    low, high = sorted(float(v) for v in modality(dataset, stored_range(dataset, stored)))
    seen = None
    if not processing:
        has_lut = dataset.get("VOILUTSequence")
        seen = _voi_lut(dataset, values, index, low) if has_lut else _window(dataset, values, index)
    if seen is None:
        seen = _share(values, low, high)
    if polarity_inverted(dataset):
        seen = 1 - seen
    pads = padding(dataset, stored)
    return (seen if pads is None else np.where(pads, 0.0, seen)).astype(np.float32)


def present(dataset: "Dataset", stored: NDArray[Any], *, index: int, processing: bool) -> NDArray[np.float32]:
    """A film as it is meant to be seen, large = bright.

    Stored values, modality LUT or rescale, VOI (a LUT sequence before a window; neither for images that are for
    processing), polarity last, then padding. Polarity inverts the range of the VOI's output, 1 - x, which is
    one and the same for all films, once for MONOCHROME1 and PresentationLUTShape INVERSE together.

    Args:
        dataset: the header.
        stored: (H, W), stored values.
        index: which of several windows or VOI LUTs.
        processing: True for images that are for processing.

    Returns:
        float32 (H, W) in [0, 1], the share of the output range; of the stored range where there is no VOI.

    Raises:
        UnreadableError: an absurd window or a damaged LUT, with its tag.
    """
    low, high = stored.min(), stored.max()
    if stored.dtype.kind == "f" or int(high) - int(low) >= _LEVELS:
        return _seen(dataset, stored, index, processing)
    # every step depends on the value alone: work on the values that there can be, and look pixels up
    levels = np.arange(int(low), int(high) + 1).astype(stored.dtype)
    return _seen(dataset, levels, index, processing)[stored.astype(np.int64) - int(low)]


def present_grey(picture: Picture) -> NDArray[np.float32]:
    """A picture that is no DICOM as the share of its range, grey / (2^bits - 1): (C, H, W) -> (H, W).

    Raises:
        UnreadableError: floats or several channels, which have no such range.
    """
    words = picture.unit.split()
    if words[0] != "grey" or len(picture.pixels) != 1 or picture.pixels.min() < 0:
        raise UnreadableError("no grey picture of 8 or 16 bits", "save the film as DICOM, or as PNG of 8 or 16 bit")
    return np.clip(picture.pixels[0] / np.float32(2.0 ** int(words[1]) - 1), 0, 1)


# a film of the left breast, hung as usual, has its chest wall on the picture's left (A to the right)
_USUAL = {"L": "left", "R": "right"}
_BREAST = {"L": "left", "R": "right"}
_DARK = 1 / 8  # of the presentation range; 12-bit values that are declared to have 16 bits reach 1/16


@dataclass(frozen=True)
class Mammogram:
    """A film.

    Args:
        pixels: float32 (1, H, W) in [0, 1], large = bright, the share of the presentation range.
        unit: "for presentation", "for processing", or "grey" for what is no DICOM.
        spacing_mm: (between rows, between columns) in millimetres, or None where unknown.
        view: "CC", "MLO", ... (mammogram_tags.VIEWS), "" where unknown.
        laterality: "L", "R", or "" where unknown.
        orientation: the side of the chest wall by Patient Orientation, "left", "right", or "" where it is silent.
    """

    pixels: NDArray[np.float32]
    unit: str
    spacing_mm: tuple[float, float] | None
    view: str
    laterality: str
    orientation: str = ""


def chest_wall(seen: str, orientation: str, laterality: str) -> tuple[str, tuple[str, ...]]:
    """The side of the chest wall, and what is worth telling the user about it.

    Pixels decide; where they are silent Patient Orientation, then the usual hanging of that breast.

    Args:
        seen: "left" or "right" by the pixels, "" where they do not say.
        orientation: the same by Patient Orientation.
        laterality: "L", "R" or "".
    """
    usual = _USUAL.get(laterality, "")
    side = seen or orientation or usual
    if not side:
        return "left", ("the side of the chest wall is unknown, so the picture is not flipped: fill in laterality",)
    notes = []
    if orientation and orientation != side:
        notes.append(f"the chest wall lies on the {side}, Patient Orientation (0020,0020) puts it on the {orientation}")
    if usual and usual != side:
        whose = _BREAST[laterality]
        notes.append(f"the chest wall lies on the {side}, unusual for a {whose} breast: a wrong side, or mirrored")
    return side, tuple(notes)


def darkness(pixels: NDArray[np.float32]) -> tuple[str, ...]:
    """What is worth telling of a film that uses only the dark end of its presentation range; it is not stretched,
    because nothing says by how much."""
    if pixels.max() >= _DARK:
        return ()
    cure = "correct LUT Descriptor (0028,3002) or Bits Stored (0028,0101), or save a PNG's values as shares of 65535"
    return (f"all of it lies in the darkest eighth of its range, as if fewer bits were used than declared: {cure}",)


def _orientation(rows: list[str]) -> str:
    """Patient Orientation's first value is where a row's end points: anterior there puts the chest wall left."""
    first = rows[0] if len(rows) == 2 else ""
    return "left" if "A" in first and "P" not in first else "right" if "P" in first and "A" not in first else ""


def _read_dicom(path: Path, say: Said, window: int) -> Mammogram:
    dataset = read_header(path, pixels=True)
    check_kind(dataset)
    tags = film_tags(dataset, say)
    if tags.aside:
        raise UnreadableError(f"set aside: {tags.aside}", "nothing to cure, other films of the breast are used")
    pixels = present(dataset, stored_values(dataset), index=window, processing=tags.kind == "processing")
    orientation = _orientation(words(dataset, "PatientOrientation"))
    return Mammogram(
        pixels[None], f"for {tags.kind}", spacing(dataset), tags.view, tags.laterality, orientation=orientation
    )


def _read_grey(path: Path, say: Said) -> Mammogram:
    said, picture = check_said(say), read_image(path)
    tags = FilmTags(said.view, said.laterality, "presentation")
    return Mammogram(present_grey(picture)[None], "grey", picture.spacing_mm, tags.view, tags.laterality)


def read_mammogram(path: Path, say: Said, *, window: int = 0) -> Mammogram:
    """Reads one film.

    Args:
        path: DICOM, or a grey picture of 8 or 16 bit.
        say: what the case table says of it; it wins over tags.
        window: which of several windows or VOI LUTs, counted from 0.

    Raises:
        UnreadableError: it cannot be used, or is set aside (spot, magnification, implant, ...); says tag and cure.
    """
    if not is_dicom(path):
        return _read_grey(path, say)
    with guarded():
        film = _read_dicom(path, say, window)
    if not np.isfinite(film.pixels).all():
        raise UnreadableError("not all pixels are finite numbers", "export the film again, or remove the row")
    if film.pixels.min() == film.pixels.max():
        raise UnreadableError("all pixels are equal", "fetch the picture again, or remove the row")
    return film
