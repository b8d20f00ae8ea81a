"""Simulated customers: tastes of closed form, ideals, and purchases that follow them loosely."""

import csv
import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medgan_fashion.fashion.config import WEIGHTS, SampleConfig
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.purchases import Purchases, customer_pseudonyms, merge_events
from medgan_fashion.fashion.restyle.mask import garment_mask
from medgan_fashion.fashion.sample.garments import CATEGORIES, Garment, draw_garment, in_gap, near
from medgan_fashion.fashion.sample.measurements import MEASURES, measure

# ---------------------------------------------------------------------------------------------------------------------
# Customers whose taste is a closed-form function of measurements on any picture, so that true utility is known.


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


# ---------------------------------------------------------------------------------------------------------------------
# Simulated customers: groups of taste, and purchases that follow it loosely, with times, returns and dislikes.


Ints = NDArray[np.int64]
_YEAR, _DAY = 1_704_067_200.0, 86_400.0  # 2024-01-01 in seconds since 1970
_ZIPF = 0.5  # exponent of the sizes of groups
_SHOWN = 0.2  # standard deviation of what the shop shows more or less often, in units of log odds
_RETURNED_STRAY, _RETURNED = 0.4, 0.03  # shares of purchases against and after one's taste that go back
_DISLIKES = (0, 3)  # at least, and fewer than
_CHUNK = 2048  # pictures measured at once
_JITTER = 0.35  # of a customer's ideal about its group's, in standard deviations of the measurements


@dataclass(frozen=True)
class Events:
    """M things that customers did: rows of customers and items, kinds (keys of WEIGHTS), seconds since 1970."""

    customer: Ints
    item: Ints
    event: NDArray[np.str_]
    time: Floats


def draw_groups(rng: np.random.Generator, n_customers: int, groups: int) -> Ints:
    """Group of each customer (U,): the first has most members (Zipf's law), and so makes fashion."""
    share = np.arange(1, groups + 1, dtype=np.float64) ** -_ZIPF
    return rng.choice(groups, size=n_customers, p=share / share.sum())


def choose(rng: np.random.Generator, log_odds: Floats, k: int) -> Ints:
    """k items without replacement with probabilities proportional to exp(log_odds) (the Gumbel top-k trick)."""
    keys = log_odds + rng.gumbel(size=len(log_odds))
    return np.argsort(-keys)[:k]


def log_odds(utilities: Floats, category: Ints, mix: Floats, temperature: float) -> Floats:
    """Log probability (N,) that a customer's next purchase is each item: a category by `mix` (C,), then by taste."""
    from scipy.special import logsumexp

    odds = utilities / temperature
    for number in np.unique(category):
        rows = category == number
        odds[rows] += np.log(mix[number]) - logsumexp(odds[rows])
    return odds


def _bought(
    rng: np.random.Generator, taste: Floats, category: Ints, shown: Floats, config: SampleConfig
) -> tuple[Ints, NDArray[np.bool_]]:
    """One customer's items in the order of purchase, and which of them have nothing to do with taste."""
    mix = rng.dirichlet(np.full(int(category.max()) + 1, 6.0)).clip(1e-3)
    wanted = log_odds(taste, category, mix, config.temperature) + shown
    items = choose(rng, wanted, min(int(rng.integers(config.purchases[0], config.purchases[1] + 1)), len(taste)))
    stray = rng.random(len(items)) < config.noise
    others = rng.permutation(np.setdiff1d(np.arange(len(taste)), items))
    stray[np.flatnonzero(stray)[len(others) :]] = False  # a shop so small that everything was bought
    items[stray] = others[: stray.sum()]
    order = rng.permutation(len(items))  # the Gumbel trick gives the best first; people do not buy in that order
    return items[order], stray[order]


