"""Reads DICOM: stored values, modality LUT or rescale, polarity, padding; damage becomes one sentence."""

import math
import mmap
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.imaging.read.picture import Picture, UnreadableError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset, FileDataset


# ---------------------------------------------------------------------------------------------------------------------
# Around every access to a DICOM data set: damage becomes UnreadableError, and no value reaches the terminal.


_DAMAGES = (
    *(OSError, EOFError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RuntimeError),
    *(struct.error, zlib.error),
)


class _Silence:
    """Switches pydicom's warnings about invalid values off, which quote the value, often a patient's ID or a UID.

    The setting belongs to the process and warnings.catch_warnings is not for threads: the first of several
    readers keeps what it found, and the last one puts it back.
    """

    def __init__(self) -> None:
        self._lock, self._readers, self._found = threading.Lock(), 0, 0

    def __enter__(self) -> None:
        from pydicom.config import IGNORE, settings

        with self._lock:
            if self._readers == 0:
                self._found, settings.reading_validation_mode = settings.reading_validation_mode, IGNORE
            self._readers += 1

    def __exit__(self, *_: object) -> None:
        from pydicom.config import settings

        with self._lock:
            self._readers -= 1
            if self._readers == 0:
                settings.reading_validation_mode = self._found


_SILENCE = _Silence()


@contextmanager
def guarded(
    reason: str = "a tag of the image holds what it must not", cure: str = "export it again from the archive"
) -> Iterator[None]:
    """Turns whatever pydicom raises for a damaged file into an UnreadableError; one raised inside stays as it is.

    Tags are converted when they are first asked for, so that all access to a data set belongs inside.

    Raises:
        UnreadableError: with this reason and cure, or because pydicom is not installed.
    """
    try:
        from pydicom.errors import BytesLengthException, InvalidDicomError
    except ImportError:
        raise UnreadableError("pydicom is missing", "pip install 'medgan-fashion[medical]'", here=True) from None
    try:
        with _SILENCE:
            yield
    except UnreadableError:
        raise
    except (*_DAMAGES, BytesLengthException, InvalidDicomError):
        raise UnreadableError(reason, cure) from None


# ---------------------------------------------------------------------------------------------------------------------
# Opens DICOM files: data sets with and without pixels, whether they are whole, what kind of image they hold.


AGAIN = "fetch it again from the archive"
SEGMENTATIONS = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")  # SOP Class UIDs: frames, label map
STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"
OUTLINES = (*SEGMENTATIONS, STRUCTURE_SET)
_MONOCHROME = ("MONOCHROME1", "MONOCHROME2")
_DAMAGED = ("damaged DICOM file", AGAIN)
_FUNCTIONAL_GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
_NO_PICTURE = ("neither a DICOM file nor a known picture", "check that it is a picture, or remove the row")
_PIXEL_DATA, _ITEM, _UNDEFINED = b"\xe0\x7f\x10\x00", b"\xfe\xff\x00\xe0", 0xFFFFFFFF


def word(dataset: "Dataset", keyword: str) -> str:
    """A tag's one text in capitals, as the standard writes it; "" where it is absent."""
    return str(dataset.get(keyword) or "").strip().upper()


def _is_whole(file: mmap.mmap) -> bool:
    """False where compressed Pixel Data, at which the file stands, ends before its delimiter (PS3.5 A.4).

    pydicom then drops every tag of the file and warns with the file's path, so this is checked before.
    """
    head = file.read(12)
    if len(head) < 12 or head[:4] != _PIXEL_DATA or struct.unpack("<I", head[8:])[0] != _UNDEFINED:
        return True  # native pixels: their number is checked where they are decoded
    while True:
        item = file.read(8)
        if len(item) < 8:
            return False
        if item[:4] != _ITEM:
            return True
        end = file.tell() + struct.unpack("<I", item[4:])[0]
        if end > file.size():
            return False
        file.seek(end)


def _read(file: mmap.mmap, pixels: bool) -> "FileDataset":
    """A data set, also of old files that start with it; what does not then look like an image is no DICOM.

    Raises:
        UnreadableError: no DICOM, or cut short.
    """
    import pydicom
    from pydicom.uid import ImplicitVRLittleEndian

    marked = file[128:132] == b"DICM"
    with guarded(*(_DAMAGED if marked else _NO_PICTURE)):
        dataset = pydicom.dcmread(cast(BinaryIO, file), stop_before_pixels=True, force=not marked)
        whole = not pixels or _is_whole(file)
    if not marked and "Rows" not in dataset:
        raise UnreadableError(*_NO_PICTURE)
    if not whole:
        raise UnreadableError("cut short: Pixel Data (7FE0,0010) is incomplete", AGAIN)
    if pixels:
        file.seek(0)
        dataset = pydicom.dcmread(cast(BinaryIO, file), force=not marked)
    if "TransferSyntaxUID" not in dataset.file_meta:
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    if (kind := word(dataset, "PhotometricInterpretation")) in _MONOCHROME:
        dataset.PhotometricInterpretation = kind  # pydicom decodes what is named in capitals only
    return dataset


def read_header(path: Path, *, pixels: bool = False) -> "FileDataset":
    """A DICOM data set, without its pixels unless asked.

    Raises:
        UnreadableError: no DICOM, cut short, or pydicom is not installed.
    """
    # a map instead of the path: pydicom puts a file's name, often a patient's ID, into its warnings
    with (
        guarded(*_DAMAGED),
        path.open("rb") as opened,
        mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as file,
    ):
        return _read(file, pixels)


def check_kind(dataset: "FileDataset") -> None:
    """Refuses what is no single grey image of a real case.

    Raises:
        UnreadableError: synthetic, without an image, multi-frame or colour.
    """
    if word(dataset, "SyntheticData") == "YES":
        raise UnreadableError("marked as synthetic (0008,001C), not a real case", "remove the row")
    if "Rows" not in dataset or "PhotometricInterpretation" not in dataset:
        raise UnreadableError("DICOM without an image", "remove the row, or name the image object of the study")
    if not dataset.get("Rows") or not dataset.get("Columns"):
        raise UnreadableError("zero-size frame: Rows (0028,0010) or Columns (0028,0011) is 0 or missing", AGAIN)
    split = "split it into single frames, each a file of its own with its window and rescale, and give each a row"
    if int(dataset.get("NumberOfFrames") or 1) > 1:
        raise UnreadableError("multi-frame DICOM, Number of Frames (0028,0008) is more than 1", split)
    if any(keyword in dataset for keyword in _FUNCTIONAL_GROUPS):  # rescale and window stand there, even of one frame
        raise UnreadableError("multi-frame DICOM by its Functional Groups (5200,9229) or (5200,9230)", split)
    if word(dataset, "PhotometricInterpretation") not in _MONOCHROME or int(dataset.get("SamplesPerPixel") or 1) != 1:
        cure = "convert it to MONOCHROME2, or export it as PNG"
        raise UnreadableError("colour DICOM by Photometric Interpretation (0028,0004)", cure)


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
