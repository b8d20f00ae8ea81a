"""Images from an .npz as `train` and `privacy` take them: one reader, which says in words what a file is not."""

import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

UNLABELLED = "unlabelled"  # the sub-folder of pictures whose class nobody has said


# what zipfile and numpy raise for files that were cut off, damaged, or are something else
_DAMAGED = (OSError, ValueError, EOFError, KeyError, RuntimeError, struct.error, zipfile.BadZipFile, zlib.error)
_SAVE = "save `images` (N, C, H, W) or (N, H, W) with numpy.savez"


@dataclass(frozen=True)
class Arrays:
    """Images (N, C, H, W), finite numbers; labels (N,), whole numbers from 0; class names by label. None where the
    file has none."""

    images: NDArray[Any]
    labels: NDArray[Any] | None
    classes: list[str] | None


def _load(path: Path) -> dict[str, NDArray[Any]]:
    """images, labels and classes, as far as they are there; ValueError for another file or a synthetic one."""
    with path.open("rb") as file:  # one that may not be opened is no damaged one
        try:
            found = np.load(file, allow_pickle=False)
        except _DAMAGED:
            found = None
        if not isinstance(found, np.lib.npyio.NpzFile):
            raise ValueError(f"{path} is no .npz file, or a damaged one; {_SAVE}")
        names = list(found)
        if "images" not in names:
            raise ValueError(f"{path} holds {', '.join(names) or 'nothing'} but no `images`; save them under that name")
        if "SyntheticData" in names:
            raise ValueError(f"{path} holds synthetic images; give real ones")
        try:
            return {name: found[name] for name in ("images", "labels", "classes") if name in names}
        except _DAMAGED:
            raise ValueError(f"{path} is damaged, or holds Python objects in place of numbers; {_SAVE} again") from None


def _checked_images(path: Path, images: NDArray[Any]) -> NDArray[Any]:
    """Images (N, C, H, W) from these or (N, H, W)."""
    if images.dtype.kind not in "biuf":
        raise ValueError(f"`images` of {path} are {images.dtype}, not real numbers; {_SAVE}")
    if images.ndim not in (3, 4) or images.size == 0:
        raise ValueError(f"`images` of {path} have shape {images.shape}; {_SAVE}")
    if not np.isfinite(images).all():
        raise ValueError(f"`images` of {path} hold NaN or infinite values; remove those images first")
    return images[:, None] if images.ndim == 3 else images


def read_arrays(path: Path) -> Arrays:
    """The images of an .npz with their labels and class names, where it has some.

    Raises ValueError for a file that is damaged, no .npz, synthetic, or without usable images or labels.
    """
    found = _load(path)
    images, labels, classes = _checked_images(path, found["images"]), found.get("labels"), found.get("classes")
    if labels is not None and (labels.shape != images.shape[:1] or labels.dtype.kind not in "biu" or labels.min() < 0):
        raise ValueError(
            f"`labels` of {path} are {labels.dtype} of shape {labels.shape} for {len(images)} images; save one whole "
            "number from 0 for each image"
        )
    if classes is not None and classes.ndim != 1:
        raise ValueError(f"`classes` of {path} have shape {classes.shape}; save a list of names, one per label")
    return Arrays(images, labels, None if classes is None else [str(name) for name in classes])
