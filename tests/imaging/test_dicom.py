from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.imaging.read.readers import picture_shape, read_image

Write = Callable[..., Path]


def test_signed_ct_becomes_hounsfield_units(dicom: Write) -> None:
    stored = np.array([[-1000, 0], [500, 1500]], dtype=np.int16)
    path = dicom(stored, Modality="CT", RescaleSlope=2, RescaleIntercept=-24, PixelSpacing=[0.5, 0.25])
    read = read_image(path)
    np.testing.assert_array_equal(read.pixels, [[[-2024, -24], [976, 2976]]])
    assert (read.unit, read.spacing_mm, read.pixels.dtype) == ("HU", (0.5, 0.25), np.float32)


def test_unsigned_ct_of_twelve_bits(dicom: Write) -> None:
    stored = np.array([[0, 1024], [4095, 7]], dtype=np.uint16)
    tags = {"Modality": "CT", "RescaleSlope": 1, "RescaleIntercept": -1024, "BitsStored": 12, "HighBit": 11}
    np.testing.assert_array_equal(read_image(dicom(stored, **tags)).pixels[0], [[-1024, 0], [3071, -1017]])


def test_window_is_not_applied(dicom: Write) -> None:
    stored = np.array([[0, 100], [4000, 7]], dtype=np.uint16)
    path = dicom(stored, Modality="MG", WindowCenter=50, WindowWidth=10)
    np.testing.assert_array_equal(read_image(path).pixels[0], stored)


@pytest.mark.parametrize(
    ("photometric", "shape", "inverted"),
    [
        ("MONOCHROME1", None, True),
        ("MONOCHROME1", "INVERSE", True),
        ("MONOCHROME2", "INVERSE", True),
        ("MONOCHROME2", "IDENTITY", False),
        ("MONOCHROME2", None, False),
    ],
)
def test_polarity_is_inverted_at_most_once(dicom: Write, photometric: str, shape: str | None, inverted: bool) -> None:
    stored = np.array([[0, 1], [95, 4000]], dtype=np.uint16)
    tags = {} if shape is None else {"PresentationLUTShape": shape}
    path = dicom(stored, PhotometricInterpretation=photometric, BitsStored=12, HighBit=11, Modality="MG", **tags)
    expected = [[4095, 4094], [4000, 95]] if inverted else stored
    np.testing.assert_array_equal(read_image(path).pixels[0], expected)


def test_signed_monochrome1_with_rescale(dicom: Write) -> None:
    stored = np.array([[-128, 127], [0, 1]], dtype=np.int8)
    path = dicom(stored, PhotometricInterpretation="MONOCHROME1", RescaleSlope=2, RescaleIntercept=10)
    # ends -128 and 127 become -246 and 264; x' = 18 - x with x = 2 s + 10
    np.testing.assert_array_equal(read_image(path).pixels[0], [[264, -246], [8, 6]])


def test_padding_becomes_the_minimum_of_the_rest(dicom: Write) -> None:
    stored = np.array([[-2000, -1000], [40, -2000]], dtype=np.int16)
    # the signed value as writers give it: unsigned
    padding = DataElement("PixelPaddingValue", "US", 63536)
    path = dicom(stored, Modality="CT", RescaleSlope=1, RescaleIntercept=0, PixelPaddingValue=padding)
    np.testing.assert_array_equal(read_image(path).pixels[0], [[-1000, -1000], [40, -1000]])


def test_padding_range_of_an_inverted_film_stays_dark(dicom: Write) -> None:
    stored = np.array([[0, 2], [100, 255]], dtype=np.uint8)
    tags = {"PhotometricInterpretation": "MONOCHROME1", "PixelPaddingValue": 0, "PixelPaddingRangeLimit": 5}
    np.testing.assert_array_equal(read_image(dicom(stored, **tags)).pixels[0], [[0, 0], [155, 0]])


def test_modality_lut(dicom: Write) -> None:
    lut = Dataset()
    lut.add_new("LUTDescriptor", "US", [4, 0, 16])
    lut.ModalityLUTType = "OD"
    lut.add_new("LUTData", "US", [10, 20, 40, 80])
    path = dicom(np.array([[0, 1], [2, 3]], dtype=np.uint8), ModalityLUTSequence=Sequence([lut]))
    read = read_image(path)
    np.testing.assert_array_equal(read.pixels[0], [[10, 20], [40, 80]])
    assert read.unit == "OD"


