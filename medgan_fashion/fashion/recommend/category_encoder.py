"""The project's own encoder of a catalogue: a small network that tells its categories apart."""

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.encoder import Encoder, train_encoder
from medgan_fashion.fashion.data.catalogue import Catalogue

MOST = 20_000  # pictures that it is trained on, drawn by seed: they stand in memory as floats, twice


def varied(images: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    """Each picture mirrored or not and moved by up to an eighth, its edge repeated: what an encoder must not mind."""
    rng, reach = np.random.default_rng((seed, 51)), images.shape[-1] // 8
    padded = np.pad(images, ((0, 0), (0, 0), (reach, reach), (reach, reach)), mode="edge")
    out, size = np.empty_like(images), images.shape[-1]
    for row, (top, left) in enumerate(rng.integers(0, 2 * reach + 1, (len(images), 2))):
        out[row] = padded[row, :, top : top + size, left : left + size]
    mirrored = rng.random(len(images)) < 0.5
    out[mirrored] = out[mirrored, :, :, ::-1]
    return out


def check_categories(catalogue: Catalogue) -> None:
    """ValueError where the items that are not held out are all of one category: there is nothing to tell apart."""
    there = [catalogue.categories[k] for k in np.unique(catalogue.category[~catalogue.held_out])]
    if len(there) < 2:
        raise ValueError(
            f"the catalogue has one category only ({', '.join(there) or 'none'}): an encoder has nothing to tell "
            "apart; map another column to the category, such as the article type"
        )


def train_catalogue_encoder(catalogue: Catalogue, *, updates: int = 400, seed: int) -> Encoder:
    """Trained on pictures that are not held out and on variations of them. ValueError for one category only."""
    check_categories(catalogue)
    rows = np.flatnonzero(~catalogue.held_out)
    if len(rows) > MOST:
        rows = np.sort(np.random.default_rng((seed, 53)).choice(rows, MOST, replace=False))
    images, labels = catalogue.floats(rows), catalogue.category[rows]
    both, twice = np.concatenate([images, varied(images, seed)]), np.concatenate([labels, labels])
    return train_encoder(both, twice, len(catalogue.categories), updates=updates, seed=seed)
