"""Seeded phantoms of mammograms, whose truth is known: DICOM films, a table of masses and a table of films."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from medgan_fashion.imaging.synthetic_dicom import pixel_word

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


# ---------------------------------------------------------------------------------------------------------------------
# Masses of the mammogram phantoms: two classes that overlap on purpose. Lengths in millimetres.


CLASSES = ("benign", "malignant")
SEPARATION = 1.0  # of the classes in standard deviations of what tells them apart, from their midpoint

Rng = np.random.Generator
Grid = NDArray[np.float64]


@dataclass(frozen=True)
class Mass:
    """A mass of `radius` mm. `suspicion` is the one thing that tells the classes apart: about -SEPARATION in benign
    and +SEPARATION in malignant masses, with sd 1; outline, margin and spicules follow from it."""

    radius: float
    suspicion: float
    contrast: float
    waves: Grid  # (6,) complex amplitudes' moduli of the outline's harmonics 2..7
    phases: Grid
    spicules: Grid  # (n, 4): angle, length over radius, width in mm, bend
    depth: float  # share of the way from nipple to chest wall


def soft(x: Grid) -> Grid:
    """A smooth step from 0 (x far below 0) to 1 (far above)."""
    return 1 / (1 + np.exp(-np.clip(x, -40, 40)))


def draw_mass(rng: Rng, kind: int) -> Mass:
    """A mass of a kind (index into CLASSES). A classifier that sees `suspicion` itself is right in
    Phi(SEPARATION) = 84 % of both classes; nothing else in the film depends on the class."""
    n = int(rng.integers(12, 26))
    angles = np.linspace(0, 2 * np.pi, n, endpoint=False) + rng.normal(0, 1.5 / n, n)
    spicules = [angles, rng.uniform(0.5, 1.5, n), rng.uniform(0.5, 0.9, n), rng.normal(0, 0.35, n)]
    return Mass(
        radius=float(np.exp(rng.uniform(np.log(5), np.log(12)))),
        suspicion=rng.normal(SEPARATION * (2 * kind - 1), 1),
        contrast=rng.uniform(0.16, 0.34),
        waves=np.abs(rng.normal(0, 1, 6)) * 2 / np.arange(2, 8),
        phases=rng.uniform(0, 2 * np.pi, 6),
        spicules=np.stack(spicules, axis=1),
        depth=rng.uniform(0.3, 0.75),
    )


def mass_shares(mass: Mass, dx: Grid, dy: Grid, turn: float) -> tuple[Grid, Grid]:
    """Brightness that the mass adds (1 at its centre), and its body's share without spicules."""
    angry = float(soft(np.asarray(1.4 * mass.suspicion)))
    distance, angle = np.hypot(dx, dy), np.arctan2(dy, dx) + turn
    orders = np.arange(2, 8)[:, None, None]
    waves = (mass.waves[:, None, None] * np.cos(orders * angle + mass.phases[:, None, None])).sum(axis=0)
    radius = mass.radius * (1 + (0.035 + 0.07 * angry) * waves)
    body = soft((radius - distance) / (0.45 + 0.13 * angry * mass.radius))
    lines = np.zeros_like(body)
    for at, length, width, bend in mass.spicules:
        off = (angle - at - bend * distance / mass.radius * 0.3 + np.pi) % (2 * np.pi) - np.pi
        beyond = (distance / mass.radius - 0.6) / length
        line = np.exp(-((distance * off / width) ** 2)) * np.clip(1 - beyond, 0, 1) * (beyond > -0.6)
        lines = np.maximum(lines, line)
    return body * (1 - 0.25 * (distance / radius).clip(0, 1) ** 2) + 0.6 * angry * lines * (1 - body), body


# ---------------------------------------------------------------------------------------------------------------------
# How a phantom of a breast looks on a mammogram: outline, tissue, muscle and a mass; the chest wall is on the left.
#
# Lengths are millimetres, brightness is the share of the presentation range (0 = air, 1 = white).


HEIGHT_MM = 240.0  # of the frame, as a 24 x 30 cm detector's shorter side

View = Literal["CC", "MLO"]


@dataclass(frozen=True)
class Breast:
    """What both films of a breast share: chest wall to nipple, half the height, both in mm; density 0 (fatty) to 1;
    brightness of fat; strength and fineness of strands; width of the rim in which compressed tissue thins out."""

    reach: float
    half: float
    density: float
    fat: float
    strands: float
    rim: float


