from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from medgan_fashion.imaging.mammograms.mammogram import apply_lut, apply_window, present_grey, read_mammogram
from medgan_fashion.imaging.mammograms.tags import Said
from medgan_fashion.imaging.read.picture import Picture, UnreadableError

Write = Callable[..., Path]
TWELVE = {"Modality": "MG", "BitsStored": 12, "HighBit": 11}
STORED = np.array([[0, 1000], [1001, 4095]], dtype=np.uint16)


def _lut(entries: list[int], first: int, bits: int) -> Sequence:
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [len(entries), first, bits])
    item.add_new("LUTData", "US", entries)
    return Sequence([item])


def _packed(entries: bytes) -> Sequence:
    """A LUT of 8 bits, two entries to a word."""
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [len(entries), 0, 8])
    item.add_new("LUTData", "OW", entries + bytes(len(entries) % 2))
    return Sequence([item])


def _read(path: Path, window: int = 0) -> np.ndarray:
    return read_mammogram(path, Said(), window=window).pixels[0]


def test_twelve_bit_monochrome1_with_a_voi_lut_sequence(dicom: Write) -> None:
    # entries for 1000, 1001, 1002: 0, 100, 1023 of 1023; below the first, beyond the last; then 1 - x
    tags = {**TWELVE, "PhotometricInterpretation": "MONOCHROME1", "WindowCenter": 5, "WindowWidth": 3}
    path = dicom(STORED, VOILUTSequence=_lut([0, 100, 1023], 1000, 10), **tags)
    np.testing.assert_allclose(_read(path), [[1, 1], [1 - 100 / 1023, 0]], atol=1e-7)


@pytest.mark.parametrize("entries", [bytes([0, 51, 102, 255]), bytes([0, 51, 102])])
def test_packed_lut_of_eight_bits(dicom: Write, entries: bytes) -> None:
    stored = np.array([[0, 1], [2, 9]], dtype=np.uint16)
    expected = [[0, 0.2], [0.4, entries[-1] / 255]]
    np.testing.assert_allclose(_read(dicom(stored, VOILUTSequence=_packed(entries), **TWELVE)), expected, atol=1e-7)


def test_a_signed_first_value_as_unsigned_holds_for_all_films_alike(dicom: Write) -> None:
    # entries 0, 10, 20, 30, 1023 of 1023 for -2, -1, 0, 1, 2, on a film without a negative pixel
    tags = {"Modality": "MG", "VOILUTSequence": _lut([0, 10, 20, 30, 1023], 2**16 - 2, 10)}
    expected = np.array([[20, 30], [1023, 1023]]) / 1023
    np.testing.assert_allclose(_read(dicom(np.array([[0, 1], [2, 3]], np.int16), **tags)), expected, atol=1e-7)
    shifted = dicom(np.array([[9, 10], [11, 12]], np.uint16), RescaleSlope=1, RescaleIntercept=-9, **tags)
    np.testing.assert_allclose(_read(shifted), expected, atol=1e-7)
    # values that cannot be negative: 65534 is the first value itself
    high = dicom(np.array([[2**16 - 2, 2**16 - 1], [0, 7]], np.uint16), **tags)
    np.testing.assert_allclose(_read(high), np.array([[0, 10], [0, 0]]) / 1023, atol=1e-7)


def test_a_lut_of_eight_bits_does_not_wrap_around() -> None:
    lut = np.arange(512) // 2
    np.testing.assert_allclose(apply_lut(np.array([-5, 0, 256, 511, 9999]), lut, 0, 8) * 255, [0, 0, 128, 255, 255])


def test_signed_values_with_slope_and_intercept_and_a_window(dicom: Write) -> None:
    stored = np.array([[-500, 0], [11, 500]], dtype=np.int16)
    tags = {"Modality": "MG", "RescaleSlope": 2, "RescaleIntercept": -24, "WindowCenter": 0, "WindowWidth": 101}
    # values -1024, -24, -2, 976; LINEAR: (x + 0.5) / 100 + 0.5
    np.testing.assert_allclose(_read(dicom(stored, **tags)), [[0, 0.265], [0.485, 1]], atol=1e-7)


def test_sigmoid(dicom: Write) -> None:
    path = dicom(STORED, WindowCenter=1000, WindowWidth=4, VOILUTFunction="SIGMOID", **TWELVE)
    # 1 / (1 + exp(-4 (x - 1000) / 4)) at 1000 and 1001
    np.testing.assert_allclose(_read(path), [[0, 0.5], [1 / (1 + np.exp(-1)), 1]], atol=1e-6)


def test_linear_and_linear_exact_differ_by_half_a_step(dicom: Write) -> None:
    window = {"WindowCenter": 1000, "WindowWidth": 11, **TWELVE}
    linear = _read(dicom(STORED, **window))
    exact = _read(dicom(STORED, VOILUTFunction="LINEAR_EXACT", **window))
    np.testing.assert_allclose(linear, [[0, 0.55], [0.65, 1]], atol=1e-7)
    np.testing.assert_allclose(exact, [[0, 0.5], [0.5 + 1 / 11, 1]], atol=1e-7)


