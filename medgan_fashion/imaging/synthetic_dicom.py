"""Synthetic images as DICOM Secondary Capture: tags and pixels say that they show no patient."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion import __version__

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


# ---------------------------------------------------------------------------------------------------------------------
# Words burned into pixels, in letters that need no font file.


# letters 5 pixels high: legible at one pixel per stroke, and no font file is needed
_LETTERS = {
    "S": "### #.. ### ..# ###",
    "Y": "#.# #.# .#. .#. .#.",
    "N": "#..# ##.# #.## #..# #..#",
    "T": "### .#. .#. .#. .#.",
    "H": "#.# #.# ### #.# #.#",
    "E": "### #.. ##. #.. ###",
    "I": "# # # # #",
    "C": "### #.. #.. #.. ###",
    "L": "#.. #.. #.. #.. ###",
    "M": "#...# ##.## #.#.# #...# #...#",
    "O": "### #.# #.# #.# ###",
    "R": "##. #.# ##. #.# #.#",
}
_MARKS = (("SYNTHETIC",), ("SYN", "THETIC"), ("SYN",), ("S",))  # the first that fits is burned in


def pixel_word(word: str) -> NDArray[np.bool_]:
    """A word of the letters CEHILMNORSTY as a bitmap (5, w), letters one pixel apart."""
    columns = []
    for letter in word:
        columns.append(np.array([[dot == "#" for dot in row] for row in _LETTERS[letter].split()]))
        columns.append(np.zeros((5, 1), dtype=bool))
    return np.concatenate(columns[:-1], axis=1)


def _stack(lines: Sequence[str]) -> NDArray[np.bool_]:
    """Lines below each other, ranged left, in a frame one pixel wide."""
    drawn = [pixel_word(line) for line in lines]
    width = max(line.shape[1] for line in drawn)
    rows = [np.pad(line, ((1, 0), (1, width - line.shape[1] + 1))) for line in drawn]
    return np.pad(np.concatenate(rows), ((0, 1), (0, 0)))


def burn_mark(pixels: NDArray[Any], high: int) -> tuple[NDArray[Any], bool]:
    """Writes SYNTHETIC into the lower right corner, bright on black, about a quarter of the picture wide.

    Narrow pictures get it on two lines, smaller ones SYN or S: whatever fits into a third of the height.

    Args:
        pixels: (H, W) or (H, W, 3).
        high: the value of the letters.

    Returns the marked copy, and False where the picture is too small (under 7 x 5 pixels) for any mark.
    """
    height, width = pixels.shape[:2]
    for lines in _MARKS:
        mark = _stack(lines)
        if mark.shape[1] <= width and mark.shape[0] <= min(height, max(7, height / 3)):
            break
    else:
        return pixels, False
    scale = max(1, round(width / 4 / mark.shape[1]))
    while scale > 1 and scale * mark.shape[0] > height / 3:
        scale -= 1
    mark = np.kron(mark, np.ones((scale, scale), dtype=bool))
    marked = pixels.copy()
    corner = marked[height - mark.shape[0] :, width - mark.shape[1] :]
    corner[...] = np.where(mark if pixels.ndim == 2 else mark[..., None], high, 0)
    return marked, True


NOT_A_PATIENT = "SYNTHETIC - NOT A PATIENT"
_MAKER = "medgan_fashion"
_BITS = 12  # of a float model's pixels, stored in 16
_LO = 64  # length that a value of type LO may have: characters, but some readers count bytes


@dataclass(frozen=True)
class Origin:
    """What made the images.

    Args:
        model: name of the model's recipe.
        model_sha256: hash of the model's file, hexadecimal.
        seed: of the draw.
        value_range: (low, high) of the model's values, which become the ends of the stored range.
    """

    model: str
    model_sha256: str
    seed: int
    value_range: tuple[float, float]


def stored_values(image: NDArray[Any], value_range: tuple[float, float]) -> NDArray[np.unsignedinteger[Any]]:
    """One image (C, H, W) as it is stored: (H, W) of 8 bits for uint8 and of 12 bits for floats, (H, W, 3) of 8 bits.

    `value_range` is spread over all values that the bits can hold. Colour has 8 bits because DICOM readers expect
    no other. Raises ValueError for anything but 1 or 3 channels of 2 dimensions.
    """
    if image.ndim != 3 or image.shape[0] not in (1, 3):
        raise ValueError(f"an image of shape {image.shape} is no DICOM picture; use format npz for this model")
    if image.dtype == np.uint8:
        stored = image
    else:
        top, kind = (2**_BITS - 1, np.uint16) if len(image) == 1 else (255, np.uint8)
        low, high = value_range
        stored = np.clip((image - low) * (top / (high - low)), 0, top).round().astype(kind)
    return stored[0] if len(image) == 1 else stored.transpose(1, 2, 0)


def _set_pixels(data: "Dataset", pixels: NDArray[Any], burned: bool) -> None:
    """The image module: MONOCHROME2 of 8 or 12 bits, or RGB."""
    bits = 8 if pixels.dtype == np.uint8 else _BITS
    data.BurnedInAnnotation = "YES" if burned else "NO"
    data.SamplesPerPixel, data.PhotometricInterpretation = (3, "RGB") if pixels.ndim == 3 else (1, "MONOCHROME2")
    if pixels.ndim == 3:
        data.PlanarConfiguration = 0
    else:
        # the linear function from the lowest to the highest stored value (PS3.3 C.11.2.1.2)
        data.WindowCenter, data.WindowWidth = 2 ** (bits - 1), 2**bits
    data.Rows, data.Columns = pixels.shape[:2]
    data.BitsAllocated, data.BitsStored, data.HighBit = 8 * pixels.itemsize, bits, bits - 1
    data.PixelRepresentation, data.LossyImageCompression = 0, "00"
    raw = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
    data.PixelData = raw + b"\0" * (len(raw) % 2)
    data["PixelData"].VR = "OB" if bits == 8 else "OW"


def _short(text: str) -> str:
    """As much as a value of type LO holds."""
    return text.encode()[:_LO].decode(errors="ignore").strip()


def _contributing_equipment(model: str) -> "Dataset":
    """What drew the image: purpose (109100, DCM, "Synthesizing Equipment"), as DICOM asks beside Synthetic Data."""
    from pydicom.dataset import Dataset

    purpose, equipment = Dataset(), Dataset()
    purpose.CodeValue, purpose.CodingSchemeDesignator = "109100", "DCM"
    purpose.CodeMeaning = "Synthesizing Equipment"
    equipment.PurposeOfReferenceCodeSequence = [purpose]
    equipment.Manufacturer, equipment.ManufacturerModelName = _MAKER, _short(model)
    equipment.SoftwareVersions = __version__
    equipment.ContributionDescription = "Drew the image with a generative network"
    return equipment


def _describe(data: "Dataset", origin: Origin, label: str) -> None:
    """Who and what: no patient, no study of one, and the model, seed and class the image comes from."""
    text = "".join(" " if sign == "\\" or not sign.isprintable() else sign for sign in label)  # \ parts values
    data.SyntheticData = "YES"
    data.ImageType, data.Modality, data.ConversionType = ["DERIVED", "SECONDARY"], "OT", "SYN"
    data.PatientName, data.PatientID = "SYNTHETIC^NOT A PATIENT", f"SYN-{origin.model_sha256[:16]}"
    data.PatientBirthDate = data.PatientSex = data.PatientOrientation = data.Laterality = ""
    data.AccessionNumber = data.ReferringPhysicianName = ""
    data.Manufacturer, data.ManufacturerModelName = _MAKER, _short(origin.model)
    data.SoftwareVersions, data.StudyID, data.StudyDescription = __version__, "SYN", NOT_A_PATIENT
    data.SeriesDescription = _short(f"{NOT_A_PATIENT}: {text}" if text else NOT_A_PATIENT)
    low, high = origin.value_range
    data.DerivationDescription = (
        f"Drawn by a generative network: model sha256 {origin.model_sha256}, seed {origin.seed}; "
        f"the stored range spans the model's values {low:g} to {high:g}"
    )
    data.ImageComments = "SYNTHETIC, NOT FOR DIAGNOSTIC USE" + (f". Class asked of the model: {text}" if text else "")
    data.ContributingEquipmentSequence = [_contributing_equipment(origin.model)]


def _stamp(data: "Dataset", now: datetime) -> None:
    """Dates of the making, in UTC. The study is the run that drew the images: its date is the only one there is;
    nothing was acquired, so there is no acquisition date."""
    day, time = now.strftime("%Y%m%d"), now.strftime("%H%M%S")
    data.TimezoneOffsetFromUTC = "+0000"
    data.StudyDate = data.SeriesDate = data.ContentDate = data.InstanceCreationDate = day
    data.StudyTime = data.SeriesTime = data.ContentTime = data.InstanceCreationTime = time
    data.DateOfSecondaryCapture, data.TimeOfSecondaryCapture = day, time


def _secondary_capture() -> "Dataset":
    """An object with a fresh UID under 2.25."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

    data = Dataset()
    data.SpecificCharacterSet = "ISO_IR 192"
    data.SOPClassUID, data.SOPInstanceUID = SecondaryCaptureImageStorage, generate_uid(prefix=None)
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return data


