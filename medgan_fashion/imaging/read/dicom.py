"""Reads DICOM: stored values, modality LUT or rescale, polarity, padding; windows are left to intensity."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.imaging.read.dicom_file import AGAIN, check_kind, read_header, word
from medgan_fashion.imaging.read.dicom_guard import guarded
from medgan_fashion.imaging.read.picture import Picture, UnreadableError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset, FileDataset

# transfer syntax UID -> package that decodes it; pylibjpeg-libjpeg is GPL-3 and therefore in no extra
_CODECS = {
    **dict.fromkeys(("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"), "pylibjpeg-openjpeg"),
    **dict.fromkeys((f"1.2.840.10008.1.2.4.20{n}" for n in (1, 2, 3)), "pylibjpeg-openjpeg"),
    **dict.fromkeys(("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"), "pyjpegls"),
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 57, 70)), "pylibjpeg pylibjpeg-libjpeg"),
    "1.2.840.10008.1.2.5": "pylibjpeg-rle",
}


def _undecoded(dataset: "FileDataset", missing: bool) -> UnreadableError:
    """Why pixels do not decode: a package is missing, or they are damaged or of a kind that nothing decodes."""
    uid = dataset.file_meta.get("TransferSyntaxUID", "")
    package, syntax = _CODECS.get(str(uid)), f"Transfer Syntax UID (0002,0010) {getattr(uid, 'name', uid)}"
    if package and missing:
        return UnreadableError(f"its codec is not installed ({syntax})", f"pip install {package}", here=True)
    return UnreadableError(f"pixels do not decode ({syntax})", "decompress the file with another tool", here=missing)


def stored_values(dataset: "FileDataset") -> NDArray[Any]:
    """The stored values (H, W), integers of BitsStored bits or floats."""
    if not any(dataset.get(keyword) for keyword in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        raise UnreadableError("Pixel Data (7FE0,0010) is missing", AGAIN)
    with guarded("Pixel Data (7FE0,0010) is damaged or incomplete", AGAIN):
        try:
            return dataset.pixel_array
        except (RuntimeError, ImportError) as error:
            raise _undecoded(dataset, "missing dependencies" in str(error)) from None


def polarity_inverted(dataset: "Dataset") -> bool:
    """True where low values are bright; MONOCHROME1 and PresentationLUTShape INVERSE together count once."""
    return (
        word(dataset, "PhotometricInterpretation") == "MONOCHROME1"
        or word(dataset, "PresentationLUTShape") == "INVERSE"
    )


def padding(dataset: "Dataset", stored: NDArray[Any]) -> NDArray[np.bool_] | None:
    """Where pixels are padding (PixelPaddingValue to PixelPaddingRangeLimit, stored values), None without."""
    first = dataset.get("PixelPaddingValue")
    if first is None:
        return None
    last = dataset.get("PixelPaddingRangeLimit")
    ends = [int(v) for v in (first, first if last is None else last)]
    if int(dataset.get("PixelRepresentation", 0)) == 1:
        # writers give the signed value as an unsigned one (63536 for -2000): fold it back
        bits = int(dataset.BitsAllocated)
        ends = [v - 2**bits if v >= 2 ** (bits - 1) else v for v in ends]
    return (stored >= min(ends)) & (stored <= max(ends))


def stored_range(dataset: "Dataset", stored: NDArray[Any]) -> NDArray[Any]:
    """The two ends of what BitsStored can hold; for floats those of this picture."""
    if stored.dtype.kind == "f":
        return np.array([stored.min(), stored.max()], dtype=stored.dtype)
    bits = int(dataset.BitsStored)
    low = -(2 ** (bits - 1)) if int(dataset.get("PixelRepresentation", 0)) == 1 else 0
    return np.array([low, low + 2**bits - 1], dtype=np.int64)


def modality(dataset: "Dataset", values: NDArray[Any]) -> NDArray[np.float64]:
    """Modality LUT where there is one, else slope and intercept, else the values themselves."""
    from pydicom.pixels.processing import apply_modality_lut

    tags = "Modality LUT (0028,3000) or Rescale Slope and Intercept (0028,1053) and (0028,1052) are damaged"
    with guarded(tags, "export the picture again, or remove the row"):
        return apply_modality_lut(values, dataset).astype(np.float64)


def _unit(dataset: "Dataset") -> str:
    """HU for CT with a rescale, else the rescale's own type; grey values of so many bits without one."""
    if "ModalityLUTSequence" in dataset:
        return str(dataset.ModalityLUTSequence[0].get("ModalityLUTType") or "modality LUT")
    slope, intercept = float(dataset.get("RescaleSlope") or 1), float(dataset.get("RescaleIntercept") or 0)
    if dataset.get("Modality") == "CT" and "RescaleIntercept" in dataset:
        return "HU"
    if (slope, intercept) == (1.0, 0.0):
        return f"grey {int(dataset.BitsStored)} bit" if "BitsStored" in dataset else "float"
    return str(dataset.get("RescaleType") or f"rescaled {dataset.get('Modality', '')}".strip())


def spacing(dataset: "Dataset") -> tuple[float, float] | None:
    """Millimetres between rows and columns; in projections detector spacing divided by magnification.

    None where a tag is missing or says what no spacing can be, such as 0.
    """
    imager = dataset.get("ImagerPixelSpacing")
    pair = imager or dataset.get("PixelSpacing") or dataset.get("NominalScannedPixelSpacing")
    if not pair or len(pair) != 2:
        return None
    enlarged = float(dataset.get("EstimatedRadiographicMagnificationFactor") or 1) if imager else 1.0
    found = (float(pair[0]) / enlarged, float(pair[1]) / enlarged)
    return found if all(math.isfinite(length) and length > 0 for length in found) else None


def read_dicom(path: Path) -> Picture:
    """Reads one single-frame grey DICOM image, large values bright.

    MONOCHROME1 (or PresentationLUTShape INVERSE; both together count once) becomes low + high - x, where
    low and high are the ends of the stored range after the modality step, so that a set of films stays
    comparable. Padding becomes the minimum of the other pixels, after polarity. No window is applied.

    Returns:
        Picture with pixels float32 (1, H, W) in HU (CT) or rescaled or stored values.

    Raises:
        UnreadableError: damaged, synthetic, colour, multi-frame, or its codec is missing; says the cure.
    """
    dataset = read_header(path, pixels=True)
    with guarded():
        check_kind(dataset)
        stored = stored_values(dataset)
        pixels = modality(dataset, stored)
        if polarity_inverted(dataset):
            pixels = modality(dataset, stored_range(dataset, stored)).sum() - pixels
        pads = padding(dataset, stored)
        if pads is not None and pads.any() and not pads.all():
            pixels[pads] = pixels[~pads].min()
        return Picture(pixels[None].astype(np.float32), _unit(dataset), spacing(dataset))
