"""The catalogue: items with their main pictures, categories, styles and what else is known of them."""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_ARRAYS = ("images", "category", "style", "held_out", "price", "stock")


@dataclass(frozen=True)
class Catalogue:
    """N items in the order of their table; a row number stands for an item everywhere inside.

    Args:
        items: N item IDs, text as in the table (leading zeros survive).
        images: uint8 (N, 3, S, S) sRGB, the main picture of each item, padded to a square with its own ground.
        category: int64 (N,) into `categories`.
        categories: names, sorted.
        style: int64 (N,); colour variants and sizes of one garment share a number and are never split across sets.
        held_out: bool (N,); items (whole styles) that no training sees, neither of a recommender nor of a GAN or
            encoder: the cold items of the ranking, and the photos that inversion is judged on.
        price, stock: float64 (N,), NaN where unknown.
        attributes: name -> N values, "" where unknown.
    """

    items: tuple[str, ...]
    images: NDArray[np.uint8]
    category: NDArray[np.int64]
    categories: tuple[str, ...]
    style: NDArray[np.int64]
    held_out: NDArray[np.bool_]
    price: NDArray[np.float64]
    stock: NDArray[np.float64]
    attributes: dict[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.items)

    @property
    def size(self) -> int:
        """Side S of the pictures in pixels."""
        return self.images.shape[-1]

    def rows(self, items: list[str] | tuple[str, ...]) -> NDArray[np.int64]:
        """Row numbers (M,) of item IDs; ValueError names one that is not here."""
        where = {item: row for row, item in enumerate(self.items)}
        for item in items:
            if item not in where:
                raise ValueError(f"no item '{item}' in the catalogue: check the ID (leading zeros count)")
        return np.array([where[item] for item in items], dtype=np.int64)

    def take(self, rows: ArrayLike) -> "Catalogue":
        """The catalogue of those rows (numbers or a mask) alone, in that order."""
        chosen = np.arange(len(self))[np.asarray(rows)]
        arrays: dict[str, Any] = {name: getattr(self, name)[chosen] for name in _ARRAYS}
        attributes = {name: tuple(values[i] for i in chosen) for name, values in self.attributes.items()}
        return replace(self, items=tuple(self.items[i] for i in chosen), attributes=attributes, **arrays)

    def floats(self, rows: ArrayLike | None = None) -> NDArray[np.float32]:
        """Pictures float32 (M, 3, S, S) in [0, 1], of those rows."""
        images = self.images if rows is None else self.images[np.asarray(rows)]
        return images.astype(np.float32) / np.float32(255)

    def content_hash(self) -> str:
        """Hash of everything that a training can depend on: pixels, categories, styles, hold-out, IDs. Prices and stock
        are none of it (see `shelf`)."""
        digest = hashlib.sha256(json.dumps([self.items, self.categories, self.attributes], sort_keys=True).encode())
        for name in ("images", "category", "style", "held_out"):
            digest.update(np.ascontiguousarray(getattr(self, name)).tobytes())
        return digest.hexdigest()[:20]


def in_hold_out(style: str, share: float, seed: int) -> bool:
    """Whether a style is held out: a function of its name alone, so that new items move no old one across."""
    digest = hashlib.sha256(f"{seed}|{style}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < share


def save_catalogue(catalogue: Catalogue, folder: Path) -> None:
    """Writes arrays (.npy) and catalogue.json into an existing folder."""
    for name in _ARRAYS:
        np.save(folder / f"{name}.npy", getattr(catalogue, name))
    plain = {"items": catalogue.items, "categories": catalogue.categories, "attributes": catalogue.attributes}
    (folder / "catalogue.json").write_text(json.dumps(plain))


def load_catalogue(folder: Path) -> Catalogue:
    """Reads what `save_catalogue` wrote; the pictures stay on disk until they are looked at."""
    plain = json.loads((folder / "catalogue.json").read_text())
    arrays: dict[str, Any] = {name: np.load(folder / f"{name}.npy") for name in _ARRAYS if name != "images"}
    return Catalogue(
        items=tuple(plain["items"]),
        categories=tuple(plain["categories"]),
        attributes={name: tuple(values) for name, values in plain["attributes"].items()},
        images=np.load(folder / "images.npy", mmap_mode="r"),
        **arrays,
    )
