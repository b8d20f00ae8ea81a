"""A visitor's photo: taken within limits, decoded, and kept as pixels alone."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medgan_fashion.fashion.data.photos import decode_photo
from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.studio.settings import Settings

SIDE = 256  # pixels of what is kept
TYPES = ("jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff", "gif", "avif")  # what the chooser offers; content decides

# what a catalogue's owner is told to do is no advice for a visitor
_FOR_VISITORS = {
    "floating-point pixels": "of a kind that we cannot read: save it as JPEG or PNG",
    "all of one colour": "all of one colour: send a photo that shows a garment",
    "marked as synthetic": "marked as made by a computer: send a photo of a real garment",
}


def accept_photo(data: bytes, settings: Settings) -> bytes:
    """A PNG (256 x 256, RGB) of the decoded pixels: nothing else of the upload is kept, neither its name, EXIF and
    place nor whatever may be hidden behind the picture.

    ValueError, for the visitor: too large in bytes or pixels, no picture, damaged, animated, or itself synthetic.
    """
    if len(data) > settings.upload_mb * 2**20:
        raise ValueError(f"this file is larger than {settings.upload_mb} MB: please send a smaller picture")
    try:
        pixels = decode_photo(io.BytesIO(data), SIDE, settings.upload_megapixels * 1_000_000)
    except UnreadableError as error:
        told = next((words for reason, words in _FOR_VISITORS.items() if error.reason.startswith(reason)), str(error))
        raise ValueError(f"this file cannot be used, it is {told}") from None
    buffer = io.BytesIO()
    Image.fromarray(pixels.transpose(1, 2, 0)).save(buffer, "PNG")
    return buffer.getvalue()


def photo_pixels(png: bytes) -> NDArray[np.uint8]:
    """uint8 (3, 256, 256) of what `accept_photo` gave."""
    return np.ascontiguousarray(np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).transpose(2, 0, 1))
