"""Any folder of pictures as one array: sub-folders are classes, every picture is fitted to one size and one mode."""

import math
import struct
import warnings
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from medgan_fashion.imaging.read.picture import UnreadableError

MOST_PIXELS = 100_000_000
SUFFIXES = (".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".webp", ".gif", ".tif", ".tiff", ".ppm", ".pgm", ".pnm")
_ERRORS = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error, zlib.error)
_FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM")  # named, because others (EPS) start programs
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32).reshape(3, 1, 1)  # ITU-R BT.601, as Pillow's "L"
_COLOURED = 2  # grey values between a pixel's channels: rounding makes less, a tint more
_EXPORT = "open it in a viewer and export it again, or remove it"

Pixels = NDArray[np.float32] | NDArray[np.uint8]


class FolderImages(NamedTuple):
    """`images` uint8 (N, C, H, W), sorted by class and name; `labels` int64 (N,), or None where the folder has no
    sub-folders; `classes`, the sub-folders' names by label."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64] | None
    classes: list[str]


def _pictures(folder: Path, deep: bool) -> list[Path]:
    """Pictures by their suffix, sorted by name; hidden files and what archives leave behind are passed over."""
    found = folder.rglob("*") if deep else folder.glob("*")
    kept = [path for path in found if path.suffix.lower() in SUFFIXES and path.is_file()]
    parts = {path: path.relative_to(folder).parts for path in kept}
    return sorted(
        (p for p in kept if not any(n.startswith((".", "__MACOSX")) for n in parts[p])), key=parts.__getitem__
    )


def _by_class(folder: Path, wanted: Sequence[str] | None) -> dict[str, list[Path]]:
    """Class -> pictures in any depth of its sub-folder, in the order `wanted` or by name; empty without sub-folders."""
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder; give one that holds pictures, or one sub-folder of them per class")
    subs = sorted(sub for sub in folder.iterdir() if sub.is_dir() and not sub.name.startswith((".", "__MACOSX")))
    found = {sub.name: pictures for sub in subs if (pictures := _pictures(sub, True))}
    if wanted is None:
        return found
    if lacking := [name for name in wanted if name not in found]:
        raise ValueError(f"{folder} has no sub-folder {lacking[0]!r} with pictures, only {', '.join(found) or 'none'}")
    return {name: found[name] for name in wanted}


def image_files(folder: Path, classes: Sequence[str] | None = None) -> tuple[list[Path], list[int] | None, list[str]]:
    """The pictures that `images_of_folder` reads, without opening any: paths, labels or None, class names.

    Raises ValueError for no folder, one without pictures or without a class asked for, and one with pictures both in
    and beside its sub-folders.
    """
    by_class, beside = _by_class(folder, classes), _pictures(folder, False)
    if by_class and beside and classes is None:
        raise ValueError(
            f"{folder} holds pictures both in its sub-folder {next(iter(by_class))!r} and beside it "
            f"({beside[0].name}); keep all in sub-folders, one per class, or none"
        )
    if by_class:
        labels = [k for k, paths in enumerate(by_class.values()) for _ in paths]
        return [path for paths in by_class.values() for path in paths], labels, list(by_class)
    if not beside:
        raise ValueError(f"{folder} holds no pictures ({', '.join(SUFFIXES)}); DICOM files: medgan-fashion cases")
    return beside, None, []


def _check_header(picture: Image.Image, synthetic: bool) -> None:
    """What can be refused before any pixel is decoded."""
    width, height = picture.size
    if width * height > MOST_PIXELS:
        cure = f"make it smaller than {MOST_PIXELS // 1_000_000} million pixels, or remove it"
        raise UnreadableError(f"huge ({width}x{height} pixels)", cure)
    # an MPO is a phone's JPEG with previews or a second lens behind the photo
    if getattr(picture, "n_frames", 1) > 1 and picture.format != "MPO":
        raise UnreadableError("animated, or of several pages", "save each page as a picture of its own")
    if not synthetic and str(picture.info.get("SyntheticData", "")).upper() == "YES":
        raise UnreadableError("marked as synthetic (text chunk SyntheticData), not a real picture", "remove it")


def _opened(path: Path, size: tuple[int, int] | None, synthetic: bool) -> Image.Image:
    """The picture with its pixels loaded, upright."""
    Image.init()
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of large pictures and odd tags: what matters is refused or read here
            picture = Image.open(file, formats=[name for name in _FORMATS if name in Image.OPEN])
            _check_header(picture, synthetic)
            if size is not None:  # a large JPEG is decoded at a part of its size: many times faster
                picture.draft(None, (2 * max(size), 2 * max(size)))
            picture.load()
            return ImageOps.exif_transpose(picture)
    except (UnreadableError, PermissionError, FileNotFoundError):
        raise
    except Image.DecompressionBombError:
        raise UnreadableError("huge", f"make it smaller than {MOST_PIXELS // 1_000_000} million pixels") from None
    except _ERRORS:
        raise UnreadableError("not a picture, or a damaged one", _EXPORT) from None


def _flat(picture: Image.Image) -> Image.Image:
    """In mode L, RGB, or F for more than 8 bits; what is transparent is laid on white."""
    if picture.mode == "F":
        raise UnreadableError("floating-point pixels, whose range is unknown", "export it as 8 or 16 bit PNG")
    if picture.mode.startswith("I"):
        return Image.fromarray(np.asarray(picture).astype(np.float32))
    if "transparency" in picture.info or picture.mode in ("LA", "La", "PA", "RGBA", "RGBa"):
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB")
    return picture.convert("L" if picture.mode in ("1", "L") else "RGB")


def _read(path: Path, size: tuple[int, int] | None, synthetic: bool) -> Pixels:
    """uint8 (1 or 3, H, W), or float32 (1, H, W) in stored units for more than 8 bits; grey saved as RGB is grey."""
    try:
        picture = _flat(_opened(path, size, synthetic))
    except UnreadableError as error:
        raise ValueError(f"{path}: {error.reason}; {error.cure}") from None
    if size is not None:
        picture = ImageOps.fit(picture, (size[1], size[0]), Image.Resampling.LANCZOS)
    pixels = np.asarray(picture)
    if pixels.ndim == 2:
        return np.maximum(pixels, 0)[None]  # a sharp edge of 16 bits may ring below 0
    coloured = (pixels.max(axis=2).astype(int) - pixels.min(axis=2)).max() > _COLOURED
    return pixels.transpose(2, 0, 1) if coloured else pixels[None, :, :, 1]


def _in_mode(pixels: Pixels, channels: int, most: float) -> NDArray[np.uint8]:
    """uint8 (channels, H, W): more than 8 bits are scaled by `most`, colours become luminance, grey three channels."""
    if pixels.dtype != np.uint8:
        pixels = np.rint(np.clip(pixels * (255 / most), 0, 255)).astype(np.uint8)
    if len(pixels) == 3 and channels == 1:
        return np.rint((pixels * _LUMA).sum(axis=0, keepdims=True)).astype(np.uint8)
    return np.broadcast_to(pixels.astype(np.uint8, copy=False), (channels, *pixels.shape[1:]))


def _check_sizes(paths: Sequence[Path], found: list[Pixels]) -> None:
    for path, pixels in zip(paths, found, strict=True):
        if pixels.shape[1:] != found[0].shape[1:]:
            (h, w), (other_h, other_w) = found[0].shape[1:], pixels.shape[1:]
            raise ValueError(
                f"{paths[0]} is {h}x{w} and {path} {other_h}x{other_w} pixels (height x width); give one size for "
                "all, such as --size '[64,64]'"
            )


def read_pictures(
    paths: Sequence[Path], size: tuple[int, int] | None, channels: int | None, synthetic: bool = False
) -> NDArray[np.uint8]:
    """These pictures as uint8 (N, C, H, W); everything else as in `images_of_folder`."""
    if channels not in (None, 1, 3):
        raise ValueError(f"channels is {channels}; it must be 1 (grey) or 3 (RGB)")
    if size is not None and min(size) < 1:
        raise ValueError(f"size is {list(size)}; it must be 1 pixel or more a side")
    found = [_read(one, size, synthetic) for one in paths]
    _check_sizes(paths, found)
    coloured = sum(len(pixels) == 3 for pixels in found)
    out = channels or (3 if 2 * coloured >= len(found) else 1)
    deep = max((float(pixels.max()) for pixels in found if pixels.dtype != np.uint8), default=0.0)
    most = 2.0 ** max(8, math.ceil(math.log2(deep + 1))) - 1
    return np.stack([_in_mode(pixels, out, most) for pixels in found])


def images_of_folder(
    path: Path,
    size: tuple[int, int] | None = None,
    classes: Sequence[str] | None = None,
    *,
    channels: int | None = None,
    synthetic: bool = False,
) -> FolderImages:
    """Reads every picture of a folder (PNG, JPEG, WebP, BMP, GIF, TIFF, PNM; any mode).

    Args:
        size: (H, W) in pixels; a picture is cut to that shape around its centre and resized (Lanczos). None: all
            pictures have one size already.
        classes: sub-folders to keep, by label; the others are left out. None: every sub-folder with pictures is one.
        channels: 1 = grey (luminance), 3 = RGB. None: 3 where at least half of the pictures have colours.
        synthetic: take pictures that are marked as synthetic, too.

    Pictures are turned upright (EXIF), transparency becomes white, colour profiles are not applied. Those of more than
    8 bits are scaled by the bits that the folder uses: 4095 is white where its brightest pixel lies in 2048..4095.

    Raises ValueError, which names the file or folder: no pictures, a missing class, sizes that differ, and a picture
    that is damaged, animated, larger than 100 million pixels, of floating-point or marked as synthetic; OSError for
    one that may not be opened.
    """
    paths, labels, names = image_files(path, classes)
    images = read_pictures(paths, size, channels, synthetic)
    return FolderImages(images, None if labels is None else np.array(labels, dtype=np.int64), names)