def draw_breasts(rng: Rng) -> tuple[Breast, Breast]:
    """A patient's two breasts: alike, not equal."""
    reach, half, density = rng.uniform(70, 120), rng.uniform(74, 98), rng.beta(1.4, 1.5)
    fat, strands, rim = rng.uniform(0.34, 0.44), rng.uniform(0.8, 1.4), rng.uniform(0.22, 0.4)

    def one() -> Breast:
        near = rng.normal(1, 0.035, 4)
        return Breast(reach * near[0], half * near[1], float(density * near[2]), fat * near[3], strands, rim)

    return one(), one()


@cache
def _log_frequency(size: tuple[int, int], stretch: float) -> Grid:
    """log f of the half spectrum in cycles per frame height; structures are `stretch` times longer along x."""
    fy = np.fft.fftfreq(size[0]) * size[0]
    fx = np.fft.rfftfreq(size[1]) * size[0] * stretch
    return np.log(np.maximum(np.hypot(fy[:, None], fx[None, :]), 1.0))


def power_law(
    rng: Rng, size: tuple[int, int], slope: float = 1.5, stretch: float = 1.0, band: tuple[float, float] = (0, 1e9)
) -> Grid:
    """Noise (H, W) of mean 0 and sd 1 whose amplitude falls as f^-slope; 1.5 is the f^-3 power spectrum of breast
    tissue (Burgess et al., Med Phys 28:419, 2001). Outside `band` (cycles per frame height) it falls off fast."""
    log_f = _log_frequency(size, stretch)
    with np.errstate(divide="ignore"):
        low, high = np.log(band)
    gain = np.exp(-slope * log_f - 4 * np.maximum(low - log_f, 0) ** 2 - 4 * np.maximum(log_f - high, 0) ** 2)
    gain[0, 0] = 0
    spectrum = np.asarray(fft.rfft2(rng.standard_normal(size, dtype=np.float32))) * gain.astype(np.float32)
    field = np.asarray(fft.irfft2(spectrum, s=size))
    return field / field.std()


def outline(breast: Breast, view: View, nipple: float, y: Grid) -> Grid:
    """How far the breast reaches from the chest wall at height y; `nipple` is the nipple's height."""
    below = np.clip(1 - np.abs((y - nipple) / breast.half) ** 2.3, 0, None) ** 0.5
    if view == "MLO":  # up to the axilla the breast runs out of the frame
        above = 0.42 + 0.29 * (1 + np.cos(np.pi * np.clip((nipple - y) / nipple, 0, 1)))
        below = np.where(y < nipple, above, below)
    return breast.reach * below + np.where(below > 0, 2.5 * np.exp(-(((y - nipple) / 5) ** 2)), 0)


def _strands(rng: Rng, x: Grid, y: Grid, breast: Breast, nipple: float, spacing: float) -> Grid:
    """Ducts and ligaments: crests where band-limited noise crosses 0, fanning out from the nipple."""
    size = x.shape
    fan = 1 / np.clip(1.15 - x / breast.reach, 0.3, 1.15)
    at = np.stack([(nipple + (y - nipple) * fan) / spacing, x / spacing + 0.0 * y])
    crests = np.zeros(size)
    for low, high, width, weight in ((3, 14, 0.14, 0.5), (8, 34, 0.2, 0.5), (22, 80, 0.35, 0.35)):
        noise = power_law(rng, size, 1.0, 1.8, (low, high))
        crests += weight * np.exp(-((noise / width) ** 2)) * soft(1.6 * power_law(rng, size, 1.2) - 0.3)
    return ndimage.map_coordinates(crests, at, order=1, mode="wrap")


def _gland(rng: Rng, x: Grid, y: Grid, breast: Breast, view: View, nipple: float) -> Grid:
    """Share (H, W) of fibroglandular tissue: a cloud behind the nipple whose extent grows with density."""
    up = 0.12 * breast.half if view == "MLO" else 0.0
    across, along = (y - nipple + up) / (0.72 * breast.half), (x - 0.52 * breast.reach) / (0.5 * breast.reach)
    cloud = 1.0 - 1.3 * (across**2 + along**2)
    uneven = 0.6 * power_law(rng, x.shape, 2.2, 1.3, (2, 1e9)) + 0.2 * power_law(rng, x.shape, 1.5, 1.5, (5, 1e9))
    return soft((cloud + uneven + 2.6 * (breast.density - 0.6)) / 0.25)


