"""Reads DICOM Segmentation objects: frames laid on the images that they were drawn on (PS3.3 A.51, C.8.20)."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.imaging.cases.found import Found
from medgan_fashion.imaging.outlines.target import Canvases, OutlineFile, absent, by_uid, check_size, in_plane
from medgan_fashion.imaging.read.dicom import guarded, read_header, stored_values, word
from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.imaging.read.planes import Plane, read_plane

if TYPE_CHECKING:
    from pydicom.dataset import Dataset, FileDataset

_EMPTY = "one of its segments marks no pixel of a picture"


def _macro(dataset: "Dataset", frame: int, name: str) -> "Dataset | None":
    """A functional group's first item: the frame's own, else the one that all frames share."""
    own, shared = dataset.get("PerFrameFunctionalGroupsSequence"), dataset.get("SharedFunctionalGroupsSequence")
    for groups in (own[frame] if own else None, shared[0] if shared else None):
        if groups is not None and groups.get(name):
            return groups[name].value[0]
    return None


def _plane(dataset: "Dataset", frame: int) -> Plane | None:
    """Where a frame lies in the patient, None where it does not say."""
    from pydicom.dataset import Dataset

    place = Dataset()
    place.Rows, place.Columns = dataset.Rows, dataset.Columns
    for macro, keyword in (
        ("PlanePositionSequence", "ImagePositionPatient"),
        ("PlaneOrientationSequence", "ImageOrientationPatient"),
        ("PixelMeasuresSequence", "PixelSpacing"),
    ):
        item = _macro(dataset, frame, macro)
        if item is not None and keyword in item:
            place[keyword] = item[keyword]
    return read_plane(place)


def _series(dataset: "Dataset") -> set[str]:
    return {str(item.SeriesInstanceUID) for item in dataset.get("ReferencedSeriesSequence") or ()}


def _check_grid(found: Found, plane: Plane | None) -> None:
    """Refuses a frame whose pixels lie elsewhere in the patient than the picture's.

    Raises:
        UnreadableError: they do.
    """
    if plane is None or found.plane is None:
        return
    ends = ([0, plane.shape[1] - 1], [0, plane.shape[0] - 1])
    columns, rows, away = found.plane.to_pixels(plane.to_patient(*ends))
    if max(np.abs(columns - ends[0]).max(), np.abs(rows - ends[1]).max()) > 0.5 or np.abs(away).max() > 1:
        raise UnreadableError("its pixels lie elsewhere than the picture's: draw it on this very picture", "draw it")


def _target(dataset: "Dataset", frame: int, pictures: Sequence[Found]) -> Found:
    """The picture that a frame was drawn on: the one of its source images that is there and lies in its plane.

    Raises:
        UnreadableError: none is in the folder, or several fit.
    """
    plane, derived = _plane(dataset, frame), _macro(dataset, frame, "DerivationImageSequence")
    sources = [] if derived is None else derived.get("SourceImageSequence") or []
    uids = [str(item.ReferencedSOPInstanceUID) for item in sources]
    if len(uids) == 1:
        return by_uid(pictures, uids[0])
    named = [found for found in pictures if found.uids and found.uids[0] in uids]
    if plane is None or (uids and not named):
        raise absent()
    corners = plane.to_patient([0, plane.shape[1] - 1], [0, plane.shape[0] - 1])
    return in_plane(named or pictures, corners, _series(dataset), str(dataset.get("FrameOfReferenceUID") or ""))


def _segments(dataset: "Dataset", frame: int, values: NDArray[Any]) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    """The segments of a frame with their masks (H, W); of fractions, at least half counts as inside."""
    kind = word(dataset, "SegmentationType")
    if kind == "LABELMAP":
        yield from ((int(number), values == number) for number in np.unique(values) if number)
        return
    item = _macro(dataset, frame, "SegmentIdentificationSequence")
    number = 0 if item is None else int(item.ReferencedSegmentNumber)
    if kind == "FRACTIONAL":
        yield number, 2 * values.astype(np.int64) >= int(dataset.get("MaximumFractionalValue") or 255)
    else:
        yield number, values > 0


def _lay(dataset: "FileDataset", pictures: Sequence[Found]) -> OutlineFile:
    """read_seg of an opened file."""
    names = {int(s.SegmentNumber): str(s.get("SegmentLabel") or "").strip() for s in dataset.SegmentSequence}
    stored = stored_values(dataset)
    frames = stored.reshape(-1, *stored.shape[-2:])
    canvases, reasons = Canvases(), []
    for frame, values in enumerate(frames):
        try:
            found = _target(dataset, frame, pictures)
            check_size(found, values.shape)
            _check_grid(found, _plane(dataset, frame))
            for number, mask in _segments(dataset, frame, values):
                if number not in names:
                    text = f"a frame shows segment {number}, which its Segment Sequence (0062,0002) lacks"
                    raise UnreadableError(f"{text}: export it again", "export it again")
                canvas = canvases.of(found, str(number), names[number] or f"segment {number}")
                canvas |= mask
        except UnreadableError as error:
            reasons.append(error.reason)
    return canvases.finish(reasons, _EMPTY)


def read_seg(path: Path, pictures: Sequence[Found]) -> OutlineFile:
    """Reads a Segmentation object (BINARY, FRACTIONAL or LABELMAP): one lesion per segment, named by Segment Label.

    A frame belongs to the image that its Derivation Image names, or, where it names none, to the slice at its
    plane position in a referenced series.

    Raises:
        UnreadableError: damaged, or not what it says to be.
    """
    with guarded("damaged Segmentation object, a tag is missing or wrong", "export it again"):
        return _lay(read_header(path, pixels=True), pictures)
