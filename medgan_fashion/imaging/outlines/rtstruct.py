"""Reads RT Structure Sets: contours in millimetres, filled on the slices that they lie in (PS3.3 C.8.8.6)."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.imaging.cases.found import Found
from medgan_fashion.imaging.outlines.target import Canvases, OutlineFile, by_uid, in_plane
from medgan_fashion.imaging.read.dicom import guarded, read_header, word
from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.imaging.read.roi import fill

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
_EMPTY = "one of its regions holds no pixel's centre of a picture"


def _series(dataset: "Dataset") -> set[str]:
    """The series that the structure set refers to."""
    return {
        str(series.SeriesInstanceUID)
        for frame in dataset.get("ReferencedFrameOfReferenceSequence") or ()
        for study in frame.get("RTReferencedStudySequence") or ()
        for series in study.get("RTReferencedSeriesSequence") or ()
    }


def _points(contour: "Dataset") -> NDArray[np.float64]:
    """Corners (N, 3) in mm.

    Raises:
        UnreadableError: no closed planar contour.
    """
    if word(contour, "ContourGeometricType") not in _CLOSED:
        reason = "one of its contours is not CLOSED_PLANAR and has no inside"
        raise UnreadableError(f"{reason}: close it, or leave it", "close it")
    values = np.asarray(contour.ContourData, dtype=np.float64)
    if values.size < 9 or values.size % 3 or not np.isfinite(values).all():
        raise UnreadableError("one of its contours has no three corners: draw it again", "draw it again")
    return values.reshape(-1, 3)


def _target(contour: "Dataset", points: NDArray[np.float64], pictures: Sequence[Found], near: tuple) -> Found:
    """The slice that a contour was drawn on, by its Contour Image or by its plane.

    Raises:
        UnreadableError: not in the folder, several, or the contour does not lie in that slice.
    """
    images = contour.get("ContourImageSequence")
    if not images:
        return in_plane(pictures, points, *near)
    found = by_uid(pictures, str(images[0].ReferencedSOPInstanceUID))
    if found.plane is None:
        reason = "the image it refers to has no position, orientation or spacing in mm"
        raise UnreadableError(f"{reason}: use the original images", "use the original images")
    if not found.plane.holds(points):
        reason = "one of its contours does not lie in the plane of the image it refers to"
        raise UnreadableError(f"{reason}: export it with these images", "export it again")
    return found


def _lay(dataset: "Dataset", pictures: Sequence[Found]) -> OutlineFile:
    """read_rtstruct of an opened file."""
    rois = {int(roi.ROINumber): roi for roi in dataset.StructureSetROISequence}
    canvases, reasons = Canvases(), []
    for item in dataset.get("ROIContourSequence") or ():
        number = int(item.ReferencedROINumber)
        for contour in item.get("ContourSequence") or ():
            try:
                if number not in rois:
                    reason = f"a contour is of region {number}, which its Structure Set ROI Sequence (3006,0020) lacks"
                    raise UnreadableError(f"{reason}: export it again", "export it again")
                roi, points = rois[number], _points(contour)
                near = (_series(dataset), str(roi.get("ReferencedFrameOfReferenceUID") or ""))
                found = _target(contour, points, pictures, near)
                assert found.plane is not None  # both ways to a target ask for it
                column, row, _ = found.plane.to_pixels(points)
                canvas = canvases.of(found, str(number), str(roi.get("ROIName") or "").strip() or f"region {number}")
                canvas ^= fill(column, row, found.plane.shape)
            except UnreadableError as error:
                reasons.append(error.reason)
    return canvases.finish(reasons, _EMPTY)


def read_rtstruct(path: Path, pictures: Sequence[Found]) -> OutlineFile:
    """Reads a structure set: one lesion per region of interest, named by ROI Name.

    A pixel is inside where its centre is; contours of a region on one slice are combined by exclusive or, so that
    one inside another is a hole.

    Raises:
        UnreadableError: damaged, or not what it says to be.
    """
    with guarded("damaged RT Structure Set, a tag is missing or wrong", "export it again"):
        return _lay(read_header(path), pictures)
