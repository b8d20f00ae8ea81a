"""A catalogue whose pictures' colour decides who buys what: a checkerboard of purchases."""

from collections.abc import Callable

import numpy as np
import pytest

from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.purchases import Purchases


def checkerboard_catalogue(n_items: int = 40, size: int = 16, n_cold: int = 8, seed: int = 0) -> Catalogue:
    """Even rows are red, odd rows blue, each with its own shade and noise; the last `n_cold` are held out.

    Category 0 ("tops") is a square, category 1 ("bottoms") a bar, two items of each in turn; every item is its own
    style, costs its row number and is in stock.
    """
    rng = np.random.default_rng((seed, n_items, size))
    images = np.full((n_items, 3, size, size), 235, dtype=np.float64)
    category = (np.arange(n_items) // 2 % 2).astype(np.int64)
    for row in range(n_items):
        colour = np.full(3, 40.0)
        colour[0 if row % 2 == 0 else 2] = rng.uniform(150, 230)
        side = slice(size // 4, -size // 4) if category[row] == 0 else slice(size * 3 // 8, -size * 3 // 8)
        images[row, :, size // 8 : -size // 8, side] = colour[:, None, None]
    images = np.clip(images + rng.normal(0, 4, images.shape), 0, 255).astype(np.uint8)
    return Catalogue(
        items=tuple(f"{row:03d}" for row in range(n_items)),
        images=images,
        category=category,
        categories=("tops", "bottoms"),
        style=np.arange(n_items),
        held_out=np.arange(n_items) >= n_items - n_cold,
        price=np.arange(n_items, dtype=np.float64),
        stock=np.ones(n_items),
        attributes={"colour": tuple("red" if row % 2 == 0 else "blue" for row in range(n_items))},
    )


def checkerboard_purchases(
    catalogue: Catalogue, n_customers: int = 24, likes: int = 6, dislikes: int = 0, seed: int = 0
) -> Purchases:
    """Even customers like even (red) items and dislike odd ones, odd customers the other way; warm items only."""
    rng, warm = np.random.default_rng((seed, 1)), np.flatnonzero(~catalogue.held_out)
    customer, item, weight = [], [], []
    for person in range(n_customers):
        for parity, count, value in ((0, likes, 1.0), (1, dislikes, -1.0)):
            rows = rng.choice(warm[warm % 2 == (person + parity) % 2], count, replace=False)
            customer += [person] * count
            item += rows.tolist()
            weight += [value] * count
    names = tuple(f"C-{person:04d}" for person in range(n_customers))
    pairs = np.array(customer, dtype=np.int64), np.array(item, dtype=np.int64), np.array(weight, dtype=np.float32)
    return Purchases(names, *pairs, np.arange(len(customer), dtype=np.float64))


@pytest.fixture
def catalogue() -> Catalogue:
    """40 items of 16 x 16, the last 8 held out."""
    return checkerboard_catalogue()


@pytest.fixture
def purchases(catalogue: Catalogue) -> Purchases:
    """24 customers with 6 likes each, all of their own colour."""
    return checkerboard_purchases(catalogue)


@pytest.fixture
def make_catalogue() -> Callable[..., Catalogue]:
    """`checkerboard_catalogue`, for other sizes."""
    return checkerboard_catalogue


@pytest.fixture
def make_purchases() -> Callable[..., Purchases]:
    """`checkerboard_purchases`, for other counts and for dislikes."""
    return checkerboard_purchases
