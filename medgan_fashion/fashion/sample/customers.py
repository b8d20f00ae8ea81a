"""Simulated customers: groups of taste, and purchases that follow it loosely, with times, returns and dislikes."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.fashion.catalogue_config import WEIGHTS
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.purchase_table import merge_events
from medgan_fashion.fashion.data.purchases import Purchases
from medgan_fashion.fashion.restyle.mask import garment_mask
from medgan_fashion.fashion.sample.known_taste import KnownTastes, calibrate, draw_weights, utilities_of
from medgan_fashion.fashion.sample.measurements import measure
from medgan_fashion.fashion.sample_config import SampleConfig

Floats = NDArray[np.float64]
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