def _muscle(rng: Rng, x: Grid, y: Grid, breast: Breast) -> Grid:
    """Share of pectoral muscle: a triangle at the top of the chest wall with a slightly bent border."""
    top, bottom = rng.uniform(0.42, 0.62) * breast.reach, rng.uniform(95, 150)
    inside = 1 - x / top - y / bottom + rng.uniform(-0.25, 0.25) * (x / top) * (y / bottom)
    return soft(inside * top / 1.6)


def _around(row: int, column: int, reach: float, size: tuple[int, int]) -> tuple[slice, slice]:
    """The window of the frame within `reach` pixels."""
    r = int(np.ceil(reach))
    return (
        slice(max(row - r, 0), min(row + r + 1, size[0])),
        slice(max(column - r, 0), min(column + r + 1, size[1])),
    )


def _place(mass: Mass, rng: Rng, breast: Breast, depth: Grid, muscle: Grid, spacing: float) -> tuple[int, int]:
    """Row and column of the mass's middle: well inside, at its distance from the nipple, not on the muscle."""
    column = max(int(breast.reach * (1 - mass.depth) / spacing), int(1.25 * mass.radius / spacing))
    free = depth[:, column] - HEIGHT_MM * muscle[:, column]
    rows = np.flatnonzero(free > min(1.6 * mass.radius, 0.8 * free.max()))
    edge = 1.3 * mass.radius / spacing
    kept = rows[(rows > edge) & (rows < len(depth) - edge)]
    return int(rng.choice(kept if len(kept) else rows)), column


def _tissue(rng: Rng, x: Grid, y: Grid, breast: Breast, view: View, nipple: float, spacing: float) -> tuple[Grid, Grid]:
    """Brightness of fat, gland and strands under the muscle, and the muscle's share."""
    size = (x.shape[0], x.shape[1])
    gland, texture = _gland(rng, x, y, breast, view, nipple), power_law(rng, size)
    strands = breast.strands * _strands(rng, x, y, breast, nipple, spacing)
    film = breast.fat + 0.03 * texture + strands * (0.08 + 0.15 * gland)
    film += gland * (0.2 + 0.14 * breast.density + 0.05 * power_law(rng, size, 1.5, 1.5, (4, 1e9)))
    muscle = _muscle(rng, x, y, breast) if view == "MLO" else np.zeros(size)
    return film + muscle * (0.8 + 0.03 * texture + 0.06 * strands - film), muscle


def _add_mass(
    film: Grid, mass: Mass, rng: Rng, at: tuple[int, int], inside: NDArray[np.bool_], spacing: float
) -> tuple[int, int, int, int]:
    """Adds the mass at (row, column) to `film` in place and gives its box (x, y, width, height)."""
    near = _around(*at, 2.5 * mass.radius / spacing, (film.shape[0], film.shape[1]))
    rows, columns = np.mgrid[near]
    added, body = mass_shares(mass, (columns - at[1]) * spacing, (rows - at[0]) * spacing, rng.normal(0, 0.5))
    film[near] += mass.contrast * added
    found = np.argwhere((body > 0.5) & inside[near]) + np.array([near[0].start, near[1].start])
    (top, left), (bottom, right) = found.min(axis=0), found.max(axis=0)
    return (int(left), int(top), int(right - left + 1), int(bottom - top + 1))


def draw_film(
    breast: Breast, view: View, mass: Mass | None, rng: Rng, size: tuple[int, int]
) -> tuple[Grid, tuple[int, int, int, int] | None]:
    """One film (H, W) in [0, 1], air exactly 0, and the mass's box (x, y, width, height) in pixels."""
    spacing = HEIGHT_MM / size[0]
    y, x = (np.mgrid[0 : size[0], 0 : size[1]] + 0.5) * spacing
    nipple = HEIGHT_MM * (rng.uniform(0.47, 0.53) if view == "CC" else rng.uniform(0.52, 0.58))
    inside = x < outline(breast, view, nipple, y)
    depth = np.asarray(ndimage.distance_transform_edt(inside), dtype=np.float64) * spacing
    film, muscle = _tissue(rng, x, y, breast, view, nipple, spacing)
    box = None
    if mass is not None:
        box = _add_mass(film, mass, rng, _place(mass, rng, breast, depth, muscle, spacing), inside, spacing)
    thick = np.sqrt(1 - (1 - np.clip(depth / (breast.rim * breast.reach), 0.03, 1)) ** 2)
    film = film * thick + 0.05 * np.exp(-(((depth - 1.2) / 0.7) ** 2))  # the skin shows as a line
    film = ndimage.gaussian_filter(film * inside, 0.5) + rng.normal(0, 0.012, size)
    return np.where(inside, np.clip(film, 0.02, 1), 0), box