def test_a_width_of_one_is_a_threshold() -> None:
    assert apply_window(np.array([9, 10, 11]), 10.5, 1, "LINEAR").tolist() == [0, 0, 1]


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_windows_agree_with_pydicom(function: str) -> None:
    from pydicom.pixels.processing import apply_windowing

    header = Dataset()
    header.PhotometricInterpretation, header.BitsStored, header.PixelRepresentation = "MONOCHROME2", 12, 0
    header.WindowCenter, header.WindowWidth, header.VOILUTFunction = 1800, 900, function
    values = np.arange(4096, dtype=np.uint16)
    expected = apply_windowing(values, header) / 4095
    np.testing.assert_allclose(apply_window(values, 1800, 900, function), expected, atol=1e-12)


def test_several_windows(dicom: Write) -> None:
    path = dicom(STORED, WindowCenter=[1000.5, 2048], WindowWidth=[2, 4096], **TWELVE)
    np.testing.assert_allclose(_read(path), [[0, 0.5], [1, 1]])  # (x - 1000) / 1 + 0.5 where 0 <= . <= 1
    np.testing.assert_allclose(_read(path, 1), STORED / 4095, atol=1e-7)
    with pytest.raises(UnreadableError, match=r"2 windows \(0028,1050\), but window 2 .*image\.mammogram\.window"):
        _read(path, 2)


@pytest.mark.parametrize(
    ("photometric", "shape", "inverted"),
    [
        ("MONOCHROME1", None, True),
        ("MONOCHROME1", "INVERSE", True),
        ("MONOCHROME2", "INVERSE", True),
        ("MONOCHROME2", "IDENTITY", False),
    ],
)
def test_polarity_is_inverted_once_over_the_output_range(
    dicom: Write, photometric: str, shape: str | None, inverted: bool
) -> None:
    stored = np.array([[10, 20], [30, 40]], dtype=np.uint16)  # far from both ends of the range
    tags = {**TWELVE, "PhotometricInterpretation": photometric} | ({"PresentationLUTShape": shape} if shape else {})
    share = stored / 4095
    np.testing.assert_allclose(_read(dicom(stored, **tags)), 1 - share if inverted else share, atol=1e-7)


def test_padding_is_the_minimum_whatever_the_polarity(dicom: Write) -> None:
    stored = np.array([[0, 3], [100, 4095]], dtype=np.uint16)
    tags = {**TWELVE, "PixelPaddingValue": 0, "PixelPaddingRangeLimit": 5, "WindowCenter": 50, "WindowWidth": 10}
    np.testing.assert_array_equal(_read(dicom(stored, **tags)), [[0, 0], [1, 1]])
    inverse = dicom(stored, PhotometricInterpretation="MONOCHROME1", **(tags | {"WindowCenter": 2000}))
    np.testing.assert_array_equal(_read(inverse), [[0, 0], [1, 0]])


def test_for_processing_takes_no_window(dicom: Write) -> None:
    tags = {**TWELVE, "PresentationIntentType": "FOR PROCESSING", "WindowCenter": 5, "WindowWidth": 3}
    film = read_mammogram(dicom(STORED, **tags), Said())
    np.testing.assert_allclose(film.pixels[0], STORED / 4095, atol=1e-7)
    assert film.unit == "for processing"


def test_negative_slope_without_a_window(dicom: Write) -> None:
    path = dicom(STORED, RescaleSlope=-1, RescaleIntercept=4095, **TWELVE)
    np.testing.assert_allclose(_read(path), 1 - STORED / 4095, atol=1e-7)


@pytest.mark.parametrize(
    ("width", "function"),
    [(0, "LINEAR"), (0.5, "LINEAR"), (-4, "LINEAR_EXACT"), (0, "SIGMOID"), (50, "CUBIC")],
)
def test_absurd_windows_name_their_tag(dicom: Write, width: float, function: str) -> None:
    path = dicom(STORED, WindowCenter=9, WindowWidth=width, VOILUTFunction=function, **TWELVE)
    with pytest.raises(UnreadableError, match=r"\(0028,105[16]\).*: correct the tag"):
        _read(path)


def test_a_width_that_is_no_number(dicom: Write) -> None:
    path = dicom(STORED, WindowCenter=9, WindowWidth="1234", **TWELVE)
    path.write_bytes(path.read_bytes().replace(b"1234", b"wide"))
    with pytest.raises(UnreadableError, match=r"Window Width \(0028,1051\) is not a number"):
        _read(path)


@pytest.mark.parametrize(("entries", "bits"), [([1, 2], 4), ([1, 2], 20)])
def test_damaged_lut(dicom: Write, entries: list[int], bits: int) -> None:
    with pytest.raises(UnreadableError, match=r"VOI LUT Sequence \(0028,3010\)"):
        _read(dicom(STORED, VOILUTSequence=_lut(entries, 0, bits), **TWELVE))


def test_grey_pictures_are_a_share_of_their_bits() -> None:
    eight = Picture(np.array([[[0, 255, 51]]], dtype=np.float32), "grey 8 bit")
    sixteen = Picture(np.array([[[0, 65535, 13107]]], dtype=np.float32), "grey 16 bit")
    for picture in (eight, sixteen):
        np.testing.assert_allclose(present_grey(picture), [[0, 1, 0.2]])
    with pytest.raises(UnreadableError, match="8 or 16 bit"):
        present_grey(Picture(eight.pixels, "float"))
