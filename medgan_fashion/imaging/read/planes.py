"""Where a slice lies in the patient: from pixels to millimetres and back (PS3.3 C.7.6.2.1.1)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

TOLERANCE = 0.1  # mm: files round positions, neighbouring slices lie further apart


@dataclass(frozen=True)
class Plane:
    """A slice's grid in the patient's coordinates (LPS, mm).

    Args:
        origin: centre of the first pixel.
        along_row, along_column: unit vectors in which the column and the row number grow.
        spacing: (between rows, between columns).
        shape: (rows, columns).
    """

    origin: tuple[float, float, float]
    along_row: tuple[float, float, float]
    along_column: tuple[float, float, float]
    spacing: tuple[float, float]
    shape: tuple[int, int]

    @property
    def normal(self) -> NDArray[np.float64]:
        """Unit vector (3,) through the slice."""
        return np.cross(self.along_row, self.along_column)

    @property
    def height(self) -> float:
        """Position along the normal in mm."""
        return float(self.normal @ np.asarray(self.origin))

    def to_patient(self, column: ArrayLike, row: ArrayLike) -> NDArray[np.float64]:
        """Pixel positions (...,) -> mm (..., 3)."""
        x, y = np.asarray(column, dtype=np.float64)[..., None], np.asarray(row, dtype=np.float64)[..., None]
        across, down = np.asarray(self.along_row), np.asarray(self.along_column)
        return np.asarray(self.origin) + x * self.spacing[1] * across + y * self.spacing[0] * down

    def to_pixels(self, points: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """mm (..., 3) -> column, row, and distance from the plane in mm, each (...,)."""
        away = np.asarray(points, dtype=np.float64) - np.asarray(self.origin)
        column, row = away @ np.asarray(self.along_row), away @ np.asarray(self.along_column)
        return column / self.spacing[1], row / self.spacing[0], away @ self.normal

    def holds(self, points: ArrayLike) -> bool:
        """True where all points (N, 3) in mm lie in this slice."""
        return bool(np.abs(self.to_pixels(points)[2]).max() <= TOLERANCE)


def _triple(values: object) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in values)  # type: ignore[attr-defined]
    return (x, y, z)


def read_plane(header: "Dataset") -> Plane | None:
    """The plane of a single-frame image, None where position, orientation or spacing are missing or impossible."""
    position, orientation = header.get("ImagePositionPatient"), header.get("ImageOrientationPatient")
    spacing = header.get("PixelSpacing")
    if not (position and orientation and spacing):
        return None
    if (len(position), len(orientation), len(spacing)) != (3, 6, 2):
        return None
    across, down = _triple(orientation[:3]), _triple(orientation[3:])
    sides = (float(spacing[0]), float(spacing[1]))
    shape = (int(header.get("Rows") or 0), int(header.get("Columns") or 0))
    plane = Plane(_triple(position), across, down, sides, shape)
    upright = abs(float(np.dot(across, down))) < 1e-3 and abs(float(np.linalg.norm(plane.normal)) - 1) < 1e-3
    return plane if upright and min(*sides, *shape) > 0 else None