# ---------------------------------------------------------------------------------------------------------------------
# Films of breast phantoms as DICOM: For Presentation objects of several makes, the way archives hold them.


STYLES = (("MONOCHROME2", "window"), ("MONOCHROME1", "lut"), ("MONOCHROME2", "lut"), ("MONOCHROME1", "sigmoid"))
_TOP = 4095  # of 12 bits
_MAGNIFICATION = 1.05
_ORIENTATION = {"LCC": ["A", "R"], "RCC": ["P", "L"], "LMLO": ["A", "FR"], "RMLO": ["P", "FL"]}
# view -> SNOMED CT and the older SNOMED RT code, both of which archives hold
_VIEW_CODES = {
    "CC": ("399162004", "R-10242", "cranio-caudal"),
    "MLO": ("399368009", "R-10226", "medio-lateral oblique"),
}


@dataclass(frozen=True)
class Film:
    """One film as it lies in the archive. `padded` columns stand opposite the chest wall and hold stored value 0."""

    patient: int
    side: str
    view: View
    seed: int
    style: tuple[str, str]
    spacing: float
    padded: int


def voi_lut() -> NDArray[np.int64]:
    """An S-shaped VOI LUT of 12 bits: sin^2 over a quarter turn."""
    return np.round(_TOP * np.sin(np.arange(_TOP + 1) * (np.pi / 2 / _TOP)) ** 2).astype(np.int64)


def stored_values(shown: Grid, voi: str) -> NDArray[np.uint16]:
    """12-bit values that the VOI transformation turns into `shown` in [0, 1]; never 0, which is kept for padding.

    The inverses of DICOM PS3.3 C.11.2: LINEAR with centre 1800, width 3000; SIGMOID with 2048, 1800; the LUT above.
    """
    if voi == "window":
        stored = 1799.5 + (shown - 0.5) * 2999
    elif voi == "sigmoid":
        stored = 2048 - 450 * np.log(1 / np.clip(shown, 0.012, 0.988) - 1)
    else:
        stored = np.arcsin(np.sqrt(shown)) * (_TOP * 2 / np.pi)
    return np.clip(np.round(stored), 1, _TOP).astype(np.uint16)


def marker(text: str, spacing: float) -> Grid:
    """A lead marker as it shows on film: a bright plate with the side and view."""
    letters = np.pad(pixel_word(text), 1)
    scale = max(1, round(1.3 / spacing))
    return np.asarray(0.97 - 0.75 * np.kron(letters, np.ones((scale, scale))), dtype=np.float64)


def _code(value: str, scheme: str, meaning: str) -> "Dataset":
    from pydicom.dataset import Dataset

    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def _identify(data: "Dataset", film: Film) -> None:
    """Patient, study, series and UIDs; the same for the same seed."""
    from pydicom.uid import DigitalMammographyXRayImageStorageForPresentation, generate_uid

    name = f"mammogram phantom {film.seed} {film.patient}"
    number = 1 + ["RCC", "LCC", "RMLO", "LMLO"].index(film.side + film.view)
    data.SOPClassUID = DigitalMammographyXRayImageStorageForPresentation
    data.SOPInstanceUID = generate_uid(entropy_srcs=[name, film.side, film.view])
    data.StudyInstanceUID = generate_uid(entropy_srcs=[name, "study"])
    data.SeriesInstanceUID = generate_uid(entropy_srcs=[name, "series"])
    data.PatientName, data.PatientID = "PHANTOM^BREAST", f"PHANTOM-{film.patient:04d}"
    data.PatientBirthDate, data.PatientSex = "", "F"
    data.StudyDate = data.StudyTime = data.AccessionNumber = data.ReferringPhysicianName = ""
    data.StudyID, data.SeriesNumber, data.InstanceNumber = "1", 1, number
    data.Manufacturer, data.ImageComments = "medgan_fashion", "Computed phantom, not a patient"