def synthetic_datasets(
    images: NDArray[Any], labels: Sequence[str], origin: Origin, *, mark: bool = True
) -> list["Dataset"]:
    """Secondary Capture objects of synthetic images: one study, one series per class, fresh UIDs under 2.25.

    Nothing comes from a real object: no patient, no frame of reference, no pixel spacing. All say SyntheticData YES.

    Args:
        images: (N, 1 or 3, H, W), uint8, or floats in `origin.value_range`.
        labels: N class names, "" for none.
        mark: burn SYNTHETIC into a corner.

    Raises:
        ValueError: images that DICOM pictures cannot hold.
    """
    from pydicom.uid import generate_uid

    now, study, made = datetime.now(UTC), generate_uid(prefix=None), []
    series = {label: (generate_uid(prefix=None), number) for number, label in enumerate(dict.fromkeys(labels), 1)}
    for number, (image, label) in enumerate(zip(images, labels, strict=True), 1):
        pixels, burned = stored_values(image, origin.value_range), False
        if mark:
            pixels, burned = burn_mark(pixels, 255 if pixels.dtype == np.uint8 else 2**_BITS - 1)
        data = _secondary_capture()
        data.StudyInstanceUID, (data.SeriesInstanceUID, data.SeriesNumber) = study, series[label]
        data.InstanceNumber = number
        _describe(data, origin, label)
        _stamp(data, now)
        _set_pixels(data, pixels, burned)
        made.append(data)
    return made
