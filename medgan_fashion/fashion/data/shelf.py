"""What changes daily in a shop, price and stock: kept apart, so that nothing is trained again for it."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.runs.engine.stage import Stored, store

_ARRAYS = ("price", "stock")


def store_shelf(run: Path, catalogue: Catalogue) -> Stored:
    """Prices and stock under the hash of their content."""
    digest = hashlib.sha256()
    for name in _ARRAYS:
        digest.update(np.ascontiguousarray(getattr(catalogue, name)).tobytes())

    def fill(folder: Path) -> None:
        for name in _ARRAYS:
            np.save(folder / f"{name}.npy", getattr(catalogue, name))

    return store(run, "shelf", digest.hexdigest()[:20], fill)


def on_shelf(catalogue: Catalogue, folder: Path) -> Catalogue:
    """The catalogue with the prices and stock of that folder."""
    price, stock = (np.load(folder / f"{name}.npy") for name in _ARRAYS)
    return replace(catalogue, price=price, stock=stock)
