"""Slices of a tilted series, and files of outlines on them, as other programs write them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SHAPE = (24, 32)
SPACING = (0.8, 0.5)  # between rows, between columns: unlike each other, so that a swap of the two shows


def axes(tilt: float = 0.3) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Unit vectors along rows and columns, turned about two axes."""
    across = np.array([np.cos(tilt), np.sin(tilt), 0.0])
    down = np.array([-np.sin(tilt) * np.cos(0.2), np.cos(tilt) * np.cos(0.2), np.sin(0.2)])
    return across, down


def write_series(folder: Path, n: int = 4, *, patient: str = "7", tilt: float = 0.3, seed: int = 0) -> list[Any]:
    """Writes n CT slices, 2.5 mm apart along their normal, and gives their data sets."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    folder.mkdir(parents=True, exist_ok=True)
    across, down = axes(tilt)
    study, series, frame = generate_uid(), generate_uid(), generate_uid()
    slices = []
    for k in range(n):
        meta = FileMetaDataset()
        meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = ExplicitVRLittleEndian, CTImageStorage
        meta.MediaStorageSOPInstanceUID = generate_uid()
        data = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
        data.SOPClassUID, data.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
        data.StudyInstanceUID, data.SeriesInstanceUID, data.FrameOfReferenceUID = study, series, frame
        data.PatientID, data.PatientName, data.PatientSex, data.PatientBirthDate = patient, "Doe^Jane", "O", ""
        data.StudyID, data.StudyDate, data.StudyTime, data.AccessionNumber = "1", "", "", "00" + patient + "4711"
        data.ReferringPhysicianName, data.Modality = "", "CT"
        data.InstanceNumber, data.SeriesNumber = k + 1, 1
        data.ImagePositionPatient = [round(float(v), 4) for v in [-20.0, 5.0, 30.0] + 2.5 * k * np.cross(across, down)]
        data.ImageOrientationPatient = [round(float(v), 6) for v in (*across, *down)]
        data.PixelSpacing, data.SliceThickness = list(SPACING), 2.5
        data.Rows, data.Columns = SHAPE
        data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
        data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 0
        data.PixelData = np.random.default_rng((seed, k)).integers(0, 4000, SHAPE).astype(np.uint16).tobytes()
        data.save_as(folder / f"{k}.dcm", enforce_file_format=True)
        slices.append(data)
    return slices


def blobs(n: int = 4) -> NDArray[np.bool_]:
    """Two lesions with jagged edges on n slices, bool (n, 2, H, W); the second has a hole and no first slice."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    masks = np.zeros((n, 2, *SHAPE), dtype=np.bool_)
    for k in range(n):
        masks[k, 0] = np.hypot(x - 8, y - 7 - k) < 4.3
        ring = np.hypot(x - 22, y - 14)
        masks[k, 1] = (ring < 6.2) & (ring > 2.1) & (k > 0)
    return masks


def write_seg(slices: Sequence[Any], masks: NDArray, path: Path, labels: Sequence[str], kind: str = "BINARY") -> None:
    """Writes masks (n, S, H, W), bool or fractions of 1, as a Segmentation object by highdicom."""
    import highdicom as hd
    from pydicom.sr.codedict import codes

    described = [
        hd.seg.SegmentDescription(
            n,
            label,
            codes.SCT.MorphologicallyAbnormalStructure,
            codes.SCT.Mass,
            hd.seg.SegmentAlgorithmTypeValues.MANUAL,
        )
        for n, label in enumerate(labels, start=1)
    ]
    values = np.moveaxis(masks, 1, -1)
    uids = [hd.UID(), hd.UID()]
    seg = hd.seg.Segmentation(
        list(slices),
        values if values.dtype.kind == "f" else values.astype(np.uint8),
        kind,
        described,
        uids[0],
        2,
        uids[1],
        1,
        "maker",
        "model",
        "1",
        "serial",
    )
    seg.save_as(path)


