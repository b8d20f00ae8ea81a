"""Seeded phantoms of liver lesions on CT, whose truth is known: for the demo, the tests and simulations."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medgan_fashion.imaging.read.roi import extract_canvas, mask_box
from medgan_fashion.medical.phantoms.phantom_anatomy import CLASSES, Grid, draw_lesion, draw_patient, draw_slice

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

MARGIN = 0.25  # of the box's longer side, on each side: the case pipeline's default
_SIZE = 160
_IN_CASES, _DRAWN = 0, 1  # first word of a random address, so that drawn lesions never repeat written ones


def _dataset(hu: Grid, patient: int, spacing: float, place: tuple[int, int, float], seed: int) -> "Dataset":
    """A CT image of signed 16-bit values with slope and intercept; `place` = lesion, slice, z in mm."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    lesion, number, z = place
    name = f"liver phantom {seed} {patient}"
    data = Dataset()
    data.SOPClassUID = CTImageStorage
    data.SOPInstanceUID = generate_uid(entropy_srcs=[name, str(lesion), str(number)])
    data.StudyInstanceUID = generate_uid(entropy_srcs=[name, "study"])
    data.SeriesInstanceUID = generate_uid(entropy_srcs=[name, "series"])
    data.Modality, data.PatientName, data.PatientID = "CT", "PHANTOM^LIVER", f"PHANTOM-{patient:04d}"
    data.ImageComments = "Computed phantom, not a patient"
    data.StudyID, data.SeriesNumber, data.InstanceNumber = "1", 1, 10 * lesion + number
    data.ImagePositionPatient, data.ImageOrientationPatient = [0, 0, round(z, 2)], [1, 0, 0, 0, 1, 0]
    data.PixelSpacing, data.SliceThickness = [round(spacing, 6)] * 2, 3
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.Rows, data.Columns = hu.shape
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 1
    data.RescaleSlope, data.RescaleIntercept, data.RescaleType = 0.5, -1024, "HU"
    data.WindowCenter, data.WindowWidth = 60, 150
    data.PixelData = np.round((hu + 1024) / 0.5).astype("<i2").tobytes()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return data


def _write_patient(folder: Path, number: int, seed: int, size: int, masks: bool) -> list[list[object]]:
    """Writes one patient's slices and gives their rows; all lesions of a patient are of one kind."""
    rng = np.random.default_rng((_IN_CASES, seed, number))
    patient, kind, rows = draw_patient(rng, size), number % len(CLASSES), []
    for index in range(int(rng.choice([1, 2, 3], p=[0.65, 0.25, 0.1]))):
        lesion = draw_lesion(rng, kind, patient, size)
        heights = np.sort(rng.uniform(-0.6, 0.6, int(rng.integers(2, 4))))
        for at, height in enumerate(heights):
            hu, inside = draw_slice(lesion, patient, height, rng, size)
            z = 150.0 * index + height * lesion.radius * patient.spacing
            name = f"p{number:04d}_l{index}_s{at}"
            path = Path("dicom") / f"{name}.dcm"
            data = _dataset(hu, number, patient.spacing, (index, at, z), seed)
            data.save_as(folder / path, enforce_file_format=True)
            row = [path.as_posix(), CLASSES[kind], f"PHANTOM-{number:04d}", index + 1, at + 1, *mask_box(inside)]
            if masks:
                Image.fromarray(inside.astype(np.uint8) * 255).save(folder / "masks" / f"{name}_mask.png")
            rows.append([*row, f"masks/{name}_mask.png"] if masks else row)
    return rows


def write_liver_phantoms(
    folder: Path, *, patients: int = 60, seed: int = 0, size: int = _SIZE, masks: bool = False
) -> Path:
    """Write seeded CT phantoms of cysts, metastases and hemangiomas, and the case table over them.

    Args:
        folder: gets `dicom/*.dcm` and `cases.csv`; made if missing.
        patients: at least 3; the classes take turns. A patient has 1-3 lesions of one class.
        size: pixels a side of a slice, over a field of 135 to 175 mm; at least 64.
        masks: write each lesion's mask too, `masks/*_mask.png`, and name it in the column mask.

    Returns the path of `cases.csv` (image, label, patient, lesion, slice, x, y, width, height). The same
    arguments give the same pixels. Lesions measure 10 to 60 mm; the classes overlap on purpose.
    """
    if patients < len(CLASSES) or size < 64:
        raise ValueError(f"Phantoms need at least {len(CLASSES)} patients and slices of 64 pixels a side.")
    for name in ("dicom", "masks") if masks else ("dicom",):
        (folder / name).mkdir(parents=True, exist_ok=True)
    table = folder / "cases.csv"
    rows = [row for number in range(patients) for row in _write_patient(folder, number, seed, size, masks)]
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        header = ["image", "label", "patient", "lesion", "slice", "x", "y", "width", "height"]
        writer.writerow([*header, "mask"] if masks else header)
        writer.writerows(rows)
    return table


def draw_lesions(
    labels: NDArray[np.int64],
    size: tuple[int, int],
    seed: int,
    *,
    window: tuple[float, float] = (60.0, 150.0),
) -> NDArray[np.float32]:
    """Views of fresh lesions, each of a new patient, from the distribution `write_liver_phantoms` writes.

    Args:
        labels: int64 (N,), index into `CLASSES`.
        size: (height, width) of the views, cut as the case pipeline cuts them (margin 0.25).
        window: centre and width in HU of what becomes [0, 1].

    Returns float32 (N, 1, height, width) in [0, 1]. Image i depends on (seed, i, its label) only.
    """
    views = np.empty((len(labels), 1, *size), dtype=np.float32)
    for i, kind in enumerate(labels.tolist()):
        rng = np.random.default_rng((_DRAWN, seed, i))
        patient = draw_patient(rng, _SIZE)
        lesion = draw_lesion(rng, kind, patient, _SIZE)
        hu, inside = draw_slice(lesion, patient, rng.uniform(-0.6, 0.6), rng, _SIZE)
        pixels = hu[None].astype(np.float32)
        views[i] = extract_canvas(pixels, mask_box(inside), size, margin=MARGIN, context=1.0)[0]
    centre, width = window
    return np.clip((views - centre) / width + 0.5, 0, 1)
