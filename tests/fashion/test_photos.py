import io
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from medgan_fashion.fashion.data.photos import decode_photo, ground_colour, letterbox, read_photo
from medgan_fashion.imaging.read.picture import UnreadableError

RED, BLUE = (200, 30, 40), (20, 40, 180)


def two_halves(size: tuple[int, int] = (40, 40)) -> Image.Image:
    """Red above, blue below."""
    picture = Image.new("RGB", size, RED)
    picture.paste(BLUE, (0, size[1] // 2, size[0], size[1]))
    return picture


def test_a_square_photo_keeps_its_colours(tmp_path: Path) -> None:
    two_halves().save(tmp_path / "a.png")
    photo = read_photo(tmp_path / "a.png", 16)
    assert photo.shape == (3, 16, 16)
    assert photo.dtype == np.uint8
    assert tuple(photo[:, 2, 5]) == RED
    assert tuple(photo[:, 13, 5]) == BLUE


def test_exif_turns_it_upright(tmp_path: Path) -> None:
    picture = two_halves()
    exif = picture.getexif()
    exif[0x0112] = 3  # stored upside down
    picture.save(tmp_path / "a.png", exif=exif)
    photo = read_photo(tmp_path / "a.png", 16)
    assert tuple(photo[:, 2, 5]) == BLUE
    assert tuple(photo[:, 13, 5]) == RED


def test_letterboxed_on_its_own_ground() -> None:
    picture = Image.new("RGB", (40, 20), (90, 60, 30))
    picture.paste(RED, (10, 2, 30, 18))
    square = letterbox(picture, 20)
    assert tuple(square[:, 0, 0]) == (90, 60, 30)
    np.testing.assert_allclose(square[:, 10, 10].astype(int), RED, atol=1)
    np.testing.assert_allclose(square[:, 6, 10].astype(int), RED, atol=12)
    assert tuple(square[:, 3, 10]) == (90, 60, 30)
    nearly_white = np.full((10, 10, 3), 251, dtype=np.uint8)
    assert ground_colour(nearly_white) == (255, 255, 255)
    assert ground_colour(nearly_white - 5) == (246, 246, 246)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_becomes_white(mode: str, tmp_path: Path) -> None:
    picture = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    picture.paste((80, 80, 80, 255), (5, 5, 15, 15))
    picture.convert(mode).save(tmp_path / "a.png")
    photo = read_photo(tmp_path / "a.png", 20)
    assert tuple(photo[:, 0, 0]) == (255, 255, 255)
    assert tuple(photo[:, 10, 10]) == (80, 80, 80)


def test_a_palette_with_a_transparent_colour(tmp_path: Path) -> None:
    picture = two_halves((20, 20)).quantize(2)
    index = picture.getpixel((0, 0))
    picture.save(tmp_path / "a.png", transparency=index)
    photo = read_photo(tmp_path / "a.png", 20)
    assert tuple(photo[:, 2, 5]) == (255, 255, 255)
    assert tuple(photo[:, 17, 5]) == BLUE


def test_sixteen_bit_grey_and_cmyk(tmp_path: Path) -> None:
    values = np.full((20, 20), 257 * 40, dtype=np.uint16)
    values[10:] = 257 * 200
    Image.fromarray(values).save(tmp_path / "a.png")
    photo = read_photo(tmp_path / "a.png", 20)
    assert photo[:, 2, 2].tolist() == [40] * 3
    assert photo[:, 17, 2].tolist() == [200] * 3
    two_halves().convert("CMYK").save(tmp_path / "a.tif")
    np.testing.assert_allclose(read_photo(tmp_path / "a.tif", 20)[:, 2, 2], RED, atol=2)


def test_another_colour_space_becomes_srgb(tmp_path: Path) -> None:
    from PIL import ImageCms

    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    two_halves().save(tmp_path / "own.png", icc_profile=lab)
    two_halves().save(tmp_path / "broken.png", icc_profile=b"no profile at all")
    two_halves().save(tmp_path / "plain.png")
    plain = read_photo(tmp_path / "plain.png", 20)
    np.testing.assert_allclose(read_photo(tmp_path / "own.png", 20).astype(int), plain.astype(int), atol=1)
    np.testing.assert_array_equal(read_photo(tmp_path / "broken.png", 20), plain)


def test_a_large_jpeg_is_decoded_small(tmp_path: Path) -> None:
    two_halves((2000, 2000)).save(tmp_path / "a.jpg", quality=95)
    photo = read_photo(tmp_path / "a.jpg", 16)
    np.testing.assert_allclose(photo[:, 2, 5].astype(int), RED, atol=4)


def png(picture: Image.Image, **keys: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", **keys)  # pyright: ignore[reportArgumentType]
    return out.getvalue()


def gif() -> bytes:
    out = io.BytesIO()
    two_halves().save(out, "GIF", save_all=True, append_images=[two_halves().rotate(90)])
    return out.getvalue()


def marked() -> bytes:
    text = PngImagePlugin.PngInfo()
    text.add_text("SyntheticData", "YES")
    return png(two_halves(), pnginfo=text)


def huge(side: int) -> bytes:
    """A PNG whose header says side x side."""
    data = bytearray(png(Image.new("1", (16, 16))))
    data[16:24] = side.to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(bytes(data[12:29])).to_bytes(4, "big")
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "damaged"),
        (b"no picture", "damaged"),
        (png(two_halves())[:60], "damaged"),
        (gif(), "animated"),
        (huge(11_000), "huge"),
        (huge(60_000), "huge"),
        (png(two_halves((7, 40))), "tiny"),
        (png(Image.new("RGB", (20, 20), RED)), "one colour"),
        (png(Image.new("RGBA", (20, 20), (9, 9, 9, 0))), "one colour"),
        (marked(), "synthetic"),
    ],
)
def test_what_cannot_be_used(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        decode_photo(io.BytesIO(data), 16)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="does not exist"):
        read_photo(tmp_path / "a.png", 16)
    with pytest.raises(UnreadableError, match="cannot be opened"):
        read_photo(tmp_path, 16)


def test_floating_point_pixels_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.linspace(0, 1, 400, dtype=np.float32).reshape(20, 20)).save(tmp_path / "a.tif")
    with pytest.raises(UnreadableError, match="floating"):
        read_photo(tmp_path / "a.tif", 16)
