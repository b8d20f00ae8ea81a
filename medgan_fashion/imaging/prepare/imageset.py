"""ImageSet: canvases with labels, patients, lesions and nothing that names a person."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medgan_fashion.imaging.cases.config import Grouping

_ARRAYS = ("images", "labels", "groups", "lesions", "diameters", "rows", "external", "view_positions", "to_source")
_DTYPES = {"images": "float32", "diameters": "float32", "external": "bool", "to_source": "float64"}
_CHUNK = 256  # images hashed at once: a memory-mapped set never comes into memory whole


@dataclass(frozen=True)
class Card:
    """What an image set is.

    Args:
        classes: class names; labels index into it.
        size: (height, width) of the view in pixels.
        pseudonyms: one per group; never a patient ID.
        grouping: what a group is.
        unit: unit of the stored values, such as "HU" or "grey 8 bit".
        source: name of the case table, without a path.
        view_positions: names that the array view_positions indexes, such as ("CC", "MLO"); ("",) where unknown.
    """

    classes: tuple[str, ...]
    size: tuple[int, int]
    pseudonyms: tuple[str, ...]
    grouping: Grouping
    unit: str
    source: str
    view_positions: tuple[str, ...] = ("",)


def first_appearance(values: ArrayLike) -> NDArray[np.int64]:
    """Relabels values 0, 1, 2, ... in order of first appearance: (N,) of anything -> int64 (N,)."""
    array = np.asarray(values)
    _, first, inverse = np.unique(array, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return rank[inverse.reshape(-1)]


def centre(images: NDArray, size: tuple[int, int]) -> NDArray:
    """Cuts the central view out of canvases: (..., Hc, Wc) -> a window (..., H, W) of the same memory.

    Raises:
        ValueError: the view is larger than the canvas.
    """
    (canvas_h, canvas_w), (h, w) = images.shape[-2:], size
    if h > canvas_h or w > canvas_w:
        raise ValueError(f"a view of {h}x{w} does not fit into a canvas of {canvas_h}x{canvas_w}: lower image.size")
    top, left = (canvas_h - h) // 2, (canvas_w - w) // 2
    return images[..., top : top + h, left : left + w]


def class_and_view(
    labels: NDArray[np.int64], view_positions: NDArray[np.int64], classes: tuple[str, ...], names: tuple[str, ...]
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Class and View Position as one number each (N,), and the names of the pairs ("malignant MLO"). Only pairs that
    occur get a number; with a single position the classes stay as they are."""
    if len(np.unique(view_positions)) < 2:
        return np.asarray(labels), classes
    pairs, numbers = np.unique(np.stack([labels, view_positions], 1), axis=0, return_inverse=True)
    joined = tuple(f"{classes[k]} {names[p] or 'of unknown view'}" for k, p in pairs)
    return numbers.reshape(-1), joined


