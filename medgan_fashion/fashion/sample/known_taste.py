"""Customers whose taste is a closed-form function of measurements on any picture, so that true utility is known."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medgan_fashion.fashion.data.customer_ids import customer_pseudonyms
from medgan_fashion.fashion.restyle.mask import garment_mask
from medgan_fashion.fashion.sample.measurements import MEASURES, measure

Floats = NDArray[np.float64]
_ARRAYS = ("ideal", "weight", "centre", "scale")
# A measurement that varies less than this in a category (sleeves of shoes) is nobody's taste
_LEAST_SCALES = dict(zip(MEASURES, (2.0, 2.0, 2.0, 0.02, 0.02, 0.2), strict=True))
# How much a difference counts before customers differ: colour is three measurements, and half of the whole
_WEIGHTS = dict(zip(MEASURES, (0.16, 0.18, 0.18, 0.16, 0.16, 0.16), strict=True))


@dataclass(frozen=True)
class KnownTastes:
    """What U customers want of C categories, in K measurements (`measurements.MEASURES`).

    Args:
        customers: U customers' IDs.
        categories: C names.
        ideal: (U, C, K), standardised measurements of each customer's ideal garment.
        weight: (U, C, K), 0 or more, sum 1 over K.
        centre, scale: (C, K), mean and standard deviation of the measurements, of the catalogue's pictures.
    """

    customers: tuple[str, ...]
    categories: tuple[str, ...]
    ideal: Floats
    weight: Floats
    centre: Floats
    scale: Floats

    def take(self, rows: ArrayLike) -> "KnownTastes":
        """Those customers (numbers or a mask) alone, in that order."""
        chosen = np.arange(len(self.customers))[np.asarray(rows)]
        names = tuple(self.customers[i] for i in chosen)
        return KnownTastes(names, self.categories, self.ideal[chosen], self.weight[chosen], self.centre, self.scale)

    def row(self, category: str) -> int:
        """Number of a category; ValueError lists those there are."""
        if category not in self.categories:
            raise ValueError(f"no taste is known in '{category}': known are {', '.join(self.categories)}")
        return self.categories.index(category)


def calibrate(values: Floats, category: NDArray[np.int64], n_categories: int) -> tuple[Floats, Floats]:
    """Mean and standard deviation (C, K) of measurements (N, K) in each category.

    A standard deviation of nearly nothing becomes infinite: that measurement is 0 for every picture of the category.
    """
    centre, scale = np.zeros((n_categories, values.shape[1])), np.full((n_categories, values.shape[1]), np.inf)
    least = np.array([_LEAST_SCALES[name] for name in MEASURES])
    for number in range(n_categories):
        rows = values[category == number]
        if len(rows):
            centre[number], spread = rows.mean(0), rows.std(0)
            scale[number] = np.where(spread > least, spread, np.inf)
    return centre, scale


def draw_weights(rng: np.random.Generator, n_customers: int, scale: Floats) -> Floats:
    """How much each measurement counts for each customer (U, C, K): a common weight times exp(0.4 N(0, 1))."""
    base = np.where(np.isfinite(scale), np.array([_WEIGHTS[name] for name in MEASURES]), 0)
    weight = base * np.exp(0.4 * rng.normal(size=(n_customers, *scale.shape)))
    return weight / np.maximum(weight.sum(2, keepdims=True), 1e-9)


def utility_of(tastes: KnownTastes, values: Floats, category: str) -> Floats:
    """True utility (U, N) of measurements (N, K) of garments of one category: 0 for the ideal, else below.

    -(sum over k of weight_k (standardised measurement_k - ideal_k)^2): a mean square in standard deviations.
    """
    at = tastes.row(category)
    standard = (values - tastes.centre[at]) / tastes.scale[at]
    weight, ideal = tastes.weight[:, at], tastes.ideal[:, at]
    square = weight @ (standard**2).T - 2 * (weight * ideal) @ standard.T + (weight * ideal**2).sum(1)[:, None]
    return -square.clip(0)


def utility(tastes: KnownTastes, images: NDArray[np.float32], category: str) -> Floats:
    """True utility (U, N) of any pictures float32 (N, 3, H, W) in [0, 1], as garments of that category; at most 0."""
    return utility_of(tastes, measure(images, garment_mask(images)), category)


def utilities_of(tastes: KnownTastes, values: Floats, names: ArrayLike) -> Floats:
    """True utility (U, N) of measurements (N, K), each of a garment of its own category; `names` (N,)."""
    wanted, out = np.asarray(names), np.empty((len(tastes.customers), len(values)))
    for name in np.unique(wanted):
        out[:, wanted == name] = utility_of(tastes, values[wanted == name], str(name))
    return out


def utilities(tastes: KnownTastes, images: NDArray[np.float32], names: ArrayLike) -> Floats:
    """True utility (U, N) of pictures, each as a garment of its own category; `names` (N,)."""
    return utilities_of(tastes, measure(images, garment_mask(images)), names)


def known_to_be(tastes: KnownTastes, customers: tuple[str, ...]) -> KnownTastes:
    """The tastes of those customers in that order, found by ID or, at the door's own key, by pseudonym.

    Raises:
        ValueError: a customer whose taste is not known.
    """
    where = {name: row for row, name in enumerate(tastes.customers)}
    if not all(customer in where for customer in customers):
        hashed = customer_pseudonyms(tastes.customers)
        where |= {hashed[name]: row for name, row in list(where.items())}
    for customer in customers:
        if customer not in where:
            raise ValueError(f"the taste of customer '{customer}' is not known: use purchases of the same sample")
    return replace(tastes.take([where[customer] for customer in customers]), customers=customers)


def save_tastes(tastes: KnownTastes, path: Path) -> None:
    """Writes one .npz file of plain arrays."""
    arrays = {name: getattr(tastes, name) for name in _ARRAYS}
    np.savez(path, customers=np.array(tastes.customers), categories=np.array(tastes.categories), **arrays)


def load_tastes(path: Path) -> KnownTastes:
    """Reads what `save_tastes` wrote; ValueError names a file that is none."""
    try:
        with np.load(path, allow_pickle=False) as file:
            customers, categories = (tuple(file[name].tolist()) for name in ("customers", "categories"))
            arrays: dict[str, Any] = {name: file[name] for name in _ARRAYS}
            return KnownTastes(customers, categories, **arrays)
    except (OSError, KeyError, ValueError):
        raise ValueError(f"{path.name} holds no known tastes: write the sample catalogue again") from None