def pixel_edges(mask: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
    """Closed outlines (N, 2) of x, y along the edges of a mask's (H, W) pixels; those of holes are among them."""
    steps: dict[tuple[int, int], list[tuple[int, int]]] = {}
    full = np.pad(mask, 1)
    for y, x in np.argwhere(full):
        sides = (((y - 1, x), (0, 0), (0, 1)), ((y, x + 1), (0, 1), (1, 1)))
        sides += (((y + 1, x), (1, 1), (1, 0)), ((y, x - 1), (1, 0), (0, 0)))
        for other, start, stop in sides:
            if not full[other]:
                steps.setdefault((y + start[0], x + start[1]), []).append((y + stop[0], x + stop[1]))
    outlines = []
    while steps:
        corner = next(iter(steps))
        path = []
        while corner in steps:
            path.append(corner)
            following = steps[corner].pop()
            if not steps[corner]:
                del steps[corner]
            corner = following
        outlines.append(np.array([(x - 1.5, y - 1.5) for y, x in path]))
    return outlines


def write_rtstruct(
    slices: Sequence[Any],
    contours: Sequence[Sequence[Sequence[NDArray]]],
    path: Path,
    names: Sequence[str],
    *,
    images: bool = True,
    kind: str = "CLOSED_PLANAR",
) -> Any:
    """Writes contours [roi][slice] of (N, 2) pixel positions x, y as a structure set; images: name the slices."""
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, RTStructureSetStorage, generate_uid

    def made(**tags: object) -> Dataset:
        item = Dataset()
        for key, value in tags.items():
            setattr(item, key, value)
        return item

    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = ExplicitVRLittleEndian, RTStructureSetStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    data = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    data.SOPClassUID, data.SOPInstanceUID = RTStructureSetStorage, meta.MediaStorageSOPInstanceUID
    data.Modality, data.PatientID, data.SeriesInstanceUID = "RTSTRUCT", slices[0].PatientID, generate_uid()
    series = made(SeriesInstanceUID=slices[0].SeriesInstanceUID)
    frame = slices[0].FrameOfReferenceUID
    study = made(RTReferencedSeriesSequence=[series])
    data.ReferencedFrameOfReferenceSequence = [made(FrameOfReferenceUID=frame, RTReferencedStudySequence=[study])]
    data.StructureSetROISequence = [
        made(ROINumber=n, ROIName=name, ReferencedFrameOfReferenceUID=frame) for n, name in enumerate(names, start=1)
    ]
    items = []
    for n, of_roi in enumerate(contours, start=1):
        drawn = []
        for image, of_slice in zip(slices, of_roi, strict=True):
            across, down = np.array(image.ImageOrientationPatient).reshape(2, 3)
            for xy in of_slice:
                mm = np.array(image.ImagePositionPatient, dtype=float)
                mm = mm + xy[:, :1] * SPACING[1] * across + xy[:, 1:] * SPACING[0] * down
                item = made(ContourGeometricType=kind, NumberOfContourPoints=len(xy))
                item.ContourData = [f"{v:.4f}" for v in mm.ravel()]
                if images:
                    item.ContourImageSequence = [made(ReferencedSOPInstanceUID=image.SOPInstanceUID)]
                drawn.append(item)
        items.append(made(ReferencedROINumber=n, ContourSequence=drawn))
    data.ROIContourSequence = items
    data.save_as(path, enforce_file_format=True)
    return data


def write_nifti(slices: Sequence[Any], values: NDArray, path: Path, *, order: str = "as converters do") -> None:
    """Writes label values (n, H, W) of a series as NIfTI; `order` "turned" gives the voxels other axes and signs."""
    import nibabel

    across, down = np.array(slices[0].ImageOrientationPatient, dtype=float).reshape(2, 3)
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = across * SPACING[1], down * SPACING[0]
    affine[:3, 2] = 2.5 * np.cross(across, down)
    affine[:3, 3] = slices[0].ImagePositionPatient
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
    array = np.transpose(values, (2, 1, 0))
    if order == "turned":
        turn = np.array(
            [[0, 0, -1.0, array.shape[2] - 1], [1, 0, 0, 0], [0, -1.0, 0, array.shape[1] - 1], [0, 0, 0, 1]]
        )
        # new voxel (i, j, k) holds old voxel (x, y, z) = (j, J - 1 - k, K - 1 - i)
        array = np.transpose(array[:, ::-1, ::-1], (2, 0, 1))
        back = np.array([[0, 1, 0, 0], [0, 0, -1, turn[2, 3]], [-1, 0, 0, turn[0, 3]], [0, 0, 0, 1.0]])
        affine = affine @ back
    nibabel.save(nibabel.Nifti1Image(np.ascontiguousarray(array), affine), path)