def _shop(
    rng: np.random.Generator, taste: Floats, category: Ints, shown: Floats, config: SampleConfig
) -> list[tuple[Ints, str, Floats]]:
    """One customer's items, event and times, an entry for each event; `taste` is utility (N,), `shown` log odds."""
    items, stray = _bought(rng, taste, category, shown, config)
    times = np.floor(np.sort(rng.uniform(0, 350, len(items))) * _DAY) + _YEAR
    back = rng.random(len(items)) < np.where(stray, _RETURNED_STRAY, _RETURNED)
    later = times[back] + np.floor(rng.uniform(3, 14, int(back.sum())) * _DAY)
    worst = rng.permutation(np.setdiff1d(np.argsort(taste)[: len(taste) // 4], items))[: rng.integers(*_DISLIKES)]
    seen = np.floor(rng.uniform(0, 364, len(worst)) * _DAY) + _YEAR
    return [(items, "purchase", times), (items[back], "return", later), (worst, "dislike", seen)]


def simulate_events(utilities: Floats, category: Ints, config: SampleConfig, seed: int) -> Events:
    """What customers do in a year, from the true utility (U, N) of items of categories (N,).

    A purchase follows exp(utility / temperature) within a category, a little of what the shop shows most, and now
    and then nothing at all; some purchases go back, and some of the worst quarter are disliked. A customer's events
    depend on (seed, row of the customer) and the items only.
    """
    shown = _SHOWN * np.random.default_rng((seed, 61)).normal(size=len(category))
    parts = []
    for row, taste in enumerate(utilities):
        done = _shop(np.random.default_rng((seed, 62, row)), taste, category, shown, config)
        parts += [(np.full(len(items), row), items, np.full(len(items), kind), times) for items, kind, times in done]
    return Events(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def as_purchases(events: Events, customers: tuple[str, ...], n_items: int) -> Purchases:
    """Events as the door would make purchases of them, with customers in the order given."""
    code, pair = np.unique(events.customer * n_items + events.item, return_inverse=True)
    weight = np.array([WEIGHTS[event] for event in events.event.tolist()])
    weights, times = merge_events(pair, weight, events.time)
    return Purchases(customers, code // n_items, code % n_items, weights.astype(np.float32), times)


def _real_ideals(values: Floats, category: Ints, n_categories: int, group: Ints, seed: int) -> Floats:
    """Ideals (U, C, K) in standardised measurements: each group's lies at an existing item, customers about it."""
    rng = np.random.default_rng((seed, 63))
    ideals = np.zeros((len(group), n_categories, values.shape[1]))
    for number in np.unique(category):
        rows = np.flatnonzero(category == number)
        leaders = values[rng.choice(rows, size=int(group.max()) + 1)]
        ideals[:, number] = leaders[group] + _JITTER * rng.normal(size=(len(group), values.shape[1]))
    return ideals


def simulated_name(seed: int, number: int) -> str:
    """A name in the form of a pseudonym, of nobody: the same under every key."""
    return "C-" + hashlib.sha256(f"simulated|{seed}|{number}".encode()).hexdigest()[:10]


def _measured(catalogue: Catalogue, start: int) -> Floats:
    """Measurements of a chunk of the catalogue's pictures, from row `start` on."""
    images = catalogue.floats(np.arange(start, min(start + _CHUNK, len(catalogue))))
    return measure(images, garment_mask(images))


def simulate_customers(
    catalogue: Catalogue, n_customers: int, seed: int, config: SampleConfig | None = None
) -> tuple[KnownTastes, Purchases]:
    """Customers with a known taste over any catalogue, real photos too, and what they bought.

    Measurements are standardised on the catalogue's own pictures; ideals lie near existing items, so that nobody
    wants what is no garment. Tastes and purchases have the same customers in the same order.

    Args:
        n_customers: 1 or more.
        config: purchases, temperature, noise and groups count; its other values do not.
    """
    config, n_categories = config or SampleConfig(), len(catalogue.categories)
    category = catalogue.category
    values = np.concatenate([_measured(catalogue, at) for at in range(0, len(catalogue), _CHUNK)])
    centre, scale = calibrate(values, category, n_categories)
    rng = np.random.default_rng((seed, 64))
    group = draw_groups(rng, n_customers, config.groups)
    ideal = _real_ideals((values - centre[category]) / scale[category], category, n_categories, group, seed)
    names = tuple(simulated_name(seed, number) for number in range(n_customers))
    tastes = KnownTastes(names, catalogue.categories, ideal, draw_weights(rng, n_customers, scale), centre, scale)
    true = utilities_of(tastes, values, [catalogue.categories[number] for number in category])
    return tastes, as_purchases(simulate_events(true, category, config, seed), names, len(catalogue))


# ---------------------------------------------------------------------------------------------------------------------
# The ideal garments of the sample's customers: drawn for groups, varied for each customer, kept as a table.


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
