"""Synthetic DICOM: flags, pixels, the mark, and what a checker of the standard says."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from medgan_fashion import __version__
from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.imaging.read.readers import read_image
from medgan_fashion.imaging.synthetic_dicom import Origin, stored_values, synthetic_datasets

ORIGIN = Origin("plain generator", "ab" * 32, 7, (-100.0, 300.0))
GREY = np.array([[[[-100.0, 100.0], [300.0, 0.0]]], [[[-200.0, 400.0], [200.0, -100.0]]]], dtype=np.float32)


def write(folder: Path, images: np.ndarray, labels: list[str], *, mark: bool = True) -> list[Path]:
    paths = []
    for number, data in enumerate(synthetic_datasets(images, labels, ORIGIN, mark=mark)):
        paths.append(folder / f"{number}.dcm")
        data.save_as(paths[-1], enforce_file_format=True)
    return paths


def complaints(path: Path) -> list[str]:
    """What dciodvfy says, without the name of the object's kind and a reminder: Laterality is empty because it is
    unknown, and empty means just that."""
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy is not installed; it is in Debian's package dicom3tools")
    said = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True)
    lines = (said.stdout + said.stderr).splitlines()
    assert "SCImage" in lines
    return [line for line in lines if line != "SCImage" and not line.endswith("attribute <Laterality>")]


def test_floats_become_12_bits_over_the_value_range() -> None:
    # 4095 / 400 per unit: 200 units above the low end are 2047.5, 100 units 1023.75, 300 units 3071.25
    first, second = (stored_values(image, (-100.0, 300.0)) for image in GREY)
    assert first.dtype == np.uint16
    np.testing.assert_array_equal(first, [[0, 2048], [4095, 1024]])
    np.testing.assert_array_equal(second, [[0, 4095], [3071, 0]])  # beyond the range: its ends


def test_bytes_are_kept_and_colour_has_8_bits() -> None:
    grey = np.array([[[0, 7], [200, 255]]], dtype=np.uint8)
    np.testing.assert_array_equal(stored_values(grey, (0, 255)), grey[0])
    colour = stored_values(np.array([[[0.0]], [[0.5]], [[1.0]]], dtype=np.float32), (0.0, 1.0))
    assert (colour.shape, colour.dtype) == ((1, 1, 3), np.uint8)
    np.testing.assert_array_equal(colour[0, 0], [0, 128, 255])
    for shape in ((2, 4, 4), (1, 4, 4, 4)):
        with pytest.raises(ValueError, match="format npz"):
            stored_values(np.zeros(shape, dtype=np.float32), (0.0, 1.0))


def test_pydicom_reads_back_pixels_and_flags(tmp_path: Path) -> None:
    data = pydicom.dcmread(write(tmp_path, GREY, ["cyst", "metastasis"], mark=False)[0])
    np.testing.assert_array_equal(data.pixel_array, [[0, 2048], [4095, 1024]])
    assert (data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation) == (16, 12, 11, 0)
    assert (data.SyntheticData, data.BurnedInAnnotation, data.ConversionType) == ("YES", "NO", "SYN")
    assert (list(data.ImageType), data.Modality) == (["DERIVED", "SECONDARY"], "OT")
    assert data.SOPClassUID == data.file_meta.MediaStorageSOPClassUID == "1.2.840.10008.5.1.4.1.1.7"
    assert str(data.PatientName).startswith("SYNTHETIC^")
    assert data.PatientID == "SYN-" + "ab" * 8
    (equipment,) = data.ContributingEquipmentSequence
    (purpose,) = equipment.PurposeOfReferenceCodeSequence
    assert (purpose.CodeValue, purpose.CodingSchemeDesignator) == ("109100", "DCM")
    assert purpose.CodeMeaning == "Synthesizing Equipment"
    assert (equipment.ManufacturerModelName, equipment.SoftwareVersions) == ("plain generator", __version__)
    assert "ab" * 32 in data.DerivationDescription
    assert "seed 7" in data.DerivationDescription
    assert "NOT FOR DIAGNOSTIC USE" in data.ImageComments
    assert data.ImageComments.endswith("cyst")
    assert data.SeriesDescription == "SYNTHETIC - NOT A PATIENT: cyst"


def test_bytes_and_colour_read_back(tmp_path: Path) -> None:
    # 3 x 3 bytes are an odd number: the file holds one more, the reader gives nine
    grey = np.arange(0, 90, 10, dtype=np.uint8).reshape(1, 1, 3, 3)
    data = pydicom.dcmread(write(tmp_path, grey, [""], mark=False)[0])
    np.testing.assert_array_equal(data.pixel_array, grey[0, 0])
    assert (data.BitsStored, data.PhotometricInterpretation, len(data.PixelData)) == (8, "MONOCHROME2", 10)
    assert data.SeriesDescription == "SYNTHETIC - NOT A PATIENT"
    colour = np.random.default_rng(0).integers(0, 256, (1, 3, 4, 6)).astype(np.uint8)
    data = pydicom.dcmread(write(tmp_path, colour, [""], mark=False)[0])
    np.testing.assert_array_equal(data.pixel_array, colour[0].transpose(1, 2, 0))
    assert (data.PhotometricInterpretation, data.SamplesPerPixel, data.BitsStored) == ("RGB", 3, 8)


def test_nothing_claims_a_patient_a_place_or_a_scale() -> None:
    (data,) = synthetic_datasets(GREY[:1], [""], ORIGIN)
    for absent in ("FrameOfReferenceUID", "PixelSpacing", "ImagerPixelSpacing", "AcquisitionDate", "InstitutionName"):
        assert absent not in data
    assert not any((data.PatientBirthDate, data.PatientSex, data.AccessionNumber, data.ReferringPhysicianName))
    assert data.TimezoneOffsetFromUTC == "+0000"


def test_uids_are_fresh_and_classes_are_series() -> None:
    made = synthetic_datasets(GREY[[0, 1, 0]], ["a", "b", "a"], ORIGIN)
    again = synthetic_datasets(GREY[[0]], ["a"], ORIGIN)
    uids = {str(data.SOPInstanceUID) for data in (*made, *again)}
    assert len(uids) == 4
    assert all(uid.startswith("2.25.") and len(uid) <= 64 for uid in uids)
    assert len({data.StudyInstanceUID for data in (*made, *again)}) == 2
    assert made[0].SeriesInstanceUID == made[2].SeriesInstanceUID != made[1].SeriesInstanceUID
    assert [data.SeriesNumber for data in made] == [1, 2, 1]


def test_awkward_class_names_stay_one_value(tmp_path: Path) -> None:
    (path,) = write(tmp_path, GREY[:1], ["Zyste\\groß\n" + "x" * 80])
    data = pydicom.dcmread(path)
    assert data["SeriesDescription"].VM == 1
    assert len(data.SeriesDescription.encode()) == 64
    assert "Zyste groß" in data.SeriesDescription


def test_mark_is_declared(tmp_path: Path) -> None:
    (path,) = write(tmp_path, np.full((1, 1, 40, 32), 100.0, dtype=np.float32), [""])
    data = pydicom.dcmread(path)
    assert data.BurnedInAnnotation == "YES"
    assert set(np.unique(data.pixel_array)) == {0, 2048, 4095}
    (tiny,) = synthetic_datasets(np.full((1, 1, 6, 6), 9, dtype=np.uint8), [""], ORIGIN)  # no letter fits
    assert tiny.BurnedInAnnotation == "NO"


@pytest.mark.parametrize("mark", [True, False])
def test_our_reader_refuses_it_as_a_real_case(tmp_path: Path, mark: bool) -> None:
    for path in write(tmp_path, GREY, ["a", "b"], mark=mark):
        with pytest.raises(UnreadableError, match="synthetic"):
            read_image(path)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", ["float", "uint8"])
def test_a_checker_of_the_standard_finds_no_error(tmp_path: Path, channels: int, kind: str) -> None:
    images = np.random.default_rng(1).uniform(-100, 300, (1, channels, 40, 32)).astype(np.float32)
    images = images if kind == "float" else np.clip(images, 0, 255).astype(np.uint8)
    (path,) = write(tmp_path, images, ["cyst"])
    # the checker of 2022 does not know the tag Synthetic Data; whatever it says is about that tag
    assert all("(0x0008,0x001c)" in line or "Standard Extended SOP Class" in line for line in complaints(path))
    data: Dataset = pydicom.dcmread(path)
    del data.SyntheticData
    data.save_as(path)
    assert complaints(path) == []
