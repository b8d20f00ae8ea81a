from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.imaging.read.readers import mask_is_empty, read_image, read_mask

RAMP = np.arange(12, dtype=np.uint8).reshape(3, 4)


@pytest.mark.parametrize("suffix", ["png", "tif", "pgm"])
@pytest.mark.parametrize("bits", [8, 16])
def test_grey_values_are_kept(tmp_path: Path, suffix: str, bits: int) -> None:
    values = RAMP if bits == 8 else RAMP.astype(np.uint16) * 5000
    Image.fromarray(values).save(tmp_path / f"x.{suffix}")
    read = read_image(tmp_path / f"x.{suffix}")
    np.testing.assert_array_equal(read.pixels, values[None])
    assert (read.unit, read.pixels.dtype) == (f"grey {bits} bit", np.float32)


def test_colour_becomes_luminance_and_alpha_is_dropped(tmp_path: Path) -> None:
    colour = np.zeros((2, 2, 4), dtype=np.uint8)
    colour[0, 0], colour[0, 1], colour[1, 0], colour[1, 1] = (
        (255, 0, 0, 9),
        (0, 255, 0, 0),
        (7, 7, 7, 1),
        (0, 0, 255, 5),
    )
    Image.fromarray(colour).save(tmp_path / "x.png")
    expected = [[[0.299 * 255, 0.587 * 255], [7, 0.114 * 255]]]
    np.testing.assert_allclose(read_image(tmp_path / "x.png").pixels, expected, rtol=1e-5)


def test_jpeg(tmp_path: Path) -> None:
    Image.fromarray(np.repeat(RAMP * 20, 8, axis=1)).save(tmp_path / "x.jpg", quality=95)
    assert read_image(tmp_path / "x.jpg").pixels.shape == (1, 3, 32)


def test_numpy_of_two_and_three_dimensions(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", RAMP.astype(np.float64) / 3)
    np.save(tmp_path / "b.npy", np.stack([RAMP, RAMP]).astype(np.int16))
    assert (read_image(tmp_path / "a.npy").unit, read_image(tmp_path / "a.npy").pixels.shape) == (
        "float",
        (1, 3, 4),
    )
    assert (read_image(tmp_path / "b.npy").unit, read_image(tmp_path / "b.npy").pixels.shape[0]) == (
        "grey 16 bit",
        2,
    )


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.full((3, 3), np.nan), "finite"),
        (np.ones((3, 3)), "all pixels are equal"),
        (np.zeros((20, 20, 3)), "shape"),
        (np.array([["a", "b"]]), "NPY of"),
    ],
)
def test_unusable_arrays(tmp_path: Path, array: np.ndarray, reason: str) -> None:
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(UnreadableError, match=reason):
        read_image(tmp_path / "x.npy")


def test_synthetic_png_is_refused(tmp_path: Path) -> None:
    info = PngInfo()
    info.add_text("SyntheticData", "YES")
    Image.fromarray(RAMP).save(tmp_path / "x.png", pnginfo=info)
    with pytest.raises(UnreadableError, match="synthetic"):
        read_image(tmp_path / "x.png")


@pytest.mark.parametrize("content", [b"", b"not a picture at all", b"\x89PNG\r\n\x1a\n broken"])
def test_damaged_files_name_no_path(tmp_path: Path, content: bytes) -> None:
    for name in ("SMITH.png", "SMITH.dcm", "SMITH"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UnreadableError) as caught:
            read_image(tmp_path / name)
        assert "SMITH" not in str(caught.value)


def test_truncated_png(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "x.png")
    (tmp_path / "x.png").write_bytes((tmp_path / "x.png").read_bytes()[:1500])
    with pytest.raises(UnreadableError, match="damaged"):
        read_image(tmp_path / "x.png")


def test_missing_file_and_pages(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="does not exist"):
        read_image(tmp_path / "none.png")
    pages = [Image.fromarray(RAMP), Image.fromarray(RAMP)]
    pages[0].save(tmp_path / "x.tif", save_all=True, append_images=pages[1:])
    with pytest.raises(UnreadableError, match="pages"):
        read_image(tmp_path / "x.tif")


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "P", "LA"])
def test_masks_of_every_mode(tmp_path: Path, mode: str) -> None:
    inside = np.zeros((6, 8), dtype=bool)
    inside[1:3, 2:7] = True
    Image.fromarray(inside.astype(np.uint8) * 255).convert(mode).save(tmp_path / "m.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "m.png", (6, 8)), inside)
    doubled = read_mask(tmp_path / "m.png", (12, 16))
    np.testing.assert_array_equal(doubled, inside.repeat(2, axis=0).repeat(2, axis=1))


def test_label_values_count_and_smooth_edges_are_halved(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 1, 2]], dtype=np.uint8)).save(tmp_path / "labels.png")
    assert read_mask(tmp_path / "labels.png", (1, 3)).tolist() == [[False, True, True]]
    Image.fromarray(np.arange(0, 256, 5, dtype=np.uint8)[None]).save(tmp_path / "smooth.png")
    assert read_mask(tmp_path / "smooth.png", (1, 52)).sum() == 26


def test_empty_mask(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "m.png")
    assert mask_is_empty(tmp_path / "m.png")
    assert not read_mask(tmp_path / "m.png", (4, 4)).any()
