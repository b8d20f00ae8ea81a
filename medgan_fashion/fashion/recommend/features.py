"""A user's own features of items, for VBPR: rows of numbers beside item IDs."""

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.tables import read_table
from medgan_fashion.runs.engine.stage import Stored, store


def read_features(path: Path, catalogue: Catalogue) -> NDArray[np.float32]:
    """Features (N, F) in the catalogue's order, from CSV or Parquet with a column `item` and F columns of numbers.

    ValueError names an item without features or with two rows of them, or a column that holds no numbers.
    """
    columns = read_table(path)
    if "item" not in columns:
        raise ValueError(f"{path.name} has no column 'item'; it has {', '.join(columns)}")
    row = {item: number for number, item in enumerate(columns["item"])}
    if len(row) < len(columns["item"]):
        item = next(item for number, item in enumerate(columns["item"]) if row[item] != number)
        raise ValueError(f"{path.name} has more than one row of item '{item}': keep one")
    lacking = [item for item in catalogue.items if item not in row]
    if lacking:
        raise ValueError(f"{path.name} has no features of item '{lacking[0]}' ({len(lacking)} are lacking): add them")
    order, table = [row[item] for item in catalogue.items], []
    for name in [name for name in columns if name != "item"]:
        try:
            values = np.array(columns[name], dtype=np.float32)[order]
        except ValueError:
            raise ValueError(f"column '{name}' of {path.name} holds what is no number: remove or encode it") from None
        if not np.isfinite(values).all():
            raise ValueError(f"column '{name}' of {path.name} holds NaN or infinity: fill it in")
        table.append(values)
    if not table:
        raise ValueError(f"{path.name} has no column beside 'item': give the features as columns of numbers")
    return np.stack(table, axis=1)


def store_features(run: Path, features: NDArray[np.float32]) -> Stored:
    """Features under the hash of their content, as features.npy."""
    key = hashlib.sha256(np.ascontiguousarray(features).tobytes()).hexdigest()[:20]
    return store(run, "features", key, lambda folder: np.save(folder / "features.npy", features))