def _describe_view(data: "Dataset", film: Film) -> None:
    """Modality, view and side in all the places where films carry them."""
    code, old_code, meaning = _VIEW_CODES[film.view]
    old = film.style[0] == "MONOCHROME1"
    view = _code(old_code if old else code, "SRT" if old else "SCT", meaning)
    view.ViewModifierCodeSequence = []
    data.Modality, data.PresentationIntentType = "MG", "FOR PRESENTATION"
    data.ImageType = ["DERIVED", "PRIMARY"]
    data.ViewCodeSequence, data.ViewPosition, data.ImageLaterality = [view], film.view, film.side
    data.AnatomicRegionSequence = [_code("76752008", "SCT", "Breast")]
    data.PatientOrientation = _ORIENTATION[film.side + film.view]
    data.BodyPartExamined = data.OrganExposed = "BREAST"
    data.PositionerType, data.BreastImplantPresent, data.PartialView = "MAMMOGRAPHIC", "NO", "NO"
    data.DetectorType, data.BurnedInAnnotation, data.LossyImageCompression = "DIRECT", "NO", "00"
    data.AcquisitionContextSequence = []
    data.ImagerPixelSpacing = [round(film.spacing * _MAGNIFICATION, 6)] * 2
    data.EstimatedRadiographicMagnificationFactor = _MAGNIFICATION


def _describe_values(data: "Dataset", film: Film) -> None:
    """Polarity, padding and the VOI transformation."""
    from pydicom.dataset import Dataset

    polarity, voi = film.style
    data.PhotometricInterpretation, data.SamplesPerPixel = polarity, 1
    data.PresentationLUTShape = "INVERSE" if polarity == "MONOCHROME1" else "IDENTITY"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 11, 0
    data.PixelIntensityRelationship = "LOG"
    data.PixelIntensityRelationshipSign = 1 if polarity == "MONOCHROME1" else -1
    data.RescaleIntercept, data.RescaleSlope, data.RescaleType = 0, 1, "US"
    if film.padded:
        data.PixelPaddingValue = 0
    if voi == "window":
        data.WindowCenter, data.WindowWidth = [1800, 1800], [3000, 2000]
        data.WindowCenterWidthExplanation, data.VOILUTFunction = ["NORMAL", "HARDER"], "LINEAR"
    elif voi == "sigmoid":
        data.WindowCenter, data.WindowWidth, data.VOILUTFunction = 2048, 1800, "SIGMOID"
    else:
        table = voi_lut()
        item = Dataset()
        item.LUTDescriptor, item.LUTExplanation = [len(table), 0, 12], "NORMAL"
        item.LUTData = table.astype("<u2").tobytes()
        data.VOILUTSequence = [item]


