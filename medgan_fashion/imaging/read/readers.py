"""Reads a picture of any supported format into stored values, and masks of any mode into bool."""

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from medgan_fashion.imaging.read.dicom import guarded, read_dicom, read_header
from medgan_fashion.imaging.read.picture import Picture, UnreadableError

_PILLOW_ERRORS = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, struct.error, zlib.error)
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601, as Pillow's "L"
_CHECK = "open it in a viewer, and export it again or remove the row"
_MAX_LABELS = 8  # a mask with more distinct values than this was smoothed or compressed: cut at half its maximum


def _read_numpy(path: Path) -> Picture:
    """(H, W) or (C, H, W) numbers; unit "float" for floats, grey values of so many bits for integers."""
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        raise UnreadableError("damaged NPY file", "save it again with numpy.save") from None
    if array.dtype.kind not in "fiub":
        raise UnreadableError(f"NPY of {array.dtype}", "save real numbers")
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[0] > 16):
        raise UnreadableError(f"NPY of shape {array.shape}", "save (height, width) or (channels, height, width)")
    unit = "float" if array.dtype.kind == "f" else f"grey {8 * array.dtype.itemsize} bit"
    return Picture((array if array.ndim == 3 else array[None]).astype(np.float32), unit)


def _open(path: Path) -> Image.Image:
    """A Pillow picture with its pixels loaded."""
    try:
        # a file of our own: Pillow leaves one that it opened itself open where decoding fails
        with path.open("rb") as file:
            picture = Image.open(file)
            several = isinstance(picture, TiffImageFile) and picture.n_frames > 1
            picture.load()
    except _PILLOW_ERRORS:
        raise UnreadableError("not a picture, or a damaged one", _CHECK) from None
    if several:
        raise UnreadableError("TIFF with several pages", "save each page as a picture of its own")
    return picture


def _grey(picture: Image.Image) -> tuple[NDArray[Any], str]:
    """Grey values (H, W) of a Pillow picture and their unit; colours become luminance, alpha is dropped."""
    if picture.mode in ("1", "LA", "La"):
        picture = picture.convert("L")
    elif picture.mode not in ("L", "F", "I", "RGB") and not picture.mode.startswith("I;16"):
        picture = picture.convert("RGB")
    array = np.asarray(picture)
    if picture.mode == "F":
        return array, "float"
    if picture.mode == "RGB":
        return array.astype(np.float32) @ _LUMA, "grey 8 bit"
    return array, "grey 8 bit" if picture.mode == "L" else "grey 16 bit"


def _read_pillow(path: Path) -> Picture:
    picture = _open(path)
    if str(picture.info.get("SyntheticData", "")).upper() == "YES":
        raise UnreadableError("marked as synthetic (text chunk SyntheticData), not a real case", "remove the row")
    pixels, unit = _grey(picture)
    return Picture(pixels[None].astype(np.float32), unit)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(132)
    except FileNotFoundError:
        raise UnreadableError("the file does not exist", "check the path, it is relative to the table") from None
    except OSError:
        raise UnreadableError("the file cannot be opened", "check its rights, and that it is no folder") from None


def is_dicom(path: Path) -> bool:
    """True for a file with the DICOM mark, or without it but with a DICOM suffix."""
    return _head(path)[128:132] == b"DICM" or path.suffix.lower() in (".dcm", ".dicom", ".ima")


def read_image(path: Path) -> Picture:
    """Reads DICOM, PNG (8 or 16 bit), JPEG, TIFF, PGM or NPY, told apart by content rather than by name.

    Colour pictures become one grey channel, whether or not their channels are equal: luminance
    0.299 R + 0.587 G + 0.114 B (ITU-R BT.601); alpha is dropped. Nothing is rotated by EXIF, because boxes
    and masks refer to stored pixels.

    Returns:
        Picture with pixels float32 (C, H, W); C = 1 except for NPY of three dimensions.

    Raises:
        UnreadableError: a ValueError whose text says reason and cure but no path (paths hold patient IDs).
    """
    head = _head(path)
    if head.startswith(b"\x93NUMPY"):
        picture = _read_numpy(path)
    elif is_dicom(path):
        picture = read_dicom(path)
    else:
        picture = _read_pillow(path)
    if not np.isfinite(picture.pixels).all():
        raise UnreadableError("not all pixels are finite numbers", "replace NaN and infinity before saving")
    if picture.pixels.size == 0 or picture.pixels.min() == picture.pixels.max():
        raise UnreadableError("all pixels are equal", "fetch the picture again, or remove the row")
    return picture


def _mask_values(path: Path) -> NDArray[np.float32]:
    """Mask values (H, W), 0 = outside; the largest of the colour channels."""
    head = _head(path)
    if head.startswith(b"\x93NUMPY"):
        return np.abs(_read_numpy(path).pixels).max(axis=0)
    if is_dicom(path):
        return np.abs(read_dicom(path).pixels).max(axis=0)
    picture = _open(path)
    if picture.mode in ("1", "L", "LA", "F", "I") or picture.mode.startswith("I;16"):
        return _grey(picture)[0].astype(np.float32)
    return np.asarray(picture.convert("RGB"), dtype=np.float32).max(axis=2)


def read_mask(path: Path, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Reads a mask of any mode (1 bit, grey, palette, RGB, RGBA, NPY, DICOM) and lays it on its picture.

    Args:
        path: the mask; not 0 is inside, or more than half its maximum where it was smoothed or compressed.
        shape: (H, W) of the picture; a mask of another size is resized by nearest neighbour.

    Returns:
        bool (H, W); may be empty.

    Raises:
        UnreadableError: missing or damaged.
    """
    values = _mask_values(path)
    smooth = len(np.unique(values)) > _MAX_LABELS
    inside = values > (values.max() / 2 if smooth else 0)
    if inside.shape == shape:
        return inside
    resized = Image.fromarray(inside.astype(np.uint8)).resize((shape[1], shape[0]), Image.Resampling.NEAREST)
    return np.asarray(resized) > 0


def mask_labels(path: Path) -> tuple[int, ...]:
    """The labels of a mask but 0; () where it was smoothed or compressed and values are no labels.

    Raises:
        UnreadableError: missing or damaged.
    """
    values = np.unique(_mask_values(path))
    return () if len(values) > _MAX_LABELS else tuple(int(value) for value in values if value != 0)


def mask_is_empty(path: Path) -> bool:
    """True for a mask without any pixel inside.

    Raises:
        UnreadableError: missing or damaged.
    """
    return not _mask_values(path).any()


def picture_shape(path: Path) -> tuple[int, int]:
    """(H, W) of a picture, from its header where the format has one.

    Raises:
        UnreadableError: missing or damaged.
    """
    if is_dicom(path):
        header = read_header(path)
        with guarded():
            if "Rows" not in header or "Columns" not in header:
                raise UnreadableError("DICOM without an image", "remove the row")
            return (int(header.Rows), int(header.Columns))
    if _head(path).startswith(b"\x93NUMPY"):
        height, width = _read_numpy(path).pixels.shape[1:]
        return (height, width)
    try:
        with path.open("rb") as file, Image.open(file) as picture:
            return (picture.height, picture.width)
    except _PILLOW_ERRORS:
        raise UnreadableError("not a picture, or a damaged one", _CHECK) from None
