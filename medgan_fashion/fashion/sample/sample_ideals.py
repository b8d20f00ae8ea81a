"""The ideal garments of the sample's customers: drawn for groups, varied for each customer, kept as a table."""

import csv
from pathlib import Path

import numpy as np

from medgan_fashion.fashion.sample.customers import draw_groups
from medgan_fashion.fashion.sample.garments import CATEGORIES, Garment
from medgan_fashion.fashion.sample.sample_wardrobe import draw_garment, in_gap, near
from medgan_fashion.fashion.sample_config import SampleConfig

_NUMBERS = ("sleeve", "length", "frequency", "contrast")
_COLOUR = ("lightness", "a", "b")
_COLUMNS = ("customer", "category", "neckline", "pattern", *_NUMBERS, *_COLOUR)
_SPREAD = 0.6  # of customers' ideals about their group's, in units of each attribute's own spread


def _draw_where(rng: np.random.Generator, category: str, gap: bool) -> Garment:
    """A garment in a gap of the catalogue, or in none."""
    garment = draw_garment(rng, category)
    while in_gap(garment) != gap:
        garment = draw_garment(rng, category)
    return garment


def draw_ideals(config: SampleConfig, seed: int) -> list[dict[str, Garment]]:
    """Category -> ideal garment, for the old customers and then the new ones.

    Groups share an ideal in each category; in `config.in_gaps` of groups and categories it is a garment that the
    catalogue does not have. Customers' own ideals lie about it, and may lie just outside of the gap.
    """
    rng = np.random.default_rng((seed, 72))
    n_gaps = round(config.in_gaps * config.groups)
    gaps = {category: set(rng.permutation(config.groups)[:n_gaps].tolist()) for category in CATEGORIES}
    leaders = [
        {category: _draw_where(rng, category, group in gaps[category]) for category in CATEGORIES}
        for group in range(config.groups)
    ]
    group = draw_groups(rng, config.n_customers + config.new_customers, config.groups)
    return [{name: near(rng, garment, _SPREAD) for name, garment in leaders[g].items()} for g in group.tolist()]


def write_ideals(path: Path, customers: tuple[str, ...], ideals: list[dict[str, Garment]]) -> None:
    """Writes a row for each customer and category."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for customer, wanted in zip(customers, ideals, strict=True):
            for category, garment in wanted.items():
                numbers = [repr(getattr(garment, name)) for name in _NUMBERS]
                numbers += [repr(value) for value in garment.colour]
                writer.writerow([customer, category, garment.neckline, garment.pattern, *numbers])


def read_ideals(path: Path) -> dict[tuple[str, str], Garment]:
    """(customer's ID, category) -> ideal garment, for `render`; reads what `write_ideals` wrote."""
    ideals = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            lightness, a, b = (float(row[name]) for name in _COLOUR)
            sleeve, length, frequency, contrast = (float(row[name]) for name in _NUMBERS)
            ideals[row["customer"], row["category"]] = Garment(
                category=row["category"],
                neckline=row["neckline"],
                pattern=row["pattern"],
                colour=(lightness, a, b),
                sleeve=sleeve,
                length=length,
                frequency=frequency,
                contrast=contrast,
            )
    return ideals
