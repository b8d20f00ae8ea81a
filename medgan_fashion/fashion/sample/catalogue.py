"""A seeded sample shop: pictures of garments, a catalogue with known gaps, purchases, and the tastes behind them."""

import csv
import datetime
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.fashion.config import SampleConfig
from medgan_fashion.fashion.restyle.mask import garment_mask
from medgan_fashion.fashion.sample.customers import (
    Events,
    KnownTastes,
    calibrate,
    draw_ideals,
    draw_weights,
    save_tastes,
    simulate_events,
    utilities_of,
    write_ideals,
)
from medgan_fashion.fashion.sample.garments import (
    CATEGORIES,
    Garment,
    colour_name,
    draw_colour,
    draw_garment,
    in_gap,
    render_all,
)
from medgan_fashion.fashion.sample.measurements import measure

_CATALOGUE = (
    "item",
    "image",
    "category",
    "style",
    "neckline",
    "sleeve",
    "length",
    "colour",
    "pattern",
    "price",
    "stock",
)
_EVENTS = ("customer", "item", "time", "event")
_VARIANTS = 0.5  # share of styles that come in a second colour
_PRICES = {"bottoms": 49.0, "shoes": 79.0, "tops": 35.0}
_SLEEVES = ("none", "short", "elbow", "long")
_LENGTHS = {
    "bottoms": ("short", "knee", "ankle"),
    "shoes": ("low", "ankle-high", "boot"),
    "tops": ("cropped", "hip", "tunic"),
}


@dataclass(frozen=True)
class Item:
    """One row of the catalogue."""

    item: str
    style: str
    garment: Garment
    price: float
    stock: int


def _variant(rng: np.random.Generator, garment: Garment) -> Garment:
    """The same garment in another colour of the palette, in no gap either."""
    while True:
        other = replace(garment, colour=draw_colour(rng, garment.contrast))
        if not in_gap(other) and colour_name(other.colour) != colour_name(garment.colour):
            return other


def _draw_style(style: int, seed: int) -> tuple[list[Garment], float]:
    """A style's garments and its price; categories take turns. It depends on (seed, style) only."""
    rng = np.random.default_rng((seed, 71, style))
    garment = draw_garment(rng, CATEGORIES[style % len(CATEGORIES)])
    while in_gap(garment):
        garment = draw_garment(rng, garment.category)
    garment = replace(garment, look=style)
    garments = [garment, _variant(rng, garment)] if rng.random() < _VARIANTS else [garment]
    return garments, round(_PRICES[garment.category] * float(np.exp(0.3 * rng.normal()))) - 0.05


def draw_items(n_styles: int, seed: int) -> list[Item]:
    """The catalogue's items: no garment of theirs lies in a gap."""
    items: list[Item] = []
    for style in range(n_styles):
        garments, price = _draw_style(style, seed)
        rng = np.random.default_rng((seed, 73, style))
        for garment in garments:
            stock = 0 if rng.random() < 0.05 else 1 + int(rng.poisson(8))
            items.append(Item(f"{len(items) + 1:06d}", f"S{style + 1:05d}", garment, price, stock))
    return items


def _words(garment: Garment) -> tuple[str, ...]:
    """Neckline, sleeve, length, colour and pattern as a shop words them."""
    sleeve = _SLEEVES[int(np.searchsorted((0.08, 0.4, 0.7), garment.sleeve))] if garment.category == "tops" else ""
    length = _LENGTHS[garment.category][int(np.searchsorted((1 / 3, 2 / 3), garment.length))]
    return garment.neckline, sleeve, length, colour_name(garment.colour), garment.pattern


def _write_csv(path: Path, header: tuple[str, ...], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _write_items(folder: Path, items: list[Item], pixels: NDArray[np.uint8]) -> None:
    """catalogue.csv and images/*.png."""
    from PIL import Image

    (folder / "images").mkdir(parents=True, exist_ok=True)
    rows = []
    for item, picture in zip(items, pixels, strict=True):
        Image.fromarray(np.ascontiguousarray(picture.transpose(1, 2, 0))).save(folder / "images" / f"{item.item}.png")
        image, words = f"images/{item.item}.png", _words(item.garment)
        rows.append((item.item, image, item.garment.category, item.style, *words, f"{item.price:.2f}", item.stock))
    _write_csv(folder / "catalogue.csv", _CATALOGUE, rows)


def _write_events(folder: Path, events: Events, items: list[Item], customers: tuple[str, ...], n_old: int) -> None:
    """purchases.csv of the old customers and new_customers.csv of the others, in the order of time."""
    old: list[tuple[str, ...]] = []
    new: list[tuple[str, ...]] = []
    for row in np.lexsort((events.item, events.customer, events.time)).tolist():
        customer = int(events.customer[row])
        when = datetime.datetime.fromtimestamp(float(events.time[row]), datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S")
        line = (customers[customer], items[int(events.item[row])].item, when, str(events.event[row]))
        (old if customer < n_old else new).append(line)
    _write_csv(folder / "purchases.csv", _EVENTS, old)
    _write_csv(folder / "new_customers.csv", _EVENTS, new)


def draw_tastes(
    ideals: list[dict[str, Garment]], values: NDArray[np.float64], category: NDArray[np.int64], size: int, seed: int
) -> KnownTastes:
    """Tastes whose ideals are the measurements of customers' ideal garments, drawn without folds.

    Measurements are standardised on those of the catalogue's pictures (N, K). Customers are K00001, K00002 ...
    """
    centre, scale = calibrate(values, category, len(CATEGORIES))
    wanted = render_all([ideal[name] for ideal in ideals for name in CATEGORIES], size)
    measured = measure(wanted, garment_mask(wanted)).reshape(len(ideals), len(CATEGORIES), -1)
    weight = draw_weights(np.random.default_rng((seed, 74)), len(ideals), scale)
    names = tuple(f"K{number + 1:05d}" for number in range(len(ideals)))
    return KnownTastes(names, CATEGORIES, (measured - centre) / scale, weight, centre, scale)


def write_sample(folder: Path, config: SampleConfig, seed: int) -> KnownTastes:
    """Writes a shop whose customers' true taste is known, in the form in which a user's own shop comes.

    * catalogue.csv, images/*.png: items with style, attributes, price and stock; nothing lies in a gap
      (`garments.GAPS`).
    * purchases.csv: customer, item, time, event of `config.n_customers` customers.
    * new_customers.csv: the same of `config.new_customers` further ones, for no training.
    * tastes.npz (`customers.load_tastes`) and ideals.csv (`customers.read_ideals`): the truth about all of
      them, old ones first, for judging only.

    Args:
        folder: made if missing; files of the same names are written over.

    Returns what tastes.npz holds. The same config and seed give the same files.
    """
    items, ideals = draw_items(config.n_styles, seed), draw_ideals(config, seed)
    pixels = np.rint(render_all([item.garment for item in items], config.size) * 255).astype(np.uint8)
    images = np.asarray(pixels / 255, dtype=np.float32)
    category = np.array([CATEGORIES.index(item.garment.category) for item in items])
    values = measure(images, garment_mask(images))
    tastes = draw_tastes(ideals, values, category, config.size, seed)
    true = utilities_of(tastes, values, [item.garment.category for item in items])
    events = simulate_events(true, category, config, seed)
    _write_items(folder, items, pixels)
    _write_events(folder, events, items, tastes.customers, config.n_customers)
    save_tastes(tastes, folder / "tastes.npz")
    write_ideals(folder / "ideals.csv", tastes.customers, ideals)
    return tastes
