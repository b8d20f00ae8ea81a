"""Hours, memory and disk of the chain `garments` for a shop of a given size, from rates measured on this machine."""

from dataclasses import dataclass, field
from typing import Any

from medgan_fashion.fashion.config import GarmentsConfig
from medgan_fashion.fashion.run.rates import VISUAL, Rates, measured_rates
from medgan_fashion.gan.latent.inversion import InversionConfig

FORWARD = 1 / 3  # of a step that also goes backward
PROCESS_GB = 0.6  # of a process that has done nothing yet
ENCODER_BYTES = 22  # a pixel value: the encoder of categories holds pictures and variations of them as floats


@dataclass(frozen=True)
class Size:
    """Of a shop: items, customers, purchases, side of the prepared pictures in pixels, categories."""

    items: int
    customers: int
    purchases: int
    pixels: int
    categories: int = 5


@dataclass(frozen=True)
class Cost:
    """Hours on `workers` processes of one CPU thread, memory of the largest process, disk.

    `parts`: hours of each part on one thread.
    """

    hours: float
    memory_gb: float
    disk_gb: float
    parts: dict[str, float] = field(default_factory=dict)


def fit_seconds(name: str, settings: Any, rates: Rates, purchases: int) -> float:
    """One fit of a recommender: visual ones by their updates, the others by iterations over all purchases."""
    if name in VISUAL:
        pairs = settings.pairs
        return rates.turns[name] * (pairs.updates or max(1, round(pairs.epochs * purchases / pairs.batch)))
    return rates.turns[name] * getattr(settings, "iterations", 1) * purchases


def _fits(rates: Rates, size: Size, config: GarmentsConfig) -> float:
    """Seconds of all fits: those compared, the ensemble, its held-out judge, and one that never saw newcomers."""
    settings = config.recommenders
    names = [name for name in settings.compare if name != "dvbpr"]
    own = sum(fit_seconds(name, settings.of(name), rates, size.purchases) for name in names)
    dvbpr = fit_seconds("dvbpr", settings.dvbpr, rates, size.purchases)
    judge = fit_seconds("held_out", settings.held_out, rates, size.purchases)
    embedded = (settings.seeds + 3) * size.items * rates.embedded  # one of them for VBPR's features
    return own + (settings.seeds + 1) * dvbpr + judge + embedded


def hours_of_parts(rates: Rates, size: Size, config: GarmentsConfig) -> dict[str, float]:
    """Hours of each part on one thread."""
    design, search = config.design, InversionConfig().search
    problems = config.judged_on * len({*config.etas, design.eta}) + config.designed_for * size.categories
    climbs = problems * (design.starts * design.steps + FORWARD * design.candidates) + config.judged_on * design.steps
    photos = config.calibrated_on + config.planted + config.restyled
    inverted = photos * (search.starts * search.steps + FORWARD * search.candidates) + config.gan.encoder_images
    walked = config.restyled * config.designed_for * len(config.restyle.leashes) * config.restyle.walk_steps
    seconds = {
        "encoder": rates.encoder * config.recommenders.encoder_updates,
        "recommenders": _fits(rates, size, config),
        "GAN": 0.0 if config.gan.model else rates.gan * config.gan.images_seen,
        "designs": rates.designed * climbs,
        "inversion": rates.inverted * inverted + rates.designed * walked,
    }
    return {name: value / 3600 for name, value in seconds.items()}


def cost_from(rates: Rates, size: Size, config: GarmentsConfig, workers: int = 1) -> Cost:
    """What the chain takes at those rates; pictures are read before, and what a GPU saves is not counted."""
    parts = hours_of_parts(rates, size, config)
    chain = parts["encoder"] + parts["GAN"] + max(parts["designs"], parts["inversion"])  # one waits for the other
    values = size.items * 3 * size.pixels**2
    models = len(config.recommenders.compare) + config.recommenders.seeds + 1
    vectors = 4 * config.recommenders.dvbpr.factors * (size.items + size.customers) * models
    memory = PROCESS_GB + (ENCODER_BYTES * values + vectors / models + 100 * size.purchases) / 1e9
    return Cost(max(sum(parts.values()) / workers, chain), memory, (values + vectors) / 1e9 + 0.1, parts)


def cost(
    n_items: int,
    n_customers: int,
    n_purchases: int,
    size: int,
    config: GarmentsConfig,
    *,
    n_categories: int = 5,
    workers: int = 1,
) -> Cost:
    """What `run garments` takes for a shop of that size; half a minute or more to measure.

    `size` is the side of the prepared pictures; config.limit cuts the items and their purchases.
    """
    items = min(n_items, config.limit) if config.limit else n_items
    purchases = round(n_purchases * items / max(n_items, 1))
    rates = measured_rates(n_purchases / max(n_items, 1), size, config)
    return cost_from(rates, Size(items, n_customers, purchases, size, n_categories), config, workers)
