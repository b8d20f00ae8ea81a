"""Seeded phantoms of liver lesions on CT, whose truth is known: for the demo, the tests and simulations."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import fft, ndimage

from medgan_fashion.imaging.read.roi import extract_canvas, mask_box

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


# ---------------------------------------------------------------------------------------------------------------------
# How a phantom of a liver lesion looks on CT: patients, lesions and slices in Hounsfield units.


CLASSES = ("cyst", "metastasis", "hemangioma")
FIELD_MM = (135.0, 175.0)

Rng = np.random.Generator
Grid = NDArray[np.float64]


@dataclass(frozen=True)
class Patient:
    """What a patient's slices share: HU of liver and vessels, noise sd in HU and its spectral slope, mm per
    pixel, and a shift of all lesions in HU."""

    liver: float
    vessel: float
    noise: float
    slope: float
    spacing: float
    shift: float


@dataclass(frozen=True)
class Lesion:
    """One lesion in pixels: outline r(angle) = radius * (1 + sum of harmonics), and its inside."""

    kind: int
    x: float
    y: float
    radius: float
    amplitudes: Grid
    phases: Grid
    softness: float
    core: float
    rim: float
    necrosis: float
    uneven: float
    nodules: Grid  # (n, 4): angle, depth (1 = edge), size over radius, HU
    edge: tuple[float, float, float]  # liver's border: direction, distance from the lesion, curvature
    anatomy: int


def draw_patient(rng: Rng, size: int) -> Patient:
    """A patient whose slices have `size` pixels a side."""
    return Patient(
        liver=rng.normal(106, 9),
        vessel=rng.uniform(22, 50),
        noise=rng.uniform(9, 17),
        slope=rng.uniform(0.4, 0.9),
        spacing=rng.uniform(*FIELD_MM) / size,
        shift=rng.normal(0, 7),
    )


def _nodules(rng: Rng, patient: Patient) -> Grid:
    n = int(rng.integers(2, 8))
    first = rng.uniform(0, 2 * np.pi)
    angles = first + np.linspace(0, 2 * np.pi * rng.uniform(0.4, 1), n, endpoint=False) + rng.normal(0, 0.25, n)
    bright = rng.normal(130, 12) + patient.shift + rng.normal(0, 6, n)
    return np.stack([angles, rng.uniform(0.75, 0.95, n), rng.uniform(0.12, 0.36, n), bright], axis=1)


def draw_lesion(rng: Rng, kind: int, patient: Patient, size: int) -> Lesion:
    """A lesion of a kind (index into CLASSES), 10 to 60 mm wide; the kinds overlap on purpose."""
    radius = np.exp(rng.uniform(np.log(5), np.log(30))) / patient.spacing
    low = min(size / 2, radius * 1.125 * 2)  # the canvas (1.5 views of 1.5 boxes) inside the slice
    rough = (rng.uniform(0.01, 0.06), rng.uniform(0.03, 0.13), rng.uniform(0.02, 0.09))[kind]
    orders = np.arange(2, 8)
    core = (rng.normal(16, 15), rng.normal(52, 15), rng.normal(56, 13))[kind]
    return Lesion(
        kind=kind,
        x=rng.uniform(low, size - low),
        y=rng.uniform(low, size - low),
        radius=radius,
        amplitudes=rough * rng.normal(0, 1, 6) * (2 / orders),
        phases=rng.uniform(0, 2 * np.pi, 6),
        softness=(0.4, 0.8, 0.6)[kind] * np.exp(rng.normal(0, 0.3)),
        core=core + patient.shift,
        rim=(0.0, rng.uniform(0, 45), rng.uniform(0, 14))[kind],
        necrosis=(0.0, rng.choice([0.0, 1.0], p=[0.55, 0.45]) * rng.uniform(10, 35), rng.uniform(0, 8))[kind],
        uneven=(rng.uniform(0, 5), rng.uniform(4, 15), rng.uniform(2, 9))[kind],
        nodules=_nodules(rng, patient) if kind == 2 else np.zeros((0, 4)),
        edge=(
            rng.uniform(0, 2 * np.pi),
            radius * rng.uniform(1.02, 5) + rng.uniform(0, 60),
            rng.uniform(0, 4e-3),
        ),
        anatomy=int(rng.integers(2**31)),
    )


@cache
def _frequencies(size: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """log f and f squared of the half spectrum, in cycles per pixel; f is at least one cycle per slice."""
    f = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None, :]).astype(np.float32)
    return np.log(np.maximum(f, np.float32(1 / size))), f**2


def _texture(rng: Rng, size: int, slope: float, blur: float) -> Grid:
    """Correlated noise of sd 1: amplitude f^-slope, cut at high frequencies as by a soft kernel."""
    log_f, squared_f = _frequencies(size)
    gain = np.exp(-slope * log_f - 2 * (np.pi * blur) ** 2 * squared_f)
    gain[0, 0] = 0
    white = rng.standard_normal((size, size), dtype=np.float32)
    spectrum = np.asarray(fft.rfft2(white)) * gain
    field = np.asarray(fft.irfft2(spectrum, s=(size, size)), dtype=np.float64)
    return field / field.std()


def _vessels(rng: Rng, size: int, drift: float, spacing: float) -> Grid:
    """Share of each pixel that vessel fills: a few curved branches in two widths."""
    filled = np.zeros((size, size))
    steps = np.linspace(0, 1, 3 * size)[:, None]
    for width, count, reach in ((rng.uniform(2.5, 4.5), 2, 1.2), (rng.uniform(1.2, 2.2), 6, 0.5)):
        lines = np.zeros((size, size))
        for _ in range(count):
            a = rng.uniform(0, size, 2) + drift * rng.normal(0, 1, 2)
            b, c = a + size * reach * rng.uniform(-0.5, 0.5, (2, 2))
            curve = np.round((1 - steps) ** 2 * a + 2 * steps * (1 - steps) * b + steps**2 * c).astype(int)
            curve = curve[((curve >= 0) & (curve < size)).all(axis=1)]
            lines[curve[:, 1], curve[:, 0]] = 1
        sigma = width / spacing / 3
        smooth = ndimage.gaussian_filter(lines, sigma, truncate=3)  # a thin line's crest is 1 / (sigma sqrt(2 pi))
        filled = np.maximum(filled, np.clip(smooth * sigma * np.sqrt(2 * np.pi) * 1.3 - 0.15, 0, 1))
    return filled


def _soft(x: Grid) -> Grid:
    """A smooth step from 1 (x far below 0) to 0 (far above)."""
    return 1 / (1 + np.exp(np.clip(x, -40, 40)))


def _inside(lesion: Lesion, depth: Grid, angle: Grid, texture: Grid) -> Grid:
    """HU within the lesion; `depth` is 0 at its centre and 1 at its edge."""
    hu = lesion.core - lesion.necrosis * np.exp(-((depth / 0.55) ** 4)) + lesion.uneven * texture
    hu = hu + lesion.rim * np.exp(-(((depth - 0.88) / 0.14) ** 2))
    for at, how_deep, extent, bright in lesion.nodules:
        squared = depth**2 + how_deep**2 - 2 * depth * how_deep * np.cos(angle - at)
        share = _soft((squared / extent**2 - 1) * 3)
        hu = hu + share * np.maximum(bright - hu, 0)
    return hu


def draw_slice(lesion: Lesion, patient: Patient, height: float, rng: Rng, size: int) -> tuple[Grid, NDArray[np.bool_]]:
    """One slice at `height` (-1..1, in radii) in HU (size, size), and the lesion's mask."""
    rows, columns = np.mgrid[0:size, 0:size].astype(float)
    dx, dy = columns - lesion.x, rows - lesion.y
    distance, angle = np.hypot(dx, dy), np.arctan2(dy, dx)
    amplitudes = lesion.amplitudes * (1 + 0.25 * rng.normal(0, 1, 6))
    # the outline's waves: sum of a_k cos(k angle + p_k), k = 2..7
    waves = np.polyval(np.append((amplitudes * np.exp(1j * lesion.phases))[::-1], (0, 0)), np.exp(1j * angle))
    radius = lesion.radius * np.sqrt(1 - height**2) * (1 + waves.real)
    vessels = _vessels(np.random.default_rng(lesion.anatomy), size, 2 * height, patient.spacing)
    liver = patient.liver + patient.vessel * vessels + 3 * _texture(rng, size, 1.6, 2)
    share = _soft((distance - radius) / lesion.softness)
    near, hu, texture = share > 1e-4, liver, _texture(rng, size, 0.8, 1.5)
    inside = _inside(lesion, (distance / radius)[near], angle[near], texture[near])
    hu[near] += share[near] * (inside - hu[near])
    direction, away, bend = lesion.edge
    along = np.cos(direction) * dx + np.sin(direction) * dy
    across = np.cos(direction) * dy - np.sin(direction) * dx
    fat = _soft((away - bend * across**2 - along) * 2)
    hu = ndimage.gaussian_filter(hu + fat * (1 - share) * (-95 - hu), 0.6)
    return hu + patient.noise * _texture(rng, size, patient.slope, 0.7), share > 0.5


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
