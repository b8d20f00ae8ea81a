"""Reads NIfTI masks: laid on a DICOM series by position in the patient, or on the picture whose name they have."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.imaging.cases.found import Found
from medgan_fashion.imaging.outlines.target import Canvases, OutlineFile, check_size
from medgan_fashion.imaging.read.picture import UnreadableError
from medgan_fashion.imaging.read.planes import Plane

_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])  # NIfTI counts to the right, front and head, DICOM to left, back and head
_OFF = 0.1  # share of a voxel by which centres may miss each other
_EMPTY = "one of its values marks no pixel of a picture"
_SUFFIXES = (".nii.gz", ".nii")


def nifti_stem(path: Path) -> str:
    """The name without .nii or .nii.gz, and without _mask or _seg at its end."""
    name = next((path.name[: -len(s)] for s in _SUFFIXES if path.name.lower().endswith(s)), path.stem)
    return name.removesuffix("_mask").removesuffix("_seg")


def is_nifti(path: Path) -> bool:
    """By suffix: compressed ones have no mark of their own."""
    return path.name.lower().endswith(_SUFFIXES)


def label_values(values: NDArray) -> NDArray[np.int64]:
    """Whole numbers of a mask; fractions from 0 to 1 become 1 from a half on.

    Raises:
        UnreadableError: other numbers.
    """
    whole = np.rint(values)
    if not np.isfinite(values).all() or values.min() < 0:
        raise UnreadableError("its values are not all 0 or more: save a mask", "save a mask")
    if np.abs(whole - values).max() < 1e-3:
        return whole.astype(np.int64)
    if values.max() > 1:
        raise UnreadableError("its values are neither whole numbers nor fractions of 1: save a mask", "save a mask")
    return (values >= 0.5).astype(np.int64)


def voxels_of(
    plane: Plane, affine: NDArray[np.float64], shape: tuple[int, ...]
) -> tuple[NDArray[np.int64], ...] | None:
    """Voxel numbers (i, j, k), each (H, W), of a slice's pixels; None where the grids do not coincide.

    Args:
        plane: the slice.
        affine: (4, 4), from voxel numbers to mm, RAS, as in the NIfTI header.
        shape: (I, J, K) of the volume.
    """
    to_voxels = np.linalg.inv(_TO_LPS @ affine)
    rows, columns = np.mgrid[: plane.shape[0], : plane.shape[1]]
    place = plane.to_patient(columns, rows) @ to_voxels[:3, :3].T + to_voxels[:3, 3]
    near = np.rint(place)
    if np.abs(place - near).max() > _OFF or near.min() < 0 or (near.max(axis=(0, 1)) >= shape).any():
        return None
    i, j, k = np.moveaxis(near.astype(np.int64), -1, 0)
    return i, j, k


def _of_one_series(fitting: list[Found], path: Path) -> list[Found]:
    """The slices of the one series that is meant: the only one, else the one whose folders bear the file's names.

    Raises:
        UnreadableError: several.
    """
    for name in (nifti_stem(path), path.parent.name):
        named = [f for f in fitting if name in (*f.name.split("/")[:-1], f.patient, *f.uids)]
        if len({f.uids[1] for f in fitting}) > 1 and named:
            fitting = named
    if len({f.uids[1] for f in fitting}) != 1:
        cure = "name it like the folder of its series"
        raise UnreadableError(f"its grid fits several series of the folder: {cure}", cure)
    return fitting


def _lay_on_series(values: NDArray[np.int64], affine: NDArray, path: Path, pictures: Sequence[Found]) -> OutlineFile:
    """Values (I, J, K) on every slice whose grid coincides with theirs."""
    places = {f.name: voxels_of(f.plane, affine, values.shape) for f in pictures if f.plane}
    fitting = [f for f in pictures if places.get(f.name) is not None]
    if not fitting:
        cure = "save it on the grid of its images, or name it like its picture"
        raise UnreadableError(f"its voxels fit no slice of the folder: {cure}", cure)
    canvases = Canvases()
    for found in _of_one_series(fitting, path):
        here = values[places[found.name]]
        for value in np.unique(here[here > 0]):
            canvas = canvases.of(found, str(value), str(value))
            canvas |= here == value
    done = canvases.finish([], _EMPTY)
    return done if done.pairs else OutlineFile([], ["it marks nothing on the slices of the folder"])


def _lay_on_picture(values: NDArray[np.int64], found: Found) -> OutlineFile:
    """Values (W, H), x first as NIfTI has them, on a picture without a place in a patient."""
    upright = values.T
    check_size(found, upright.shape)
    canvases = Canvases()
    for value in np.unique(upright[upright > 0]):
        canvas = canvases.of(found, str(value), found.label or str(value))
        canvas |= upright == value
    done = canvases.finish([], _EMPTY)
    return done if done.pairs else OutlineFile([], ["its mask is empty"])


def _load(path: Path) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Label values, of three axes, and the affine."""
    try:
        import nibabel
        from nibabel.filebasedimages import ImageFileError
        from nibabel.spatialimages import HeaderDataError
    except ImportError:
        raise UnreadableError("nibabel is missing", "pip install 'medgan-fashion[medical]'", here=True) from None
    try:
        image = nibabel.load(path)
        values = np.asanyarray(image.dataobj)  # type: ignore[attr-defined]
        affine = np.asarray(image.affine, dtype=np.float64)  # type: ignore[attr-defined]
    except (ImageFileError, HeaderDataError, OSError, EOFError, ValueError):
        raise UnreadableError("damaged NIfTI file: save it again", "save it again") from None
    while values.ndim > 3 and values.shape[-1] == 1:
        values = values[..., 0]
    values = values[..., None] if values.ndim == 2 else values
    if values.ndim != 3 or 0 in values.shape:
        raise UnreadableError("NIfTI of four axes or none: save one volume of labels", "save one volume of labels")
    return label_values(values), affine


def read_nifti(path: Path, pictures: Sequence[Found]) -> OutlineFile:
    """Reads a mask: one lesion per value that is not 0, named by the value.

    A mask of one slice that is named like a picture without a place in the patient is laid on its pixels, first
    axis from left to right; any other on the slices whose pixels coincide with its voxels, whatever its axes.

    Raises:
        UnreadableError: damaged, no mask, or it fits no picture.
    """
    values, affine = _load(path)
    named = [f for f in pictures if f.plane is None and f.path.stem == nifti_stem(path)]
    if values.shape[2] == 1 and len(named) == 1:
        return _lay_on_picture(values[:, :, 0], named[0])
    if len(named) > 1:
        raise UnreadableError("several pictures have its name: give each name once", "give each name once")
    return _lay_on_series(values, affine, path, pictures)
