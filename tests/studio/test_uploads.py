"""What a visitor may send: pictures within limits, kept as pixels alone."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from medgan_fashion.studio.settings import Settings
from medgan_fashion.studio.store.pictures import SIDE, accept_photo, photo_pixels

SMALL = Settings(upload_mb=1, upload_megapixels=1)


def _photo(format: str = "JPEG", size: tuple[int, int] = (60, 40), **more: object) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format, **more)
    return buffer.getvalue()


def test_nothing_but_pixels_is_kept() -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home, Elm Street 3"
    kept = accept_photo(_photo(exif=exif), SMALL)
    assert b"Elm Street" not in kept
    with Image.open(io.BytesIO(kept)) as picture:
        assert (picture.size, picture.mode, picture.format) == ((SIDE, SIDE), "RGB", "PNG")
        assert not picture.info
        assert not picture.getexif()
    assert photo_pixels(kept).shape == (3, SIDE, SIDE)


def test_what_hides_behind_a_picture_is_left_behind() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("payload.py", "import os")
    kept = accept_photo(_photo() + archive.getvalue(), SMALL)
    assert b"payload.py" not in kept
    script = accept_photo(_photo("PNG") + b"<script>alert(1)</script>", SMALL)
    assert b"<script>" not in script


def test_a_decompression_bomb_is_refused_by_its_header() -> None:
    """A PNG of 900 million pixels in a few kilobytes."""
    buffer = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(buffer, "PNG")
    assert len(buffer.getvalue()) < 2**20
    with pytest.raises(ValueError, match=r"this file cannot be used, it is huge"):
        accept_photo(buffer.getvalue(), SMALL)


def _synthetic() -> bytes:
    flag = PngInfo()
    flag.add_text("SyntheticData", "YES")
    return _photo("PNG", pnginfo=flag)


def _animation() -> bytes:
    frames, buffer = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")], io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def test_a_tiff_of_one_page_is_a_photo() -> None:
    assert photo_pixels(accept_photo(_photo("TIFF"), SMALL)).shape == (3, SIDE, SIDE)


def test_pages_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """To count the pages of a file with very many took the server a minute."""

    def counted(picture: object) -> int:
        raise AssertionError("the pages were counted")

    pages, buffer = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue", "green")], io.BytesIO()
    pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:])
    monkeypatch.setattr("PIL.TiffImagePlugin.TiffImageFile.n_frames", property(counted))
    with pytest.raises(ValueError, match="of several pages"):
        accept_photo(buffer.getvalue(), SMALL)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
        (_photo()[:300], "not a picture, or a damaged one"),
        (_photo(size=(2000, 1000)), "huge|larger than 1 MB"),
        (_photo("PNG", (700, 700)), "larger than 1 MB: please send a smaller picture"),
        (_photo(size=(4, 4)), "tiny"),
        (_animation(), "animated"),
        (_synthetic(), "marked as made by a computer: send a photo"),
    ],
)
def test_what_is_refused_and_why(data: bytes, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        accept_photo(data, SMALL)
