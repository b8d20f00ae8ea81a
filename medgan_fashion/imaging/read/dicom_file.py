"""Opens DICOM files: data sets with and without pixels, whether they are whole, what kind of image they hold."""

import mmap
import struct
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from medgan_fashion.imaging.read.dicom_guard import guarded
from medgan_fashion.imaging.read.picture import UnreadableError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset, FileDataset

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
