"""Folds as artifacts: exactly their rows, scaled to [0, 1] by a map fitted on training rows alone."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.imaging.cases.config import IntensityConfig
from medgan_fashion.imaging.prepare.imageset import ImageSet, centre
from medgan_fashion.imaging.prepare.intensity import Intensity, fit_intensity
from medgan_fashion.runs.engine.stage import Stored, stage, store


def store_rows(run: Path, images: ImageSet) -> Stored:
    """These rows and no others, under the hash of their content: a key cannot depend on any other row."""
    return store(run, "rows", images.content_hash()[:20], images.save)


@dataclass(frozen=True)
class Fold:
    """Scaled rows: `canvases` float32 (N, C, Hc, Wc) in [0, 1], `size` of the view, and who they are.

    `training_rows` is the hash of the rows that the intensity map (and whatever is trained here) saw.
    `masks` float32 (N, 1, Hc, Wc) in [0, 1] lie on the canvases, where the study is one of segmentation.
    `view_positions` int64 (N,) indexes `position_names` ("CC", "MLO", ...; "" where unknown).
    """

    canvases: NDArray[np.float32]
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]
    lesions: NDArray[np.int64]
    diameters: NDArray[np.float32]
    view_positions: NDArray[np.int64]
    size: tuple[int, int]
    classes: tuple[str, ...]
    position_names: tuple[str, ...]
    training_rows: str
    masks: NDArray[np.float32] | None = None

    @property
    def views(self) -> NDArray[np.float32]:
        """(N, C, H, W): the middle of the canvases."""
        return np.ascontiguousarray(centre(self.canvases, self.size))

    @property
    def mask_views(self) -> NDArray[np.float32]:
        """(N, 1, H, W) in [0, 1]: the middle of the masks; ValueError where the fold has none."""
        if self.masks is None:
            raise ValueError("this fold has no masks: prepare the cases with image.masks true")
        return np.ascontiguousarray(centre(self.masks, self.size))


_ARRAYS = ("canvases", "labels", "groups", "lesions", "diameters", "view_positions")


def load_fold(folder: Path) -> Fold:
    """Reads what `training_fold` or `test_fold` wrote, memory-mapped."""
    about = json.loads((folder / "fold.json").read_text())
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in _ARRAYS}
    if (folder / "masks.npy").is_file():
        arrays["masks"] = np.load(folder / "masks.npy", mmap_mode="r")
    return Fold(
        **arrays,
        size=tuple(about["size"]),
        classes=tuple(about["classes"]),
        position_names=tuple(about["position_names"]),
        training_rows=about["training_rows"],
    )


def _save(work: Path, rows: ImageSet, intensity: Intensity, training_rows: str) -> None:
    np.save(work / "canvases.npy", intensity.apply(rows.images))
    for name in _ARRAYS[1:]:
        np.save(work / f"{name}.npy", getattr(rows, name))
    if rows.masks is not None:
        np.save(work / "masks.npy", rows.masks)
    (work / "intensity.json").write_text(json.dumps(intensity.to_dict()))
    names = {"classes": rows.card.classes, "position_names": rows.card.view_positions}
    about = {"size": rows.card.size, **names, "training_rows": training_rows}
    (work / "fold.json").write_text(json.dumps(about))


@stage(version=2)
def training_fold(work: Path, rows: Path, intensity: IntensityConfig) -> None:
    """Fits the intensity map on these rows and applies it."""
    images = ImageSet.load(rows)
    fitted = fit_intensity(images.images, intensity, images.card.size)
    _save(work, images, fitted, rows.name)


@stage(version=2)
def test_fold(work: Path, rows: Path, training: Path) -> None:
    """Applies the training fold's map to other rows."""
    fitted = Intensity.from_dict(json.loads((training / "intensity.json").read_text()))
    _save(work, ImageSet.load(rows), fitted, load_fold(training).training_rows)
