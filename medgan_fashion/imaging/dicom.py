"""Reads DICOM: stored values, modality LUT or rescale, polarity, padding; windows are left to intensity."""

import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.imaging.dicom_file import AGAIN, check_kind, read_header
from medgan_fashion.imaging.pictures import Picture, UnreadableError

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


def stored_values(dataset: "FileDataset") -> NDArray[Any]:
    """The stored values (H, W), integers of BitsStored bits or floats."""
    if not any(dataset.get(keyword) for keyword in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        raise UnreadableError("Pixel Data (7FE0,0010) is missing", AGAIN)
    try:
        return dataset.pixel_array
    except (RuntimeError, ImportError) as error:
        uid = dataset.file_meta.get("TransferSyntaxUID", "")
        package, syntax = _CODECS.get(str(uid)), f"Transfer Syntax UID (0002,0010) {getattr(uid, 'name', uid)}"
        if package and "missing dependencies" in str(error):
            raise UnreadableError(f"its codec is not installed ({syntax})", f"pip install {package}") from None
        raise UnreadableError(f"pixels do not decode ({syntax})", "decompress the file with another tool") from None
    except (ValueError, AttributeError, KeyError, EOFError, IndexError, TypeError):
        raise UnreadableError("Pixel Data (7FE0,0010) is damaged or incomplete", AGAIN) from None


def polarity_inverted(dataset: "Dataset") -> bool:
    """True where low values are bright; MONOCHROME1 and PresentationLUTShape INVERSE together count once."""
    return dataset.PhotometricInterpretation == "MONOCHROME1" or dataset.get("PresentationLUTShape") == "INVERSE"


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

    try:
        return apply_modality_lut(values, dataset).astype(np.float64)
    except (ValueError, TypeError, AttributeError, KeyError, struct.error):
        tags = "Modality LUT (0028,3000) or Rescale Slope and Intercept (0028,1053) and (0028,1052) are damaged"
        raise UnreadableError(tags, "export the picture again, or remove the row") from None


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
    """Millimetres between rows and columns; in projections detector spacing divided by magnification."""
    imager = dataset.get("ImagerPixelSpacing")
    pair = imager or dataset.get("PixelSpacing") or dataset.get("NominalScannedPixelSpacing")
    if not pair or len(pair) != 2:
        return None
    enlarged = float(dataset.get("EstimatedRadiographicMagnificationFactor") or 1) if imager else 1.0
    return (float(pair[0]) / enlarged, float(pair[1]) / enlarged)


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
    check_kind(dataset)
    stored = stored_values(dataset)
    pixels = modality(dataset, stored)
    if polarity_inverted(dataset):
        pixels = modality(dataset, stored_range(dataset, stored)).sum() - pixels
    pads = padding(dataset, stored)
    if pads is not None and pads.any() and not pads.all():
        pixels[pads] = pixels[~pads].min()
    return Picture(pixels[None].astype(np.float32), _unit(dataset), spacing(dataset))