def test_projection_spacing_is_divided_by_the_magnification(dicom: Write) -> None:
    stored = np.array([[0, 1], [2, 3]], dtype=np.uint16)
    tags = {
        "ImagerPixelSpacing": [0.1, 0.1],
        "EstimatedRadiographicMagnificationFactor": 2,
        "PixelSpacing": [9, 9],
    }
    assert read_image(dicom(stored, Modality="MG", **tags)).spacing_mm == (0.05, 0.05)


@pytest.mark.parametrize("spacing", [[0, 0], [0.5, 0], [-1, 1]])
def test_a_spacing_that_cannot_be_is_unknown(dicom: Write, spacing: list[float]) -> None:
    path = dicom(np.array([[0, 1], [2, 3]], dtype=np.uint16), Modality="MR", PixelSpacing=spacing)
    assert read_image(path).spacing_mm is None


@pytest.mark.parametrize("tags", [{"PhotometricInterpretation": "MONOCHROME1"}, {"PresentationLUTShape": "INVERSE"}])
def test_polarity_in_small_letters(dicom: Write, tags: dict[str, str]) -> None:
    path = dicom(np.array([[0, 1], [2, 255]], dtype=np.uint8), **tags)
    for capitals in (value.encode() for value in tags.values()):
        path.write_bytes(path.read_bytes().replace(capitals, capitals.lower()))
    np.testing.assert_array_equal(read_image(path).pixels[0], [[255, 254], [253, 0]])


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"SyntheticData": "YES"}, "synthetic"),
        ({"NumberOfFrames": 1, "SharedFunctionalGroupsSequence": [Dataset()]}, "multi-frame.*split it into single"),
        ({"PerFrameFunctionalGroupsSequence": [Dataset()]}, "multi-frame"),
        ({"NumberOfFrames": 2}, "multi-frame"),
        ({"PhotometricInterpretation": "RGB"}, "colour"),
        ({"Rows": 0}, "zero-size"),
        ({"PixelData": b""}, "is missing"),
        ({"RescaleSlope": 1, "RescaleIntercept": None}, "Rescale Slope"),
    ],
)
def test_refused_kinds_say_why(dicom: Write, tags: dict[str, object], reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        read_image(dicom(np.array([[0, 1], [2, 3]], dtype=np.uint8), **tags))


def test_cut_short_file_names_no_path(dicom: Write) -> None:
    path = dicom(np.arange(4096, dtype=np.uint16).reshape(64, 64), name="SMITH^JOHN.dcm")
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(UnreadableError, match="damaged or incomplete") as caught:
        read_image(path)
    assert "SMITH" not in str(caught.value)


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9, 0.999])
def test_cut_short_compressed_file_is_told_without_a_warning(shared_data: Path, tmp_path: Path, kept: float) -> None:
    whole = (shared_data / "dicom_samples/CT1_J2KR").read_bytes()
    path = tmp_path / "SMITH.dcm"
    path.write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(UnreadableError, match=r"cut short: Pixel Data \(7FE0,0010\)"):
        read_image(path)
    assert picture_shape(path) == (512, 512)


def test_missing_codec_names_the_package(dicom: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    from pydicom.pixels.decoders.base import JPEGLSLosslessDecoder
    from pydicom.uid import JPEGLSLossless

    path = dicom(np.array([[0, 1], [2, 3]], dtype=np.uint8))
    import pydicom
    from pydicom.encaps import encapsulate

    data = pydicom.dcmread(path)
    data.file_meta.TransferSyntaxUID = JPEGLSLossless
    data.PixelData = encapsulate([b"\xff\xd8\xff\xd9"])
    data["PixelData"].VR = "OB"
    data.save_as(path)
    monkeypatch.setattr(JPEGLSLosslessDecoder, "_available", {})
    with pytest.raises(UnreadableError, match="pip install pyjpegls") as caught:
        read_image(path)
    assert caught.value.here


def test_real_samples(shared_data: Path) -> None:
    folder = shared_data / "dicom_samples"
    mammogram, ct, small = (read_image(folder / n) for n in ("MG1_J2KI", "CT1_J2KR", "CT_small.dcm"))
    assert mammogram.pixels.shape == (1, 4664, 3064)
    assert (mammogram.unit, mammogram.pixels.max()) == ("grey 12 bit", 4095)
    assert (ct.unit, ct.pixels.shape, ct.pixels.min()) == ("HU", (1, 512, 512), -1024)
    assert small.spacing_mm == pytest.approx((0.661468, 0.661468))
    assert picture_shape(folder / "CT_small.dcm") == (128, 128)