def film_dataset(shown: Grid, film: Film) -> "Dataset":
    """The object of one film; `shown` (H, W) in [0, 1] lies as it is stored, large = bright."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    data = Dataset()
    _identify(data, film)
    _describe_view(data, film)
    _describe_values(data, film)
    polarity, voi = film.style
    stored = stored_values(1 - shown if polarity == "MONOCHROME1" else shown, voi)
    if film.padded:
        (stored[:, -film.padded :] if film.side == "L" else stored[:, : film.padded])[...] = 0
    data.Rows, data.Columns = stored.shape
    data.PixelData = stored.astype("<u2").tobytes()
    data["PixelData"].VR = "OW"
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return data


_ADDRESS = 2  # first word of every random address here: liver phantoms have 0 and 1
_VIEWS: tuple[View, ...] = ("CC", "MLO")
_CASES = ("image", "label", "patient", "lesion", "x", "y", "width", "height", "view", "laterality")
_FILMS = ("image", "label", "patient", "lesion", "view", "laterality")


def _mark(shown: Grid, film: Film) -> None:
    """Lays the marker plate into the upper corner opposite the chest wall, 14 mm from the edges, if there is air."""
    plate, gap = marker(film.side + film.view, film.spacing), round(14 / film.spacing)
    (height, width), right = plate.shape, shown.shape[1] - gap
    columns = slice(right - width, right) if film.side == "L" else slice(gap, gap + width)
    corner = shown[gap : gap + height, columns]
    if corner.shape == plate.shape and not corner.any():
        corner[...] = plate


def _write_film(
    folder: Path, film: Film, breast: Breast, mass: Mass | None, marked: bool, size: tuple[int, int]
) -> tuple[list[object], list[object] | None]:
    """Writes one film; its row in films.csv and, with a mass, its row in cases.csv. A right breast is mirrored."""
    rng = np.random.default_rng((_ADDRESS, film.seed, film.patient, "LR".index(film.side), _VIEWS.index(film.view)))
    shown, box = draw_film(breast, film.view, mass, rng, size)
    path, name = f"dicom/p{film.patient:04d}_{film.side}_{film.view}.dcm", f"PHANTOM-{film.patient:04d}"
    if film.side == "R":
        shown = shown[:, ::-1].copy()
    if marked:
        _mark(shown, film)
    film_dataset(shown, film).save_as(folder / path, enforce_file_format=True)
    row: list[object] = [path, "normal" if mass is None else "mass", name, film.side, film.view, film.side]
    if box is None:
        return row, None
    x, y, width, height = box
    x = size[1] - x - width if film.side == "R" else x
    return row, [path, CLASSES[film.patient % 2], name, 1, x, y, width, height, film.view, film.side]


def _write_patient(folder: Path, number: int, seed: int, size: tuple[int, int]) -> tuple[list, list]:
    """Writes a patient's four films: rows of films.csv and of cases.csv."""
    rng: Rng = np.random.default_rng((_ADDRESS, seed, number))
    breasts, mass = draw_breasts(rng), draw_mass(rng, number % 2)
    ill, marked, padded = "LR"[int(rng.integers(2))], rng.random() < 0.5, rng.random() < 0.4
    films, cases = [], []
    for side, breast in zip("LR", breasts, strict=True):
        for view in _VIEWS:
            # number // 2: a benign and a malignant patient share each make, so that it does not give the class away
            style = STYLES[number // 2 % len(STYLES)]
            columns = round(0.06 * size[1]) if padded else 0
            film = Film(number, side, view, seed, style, HEIGHT_MM / size[0], columns)
            film_row, case_row = _write_film(folder, film, breast, mass if side == ill else None, marked, size)
            films.append(film_row)
            cases += [] if case_row is None else [case_row]
    return films, cases


def _write_table(path: Path, header: tuple[str, ...], rows: list[list[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def write_mammogram_phantoms(
    folder: Path, *, patients: int = 40, seed: int = 0, size: tuple[int, int] = (512, 416)
) -> Path:
    """Write seeded mammograms of both breasts in CC and MLO, and the case tables over them.

    A patient has one mass, benign or malignant in turn, seen in both views of one breast; the other breast has
    none. The films are 12-bit For Presentation objects of four makes: MONOCHROME1 and MONOCHROME2, with a window, a
    SIGMOID window or a VOI LUT sequence; some carry padding (stored value 0) or a marker beside the breast.

    Args:
        folder: gets `dicom/*.dcm`, `cases.csv` and `films.csv`; made if missing.
        patients: at least 2.
        size: (height, width) of a film, over a field 240 mm high; at least 64 x 52, height / width at most 1.25.

    Returns the path of `cases.csv`: the mass in each film that shows one (image, label, patient, lesion, x, y, width,
    height, view, laterality), label benign or malignant. `films.csv` beside it has every film, its label normal or
    mass and its `lesion` the breast: benign and malignant differ in margins and spicules of about a millimetre, which
    whole films at a network's size do not show. The same arguments give the same pixels.
    """
    if patients < 2 or min(size) < 52 or size[0] < 64 or size[0] > 1.25 * size[1]:
        raise ValueError(
            "Phantoms need at least 2 patients and films of 64 x 52 pixels, at most 1.25 times as high as wide."
        )
    (folder / "dicom").mkdir(parents=True, exist_ok=True)
    written = [_write_patient(folder, number, seed, size) for number in range(patients)]
    _write_table(folder / "films.csv", _FILMS, [row for films, _ in written for row in films])
    _write_table(folder / "cases.csv", _CASES, [row for _, cases in written for row in cases])
    return folder / "cases.csv"
