"""Any folder of pictures: classes, modes and sizes, and every file that cannot be used named in one sentence."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from medgan_fashion.imaging.prepare.image_folder import image_files, images_of_folder

GREY = np.random.default_rng(0).integers(0, 256, (12, 10), dtype=np.uint8)
RGB = np.random.default_rng(1).integers(0, 256, (12, 10, 3), dtype=np.uint8)


def put(path: Path, pixels: np.ndarray, **how: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **how)  # pyright: ignore[reportArgumentType]
    return path


def test_sub_folders_are_classes_in_the_order_of_their_names(tmp_path: Path) -> None:
    put(tmp_path / "dress" / "b.png", GREY)
    put(tmp_path / "coat" / "deeper" / "a.png", 255 - GREY)
    put(tmp_path / "coat" / ".hidden.png", GREY)
    put(tmp_path / "__MACOSX" / "x.png", GREY)
    (tmp_path / "coat" / "notes.txt").write_text("no picture")
    (tmp_path / "logs").mkdir()
    images, labels, classes = images_of_folder(tmp_path)
    assert (images.shape, images.dtype, classes) == ((2, 1, 12, 10), np.uint8, ["coat", "dress"])
    np.testing.assert_array_equal(labels, [0, 1])
    np.testing.assert_array_equal(images[:, 0], [255 - GREY, GREY])
    images, labels, classes = images_of_folder(tmp_path, classes=["dress"])
    assert (len(images), classes) == (1, ["dress"])
    np.testing.assert_array_equal(labels, [0])
    assert image_files(tmp_path, ["dress", "coat"])[1:] == ([0, 1], ["dress", "coat"])


def test_a_flat_folder_has_no_labels(tmp_path: Path) -> None:
    put(tmp_path / "b.png", GREY)
    put(tmp_path / "a.PNG", RGB)
    images, labels, classes = images_of_folder(tmp_path)
    assert (images.shape, labels, classes) == ((2, 3, 12, 10), None, [])
    np.testing.assert_array_equal(images[0], RGB.transpose(2, 0, 1))
    np.testing.assert_array_equal(images[1], np.stack([GREY] * 3))


def test_the_majority_decides_on_colours_unless_asked(tmp_path: Path) -> None:
    put(tmp_path / "a.png", GREY)
    put(tmp_path / "b.png", np.stack([GREY] * 3, axis=2))  # grey, saved as RGB
    put(tmp_path / "c.png", RGB)
    images = images_of_folder(tmp_path).images
    assert images.shape[1] == 1
    np.testing.assert_array_equal(images[1], images[0])
    expected = np.asarray(Image.fromarray(RGB).convert("L"), dtype=int)
    assert np.abs(images[2, 0] - expected).max() <= 1
    assert images_of_folder(tmp_path, channels=3).images.shape[1] == 3


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA", "CMYK"])
def test_any_mode_is_read(tmp_path: Path, mode: str) -> None:
    picture = Image.fromarray(RGB).convert("L" if mode == "LA" else "RGB").convert(mode)
    picture.save(tmp_path / ("a.tif" if mode == "CMYK" else "a.png"))
    assert images_of_folder(tmp_path, channels=3).images.shape == (1, 3, 12, 10)


def test_transparency_becomes_white(tmp_path: Path) -> None:
    clear = np.zeros((4, 4, 4), dtype=np.uint8)
    clear[:2, :, 3] = 255
    put(tmp_path / "a.png", clear)
    images = images_of_folder(tmp_path, channels=1).images
    assert not images[0, 0, :2].any()
    assert (images[0, 0, 2:] == 255).all()


@pytest.mark.parametrize(("most", "white"), [(4095, 4095), (65535, 65535), (3000, 4095), (200, 255)])
def test_16_bits_are_scaled_by_the_bits_in_use(tmp_path: Path, most: int, white: int) -> None:
    ramp = np.linspace(0, most, 100).round().astype(np.uint16).reshape(10, 10)
    put(tmp_path / "a.png", ramp)
    put(tmp_path / "b.png", ramp // 2)
    images = images_of_folder(tmp_path).images
    np.testing.assert_array_equal(images[0, 0], np.rint(ramp * np.float32(255 / white)))
    np.testing.assert_allclose(images[1, 0], ramp / 2 * 255 / white, atol=1)


def test_pictures_are_cut_around_their_centre_and_resized(tmp_path: Path) -> None:
    wide = np.zeros((20, 60), dtype=np.uint8)
    wide[:, 20:40] = 200
    put(tmp_path / "a.png", wide)
    assert np.abs(images_of_folder(tmp_path, (10, 10)).images[..., 2:-2] - 200.0).max() <= 4  # rings at the cut
    assert images_of_folder(tmp_path, (10, 30)).images.shape == (1, 1, 10, 30)
    put(tmp_path / "b.png", (wide.astype(np.uint16) * 256))
    images = images_of_folder(tmp_path, (10, 10)).images
    assert images.shape == (2, 1, 10, 10)
    np.testing.assert_allclose(images[0].astype(int), images[1], atol=1)


def test_large_jpegs_are_upright_and_cut_in_the_middle(tmp_path: Path) -> None:
    tall = np.zeros((400, 200, 3), dtype=np.uint8)
    tall[:200] = 250
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise: the bright half comes to the right
    put(tmp_path / "a.jpg", tall, exif=exif)
    image = images_of_folder(tmp_path, (20, 40)).images[0, 0]
    assert image[:, :18].max() < 20
    assert image[:, 22:].min() > 230


def test_sizes_that_differ_need_one(tmp_path: Path) -> None:
    put(tmp_path / "a.png", GREY)
    put(tmp_path / "b.png", GREY[:8])
    with pytest.raises(ValueError, match=r"a\.png is 12x10 and .*b\.png 8x10 pixels .*--size"):
        images_of_folder(tmp_path)
    assert images_of_folder(tmp_path, (8, 8)).images.shape == (2, 1, 8, 8)


def bomb(path: Path) -> None:
    """A PNG whose header promises 60000 x 60000 pixels."""
    put(path, GREY)
    data = bytearray(path.read_bytes())
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    import zlib

    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    path.write_bytes(data)


def marked(path: Path) -> None:
    info = PngInfo()
    info.add_text("SyntheticData", "YES")
    put(path, GREY, pnginfo=info)


def animated(path: Path) -> None:
    pages = [Image.fromarray(GREY), Image.fromarray(255 - GREY)]
    pages[0].save(path, format="GIF", save_all=True, append_images=pages[1:])


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda path: path.write_bytes(b"no picture"), "not a picture, or a damaged one"),
        (lambda path: path.write_bytes(b""), "not a picture, or a damaged one"),
        (lambda path: put(path, GREY) and path.write_bytes(path.read_bytes()[:120]), "a damaged one"),
        (bomb, "huge"),
        (animated, "animated, or of several pages"),
        (marked, "marked as synthetic"),
        (lambda path: put(path, GREY.astype(np.float32), format="TIFF"), "floating-point"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, write, words: str) -> None:
    put(tmp_path / "a.png", GREY)
    write(tmp_path / "b.png")
    with pytest.raises(ValueError, match=rf"b\.png: .*{words}") as caught:
        images_of_folder(tmp_path)
    assert "\n" not in str(caught.value)


def test_marked_pictures_are_read_where_they_belong(tmp_path: Path) -> None:
    marked(tmp_path / "a.png")
    assert len(images_of_folder(tmp_path, synthetic=True).images) == 1


def test_folders_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"holds no pictures"):
        images_of_folder(tmp_path)
    with pytest.raises(ValueError, match="is no folder"):
        images_of_folder(tmp_path / "none")
    put(tmp_path / "cat" / "a.png", GREY)
    with pytest.raises(ValueError, match="no sub-folder 'dog' with pictures, only cat"):
        images_of_folder(tmp_path, classes=["cat", "dog"])
    put(tmp_path / "b.png", GREY)
    with pytest.raises(ValueError, match=r"both in its sub-folder 'cat' and beside it \(b\.png\)"):
        images_of_folder(tmp_path)
    with pytest.raises(ValueError, match="channels is 2; it must be 1"):
        images_of_folder(tmp_path / "cat", channels=2)
