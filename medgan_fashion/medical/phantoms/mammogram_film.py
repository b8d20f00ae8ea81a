"""Films of breast phantoms as DICOM: For Presentation objects of several makes, the way archives hold them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.imaging.synthetic_dicom import pixel_word
from medgan_fashion.medical.phantoms.mammogram_anatomy import Grid, View

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

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
