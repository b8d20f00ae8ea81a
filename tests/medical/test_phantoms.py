"""Phantoms: CT files that a reader takes for CT, a table that fits them, lesions that look their class."""

import csv
from pathlib import Path

import numpy as np
import pydicom
import pytest

from medgan_fashion.medical.phantoms.ct import (
    CLASSES,
    draw_lesion,
    draw_lesions,
    draw_patient,
    draw_slice,
    write_liver_phantoms,
)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_liver_phantoms(tmp_path_factory.mktemp("phantoms"), patients=9, seed=4, size=96)


def rows_of(table: Path) -> list[dict[str, str]]:
    with table.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def hounsfield(path: Path) -> np.ndarray:
    data = pydicom.dcmread(path)
    return data.pixel_array * float(data.RescaleSlope) + float(data.RescaleIntercept)


def test_table_and_files_agree(table: Path) -> None:
    rows = rows_of(table)
    assert list(rows[0]) == ["image", "label", "patient", "lesion", "slice", "x", "y", "width", "height"]
    assert {row["label"] for row in rows} == set(CLASSES)
    assert len({row["image"] for row in rows}) == len(rows) == len(list((table.parent / "dicom").iterdir()))
    slices: dict[tuple[str, str], int] = {}
    for row in rows:
        slices[row["patient"], row["lesion"]] = slices.get((row["patient"], row["lesion"]), 0) + 1
        x, y, width, height = (int(row[key]) for key in ("x", "y", "width", "height"))
        assert x >= 0 <= y
        assert x + width <= 96 >= y + height
    assert set(slices.values()) <= {2, 3}
    assert len({patient for patient, _ in slices}) == 9 < len(slices)


def test_files_are_real_ct_to_a_reader(table: Path) -> None:
    row = rows_of(table)[0]
    data = pydicom.dcmread(table.parent / row["image"])
    assert "SyntheticData" not in data
    assert (data.Modality, data.PatientName, data.PatientID) == ("CT", "PHANTOM^LIVER", row["patient"])
    assert (data.PixelRepresentation, data.BitsStored, data.RescaleIntercept) == (1, 16, -1024)
    assert data.file_meta.MediaStorageSOPInstanceUID == data.SOPInstanceUID
    assert len(data.ImagePositionPatient) == 3
    longer = max(int(row["width"]), int(row["height"])) * float(data.PixelSpacing[0])
    assert 6 < longer < 80


def test_patients_share_a_series_and_no_uid_repeats(table: Path) -> None:
    headers = [pydicom.dcmread(table.parent / row["image"], stop_before_pixels=True) for row in rows_of(table)]
    assert len({header.SOPInstanceUID for header in headers}) == len(headers)
    assert len({header.SeriesInstanceUID for header in headers}) == 9
    assert len({(header.PatientID, header.SeriesInstanceUID) for header in headers}) == 9


def test_box_holds_the_lesion_and_the_liver_is_brighter(table: Path) -> None:
    for row in rows_of(table):
        if row["label"] != "cyst":
            continue
        hu = hounsfield(table.parent / row["image"])
        x, y, width, height = (int(row[key]) for key in ("x", "y", "width", "height"))
        middle = hu[y + height // 3 : y + 2 * height // 3 + 1, x + width // 3 : x + 2 * width // 3 + 1]
        assert -40 < middle.mean() < 75
        assert 80 < np.median(hu[hu > 60]) < 140


def test_same_seed_same_pixels(table: Path, tmp_path: Path) -> None:
    again = write_liver_phantoms(tmp_path / "again", patients=3, seed=4, size=96)
    other = write_liver_phantoms(tmp_path / "other", patients=3, seed=5, size=96)
    for row in rows_of(again):
        assert (again.parent / row["image"]).read_bytes() == (table.parent / row["image"]).read_bytes()
    first = rows_of(again)[0]["image"]
    assert (again.parent / first).read_bytes() != (other.parent / first).read_bytes()


def test_classes_differ_as_their_anatomy_does() -> None:
    """Mean HU of the inner and the outer half of many lesions, without noise to speak of."""
    inner, outer = np.zeros((3, 25)), np.zeros((3, 25))
    for kind in range(3):
        for i in range(25):
            rng = np.random.default_rng((kind, i))
            patient = draw_patient(rng, 96)
            lesion = draw_lesion(rng, kind, patient, 96)
            hu, _ = draw_slice(lesion, patient, 0.0, rng, 96)
            depth = np.hypot(*(np.mgrid[0:96, 0:96] - np.array([lesion.y, lesion.x])[:, None, None])) / lesion.radius
            inner[kind, i], outer[kind, i] = hu[depth < 0.5].mean(), hu[(depth > 0.65) & (depth < 0.9)].mean()
    means, rises = inner.mean(axis=1), (outer - inner).mean(axis=1)
    assert means[0] < 30 < 35 < means[1] < 70
    assert rises[2] > 10 > rises[0]  # bright nodules at the edge of hemangiomas
    assert inner[0].max() > inner[1].min()  # the classes overlap


def test_drawn_lesions_are_views_of_the_same_world() -> None:
    labels = np.array([0, 1, 2, 0], dtype=np.int64)
    one, two = draw_lesions(labels, (24, 24), 7), draw_lesions(labels[:2], (24, 24), 7)
    assert one.shape == (4, 1, 24, 24)
    assert one.dtype == np.float32
    assert one.min() >= 0
    assert one.max() <= 1
    np.testing.assert_array_equal(one[:2], two)
    assert not np.array_equal(one[0], one[3])
    middle, corner = one[:, 0, 9:15, 9:15].mean(axis=(1, 2)), one[:, 0, :3, :].mean(axis=(1, 2))
    assert (middle[[0, 3]] < corner[[0, 3]]).all()


def test_the_case_pipeline_cuts_what_draw_lesions_cuts(table: Path) -> None:
    """Lesions fill the same share of the view in written cases and in drawn ones: 1 / (1 + 2 margin)."""
    from medgan_fashion.imaging.cases.config import ImageConfig
    from medgan_fashion.medical.phantoms.ct import MARGIN

    assert ImageConfig().margin == MARGIN


def test_refuses_too_few_patients(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 3 patients"):
        write_liver_phantoms(tmp_path, patients=2)