@dataclass(frozen=True)
class ImageSet:
    """Images of cases; arrays may be memory-mapped.

    Args:
        images: float32 (N, C, Hc, Wc), canvases in stored units (HU, grey values).
        labels: int64 (N,), index into card.classes.
        groups: int64 (N,), index into card.pseudonyms.
        lesions: int64 (N,); a lesion belongs to one group.
        diameters: float32 (N,), longer side of the lesion's box in view pixels.
        rows: int64 (N,), row of the case table, 1 = first row after the header.
        external: bool (N,), cohort external.
        view_positions: int64 (N,), index into card.view_positions (View Position, as CC and MLO).
        to_source: float64 (N, 2, 3), affine map from canvas to source, both in pixel edges' coordinates (x, y)
            with 0 at the left or top edge of the first pixel: undoes flip, crop and resize.
        card: what the set is.
        masks: float32 (N, 1, Hc, Wc) in [0, 1], the share of each canvas pixel that lies inside a lesion; None where
            nobody asked for masks.

    Raises:
        ValueError: arrays of unequal length, or labels or groups that the card does not know.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]
    lesions: NDArray[np.int64]
    diameters: NDArray[np.float32]
    rows: NDArray[np.int64]
    external: NDArray[np.bool_]
    view_positions: NDArray[np.int64]
    to_source: NDArray[np.float64]
    card: Card
    masks: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        if self.images.ndim != 4 or self.images.dtype != np.float32:
            raise ValueError(f"images must be float32 (N, C, H, W), not {self.images.dtype} {self.images.shape}")
        if self.to_source.shape != (len(self.images), 2, 3):
            raise ValueError(f"to_source must have shape ({len(self.images)}, 2, 3), one affine map per image")
        if self.masks is not None and self.masks.shape != (len(self.images), 1, *self.images.shape[2:]):
            raise ValueError(f"masks {self.masks.shape} do not lie on images {self.images.shape}: one channel for each")
        for name in _ARRAYS[1:-1]:
            if getattr(self, name).shape != (len(self.images),):
                raise ValueError(f"{name} must have shape ({len(self.images)},) like images, one value per image")
        named = (
            ("labels", self.card.classes),
            ("groups", self.card.pseudonyms),
            ("view_positions", self.card.view_positions),
        )
        for name, known in named:
            array = getattr(self, name)
            if len(array) and not 0 <= array.min() <= array.max() < len(known):
                raise ValueError(f"{name} must lie in 0..{len(known) - 1}, the entries of the card")

    def __len__(self) -> int:
        return len(self.images)

    def view(self) -> NDArray[np.float32]:
        """The central views (N, C, H, W) in stored units."""
        return centre(self.images, self.card.size)

    def take(self, indices: ArrayLike) -> "ImageSet":
        """The images at these positions (integers in any order, or bool (N,)), with the same card."""
        where = np.asarray(indices)
        if where.dtype != np.bool_:
            where = where.astype(np.int64)
        masks = None if self.masks is None else np.asarray(self.masks[where])
        return ImageSet(*(np.asarray(getattr(self, name)[where]) for name in _ARRAYS), card=self.card, masks=masks)

    def content_hash(self) -> str:
        """sha256 over all that results depend on, 64 hexadecimal digits.

        That is pixels, masks, labels, classes, view size, view positions, diameters, cohorts and the structure of
        groups and lesions; not pseudonyms, row numbers, names of groups or where in its source an image lay.
        """
        shape = [self.images.shape, self.card.size, self.card.classes, self.card.view_positions]
        digest = hashlib.sha256(json.dumps(shape).encode())
        for start in range(0, len(self), _CHUNK):
            for array in (self.images, self.masks):
                if array is not None:
                    digest.update(np.ascontiguousarray(array[start : start + _CHUNK], dtype="<f4").tobytes())
        structure = (first_appearance(self.groups), first_appearance(self.lesions))
        for array in (self.labels, *structure, self.view_positions):
            digest.update(np.asarray(array, dtype="<i8").tobytes())
        digest.update(np.asarray(self.diameters, dtype="<f4").tobytes())
        digest.update(np.asarray(self.external, dtype="u1").tobytes())
        return digest.hexdigest()

    def save(self, folder: Path) -> None:
        """Writes one .npy per array and card.json into the folder, which is made if missing."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in _ARRAYS:
            np.save(folder / f"{name}.npy", getattr(self, name).astype(_DTYPES.get(name, "int64"), copy=False))
        if self.masks is not None:
            np.save(folder / "masks.npy", self.masks)
        (folder / "card.json").write_text(json.dumps(asdict(self.card), indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "ImageSet":
        """Opens a saved set; images stay on disk (read-only memory map).

        Raises:
            ValueError: the folder holds no whole image set.
        """
        missing = [n for n in ("card.json", *(f"{a}.npy" for a in _ARRAYS)) if not (folder / n).is_file()]
        if missing:
            raise ValueError(f"{folder.name} is no image set, it lacks {missing[0]}: prepare the cases again")
        raw = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        tuples = {k: tuple(raw[k]) for k in ("classes", "size", "pseudonyms", "view_positions")}
        card = Card(**tuples, grouping=raw["grouping"], unit=raw["unit"], source=raw["source"])
        images = np.load(folder / "images.npy", mmap_mode="r")
        masks = np.load(folder / "masks.npy", mmap_mode="r") if (folder / "masks.npy").is_file() else None
        return cls(images, *(np.load(folder / f"{name}.npy") for name in _ARRAYS[1:]), card=card, masks=masks)
