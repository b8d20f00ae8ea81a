"""A garment's photo as a square of sRGB pixels, or one sentence why it cannot be used."""

import io
import struct
import warnings
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from medgan_fashion.imaging.read.picture import UnreadableError

MOST_PIXELS = 100_000_000
LEAST_SIDE = 8
WHITE = 250  # a ground whose every channel is at least this is white, but for the noise of JPEG
_ERRORS = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error, zlib.error)
# named, because others (EPS) start programs
_FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF", "JPEG2000")


def ground_colour(pixels: NDArray[np.uint8]) -> tuple[int, int, int]:
    """The ground's colour of a picture (H, W, 3): the median of its outermost pixels, white where nearly white."""
    edges = [pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]
    red, green, blue = np.median(np.concatenate(edges), axis=0).astype(int).tolist()
    return (255, 255, 255) if min(red, green, blue) >= WHITE else (red, green, blue)


def letterbox(picture: Image.Image, size: int) -> NDArray[np.uint8]:
    """uint8 (3, size, size): an RGB picture whole and in proportion, the rest filled with its own ground."""
    scale = size / max(picture.size)
    width, height = (max(1, round(side * scale)) for side in picture.size)
    small = picture.resize((width, height), Image.Resampling.LANCZOS)
    square = Image.new("RGB", (size, size), ground_colour(np.asarray(picture)))
    square.paste(small, ((size - width) // 2, (size - height) // 2))
    return np.ascontiguousarray(np.asarray(square).transpose(2, 0, 1))


def _to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB in sRGB, by the picture's own colour profile where it has one that fits."""
    if profile and picture.mode in ("RGB", "CMYK", "L"):
        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            converted = None  # a profile for another mode, or a damaged one: viewers pass over it too
        if converted is not None:
            return converted
    return picture.convert("RGB")


def to_rgb(picture: Image.Image) -> Image.Image:
    """Any mode as RGB in sRGB: 16 bit grey is scaled, transparency laid on white.

    Raises:
        UnreadableError: floating-point pixels, whose range is unknown.
    """
    profile = picture.info.get("icc_profile")
    if picture.mode == "F":
        raise UnreadableError("floating-point pixels", "export it as 8 bit PNG or JPEG")
    if picture.mode.startswith("I"):
        values = np.clip(np.asarray(picture, dtype=np.float64) / 257, 0, 255)
        return Image.fromarray(np.rint(values).astype(np.uint8)).convert("RGB")
    if "transparency" in picture.info or picture.mode in ("LA", "La", "PA", "RGBA", "RGBa"):
        layered = picture.convert("RGBA")
        white = Image.new("RGB", picture.size, "white")
        white.paste(_to_srgb(layered.convert("RGB"), profile), mask=layered.getchannel("A"))
        return white
    return _to_srgb(picture, profile)


def _check_header(picture: Image.Image, most_pixels: int) -> None:
    """What can be refused before any pixel is decoded."""
    width, height = picture.size
    if width * height > most_pixels:
        cure = f"make it smaller than {most_pixels // 1_000_000} million pixels"
        raise UnreadableError(f"huge ({width}x{height} pixels)", cure)
    if min(width, height) < LEAST_SIDE:
        raise UnreadableError(f"tiny ({width}x{height} pixels)", f"give a picture of at least {LEAST_SIDE} each way")
    # an MPO is a phone's JPEG with previews or a second lens behind the photo
    if picture.format != "MPO" and _has_more(picture):
        raise UnreadableError("animated, or of several pages", "save the one picture that shows the garment")


def _has_more(picture: Image.Image) -> bool:
    """Whether there is a second frame; to count them all would take minutes for a file made to be slow."""
    try:
        picture.seek(1)
    except EOFError:
        return False
    return True


def _decode(file: BinaryIO, size: int, most_pixels: int) -> Image.Image:
    """The picture with its pixels loaded, upright."""
    Image.init()
    picture = Image.open(file, formats=[name for name in _FORMATS if name in Image.OPEN])
    _check_header(picture, most_pixels)
    picture.draft(None, (4 * size, 4 * size))  # a large JPEG is decoded at a part of its size: many times faster
    picture.load()
    if str(picture.info.get("SyntheticData", "")).upper() == "YES":
        raise UnreadableError("marked as synthetic (text chunk SyntheticData), no real garment", "remove the row")
    return ImageOps.exif_transpose(picture)


def decode_photo(file: BinaryIO, size: int, most_pixels: int = MOST_PIXELS) -> NDArray[np.uint8]:
    """`read_photo` of an open file, of so many pixels at most."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of large pictures and odd tags: what matters is refused or read here
            picture = to_rgb(_decode(file, size, most_pixels))
    except UnreadableError:
        raise
    except Image.DecompressionBombError:
        raise UnreadableError("huge", f"make it smaller than {most_pixels // 1_000_000} million pixels") from None
    except _ERRORS:
        raise UnreadableError("not a picture, or a damaged one", "open it in a viewer and export it again") from None
    pixels = np.asarray(picture)
    if (pixels == pixels[0, 0]).all():
        raise UnreadableError("all of one colour", "fetch the picture again, or remove the row")
    return letterbox(picture, size)


def read_photo(path: Path, size: int) -> NDArray[np.uint8]:
    """A photo as uint8 (3, size, size) sRGB: upright (EXIF), transparency on white, letterboxed on its own ground.

    Raises:
        UnreadableError: missing, damaged, animated, huge (over 100 million pixels), tiny (under 8), all of one
            colour, or marked as synthetic; the text names no file.
    """
    try:
        with path.open("rb") as file:
            return decode_photo(file, size)
    except FileNotFoundError:
        raise UnreadableError(
            "the file does not exist", "check its name, catalogue.images and catalogue.suffix"
        ) from None
    except OSError:
        raise UnreadableError("the file cannot be opened", "check its rights, and that it is no folder") from None
