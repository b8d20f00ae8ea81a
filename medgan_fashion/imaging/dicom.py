"""Reads DICOM: stored values, modality LUT or rescale, polarity, padding; windows are left to intensity."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.imaging.pictures import Picture, UnreadableError

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

# transfer syntax UID -> package that decodes it; pylibjpeg-libjpeg is GPL-3 and therefore in no extra
_CODECS = {
    **dict.fromkeys(("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"), "pylibjpeg-openjpeg"),
    **dict.fromkeys((f"1.2.840.10008.1.2.4.20{n}" for n in (1, 2, 3)), "pylibjpeg-openjpeg"),
    **dict.fromkeys(("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"), "pyjpegls"),
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 57, 70)), "pylibjpeg pylibjpeg-libjpeg"),
    "1.2.840.10008.1.2.5": "pylibjpeg-rle",
}
_MONOCHROME = ("MONOCHROME1", "MONOCHROME2")


def read_header(path: Path, *, pixels: bool = False) -> "FileDataset":
    """A DICOM data set, without its pixels unless asked.

    Raises:
        UnreadableError: no DICOM, cut short, or pydicom is not installed.
    """
    try:
        import pydicom
        from pydicom.errors import InvalidDicomError
    except ImportError:
        raise UnreadableError("pydicom is missing", "pip install 'medgan-fashion[medical]'") from None
    try:
        return pydicom.dcmread(path, stop_before_pixels=not pixels)
    except InvalidDicomError:
        return _read_without_preamble(path, pixels)
    except (OSError, EOFError, ValueError, AttributeError, KeyError, NotImplementedError):
        raise UnreadableError("damaged DICOM file", "fetch it again from the archive") from None


def _read_without_preamble(path: Path, pixels: bool) -> "FileDataset":
    """Old files start with the data set itself; what does not then look like an image is no DICOM."""
    import pydicom
    from pydicom.uid import ImplicitVRLittleEndian

    cure = "check that it is a picture, or remove the row"
    try:
        dataset = pydicom.dcmread(path, stop_before_pixels=not pixels, force=True)
    except (OSError, EOFError, ValueError, AttributeError, KeyError, NotImplementedError):
        raise UnreadableError("neither a DICOM file nor a known picture", cure) from None
    if "Rows" not in dataset:
        raise UnreadableError("neither a DICOM file nor a known picture", cure)
    if "TransferSyntaxUID" not in dataset.file_meta:
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    return dataset


def check_kind(dataset: "FileDataset") -> None:
    """Refuses what is no single grey image of a real case.

    Raises:
        UnreadableError: synthetic, without an image, multi-frame or colour.
    """
    if str(dataset.get("SyntheticData", "")).upper() == "YES":
        raise UnreadableError("marked as synthetic (0008,001C), not a real case", "remove the row")
    if "Rows" not in dataset or "PhotometricInterpretation" not in dataset:
        raise UnreadableError("DICOM without an image", "remove the row, or name the image object of the study")
    if int(dataset.get("NumberOfFrames") or 1) > 1:
        raise UnreadableError("multi-frame DICOM", "split it into single frames and give each frame a row")
    if dataset.PhotometricInterpretation not in _MONOCHROME or int(dataset.get("SamplesPerPixel", 1)) != 1:
        raise UnreadableError("colour DICOM", "convert it to MONOCHROME2, or export it as PNG")


def _stored_values(dataset: "FileDataset") -> NDArray[Any]:
    """The stored values (H, W), integers of BitsStored bits or floats."""
    try:
        return dataset.pixel_array
    except (RuntimeError, ImportError) as error:
        package = _CODECS.get(str(dataset.file_meta.get("TransferSyntaxUID", "")))
        if package and "missing dependencies" in str(error):
            raise UnreadableError("its codec is not installed", f"pip install {package}") from None
        raise UnreadableError("pixels do not decode", "decompress the file with another tool") from None
    except (ValueError, AttributeError, KeyError, EOFError, IndexError, TypeError):
        raise UnreadableError("pixel data is damaged or incomplete", "fetch it again from the archive") from None


def _padding(dataset: "FileDataset", stored: NDArray[Any]) -> NDArray[np.bool_] | None:
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


def _stored_range(dataset: "FileDataset", stored: NDArray[Any]) -> NDArray[Any]:
    """The two ends of what BitsStored can hold; for floats those of this picture."""
    if stored.dtype.kind == "f":
        return np.array([stored.min(), stored.max()], dtype=stored.dtype)
    bits = int(dataset.BitsStored)
    low = -(2 ** (bits - 1)) if int(dataset.get("PixelRepresentation", 0)) == 1 else 0
    return np.array([low, low + 2**bits - 1], dtype=np.int64)


def _modality(dataset: "FileDataset", values: NDArray[Any]) -> NDArray[np.float64]:
    """Modality LUT where there is one, else slope and intercept, else the values themselves."""
    from pydicom.pixels.processing import apply_modality_lut

    return apply_modality_lut(values, dataset).astype(np.float64)


def _unit(dataset: "FileDataset") -> str:
    """HU for CT with a rescale, else the rescale's own type; grey values of so many bits without one."""
    if "ModalityLUTSequence" in dataset:
        return str(dataset.ModalityLUTSequence[0].get("ModalityLUTType") or "modality LUT")
    slope, intercept = float(dataset.get("RescaleSlope") or 1), float(dataset.get("RescaleIntercept") or 0)
    if dataset.get("Modality") == "CT" and "RescaleIntercept" in dataset:
        return "HU"
    if (slope, intercept) == (1.0, 0.0):
        return f"grey {int(dataset.BitsStored)} bit" if "BitsStored" in dataset else "float"
    return str(dataset.get("RescaleType") or f"rescaled {dataset.get('Modality', '')}".strip())


def _spacing(dataset: "FileDataset") -> tuple[float, float] | None:
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
    stored = _stored_values(dataset)
    pixels = _modality(dataset, stored)
    inverse = dataset.get("PresentationLUTShape") == "INVERSE"
    if inverse or dataset.PhotometricInterpretation == "MONOCHROME1":
        pixels = _modality(dataset, _stored_range(dataset, stored)).sum() - pixels
    padding = _padding(dataset, stored)
    if padding is not None and padding.any() and not padding.all():
        pixels[padding] = pixels[~padding].min()
    return Picture(pixels[None].astype(np.float32), _unit(dataset), _spacing(dataset))
