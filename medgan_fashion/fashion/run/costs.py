"""Hours, memory and disk of the chain `garments`, from rates measured on this machine with a few turns of each part."""

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch

from medgan_fashion.evaluation.encoder import train_encoder
from medgan_fashion.fashion.config import DvbprConfig, GarmentsConfig
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.purchases import Purchases
from medgan_fashion.fashion.recommend.model import Tower, embed
from medgan_fashion.fashion.recommend.recommenders import fit
from medgan_fashion.fashion.recommend.towers import build_pixel_network, pixel_tower
from medgan_fashion.gan.latent.inversion import FrozenCritic, InversionConfig
from medgan_fashion.gan.models.model import Model
from medgan_fashion.gan.training.cost import one_thread, seconds_per_step
from medgan_fashion.gan.training.loop import train

# ---------------------------------------------------------------------------------------------------------------------
# How fast this machine is at every part of the chain `garments`: a few turns of each, on noise, with one thread.

TRIED = 512  # items of the shop that is timed
BATCH = 64  # latents climbed at once
VISUAL = ("vbpr", "dvbpr", "held_out")
Rates = dict[str, float]  # see measured_rates
_seconds = partial(seconds_per_step, steps=3, clock=time.process_time)  # other work on the machine does not count


def tried_shop(n_items: int, likes_per_item: float, size: int) -> tuple[Catalogue, Purchases]:
    """A shop of noise: what the pictures show does not matter to a clock."""
    rng, unknown = np.random.default_rng(0), np.full(n_items, np.nan)
    images = rng.integers(0, 256, (n_items, 3, size, size), dtype=np.uint8)
    names, kinds = tuple(map(str, range(n_items))), np.arange(n_items) % 2
    held_out = np.zeros(n_items, dtype=bool)
    catalogue = Catalogue(names, images, kinds, ("a", "b"), np.arange(n_items), held_out, unknown, unknown, {})
    wanted = int(np.clip(n_items * likes_per_item, 64, 50 * n_items))
    n_customers = max(wanted // 10, 2)
    pairs = np.unique(rng.integers(n_customers * n_items, size=wanted))
    who, ones = tuple(f"C-{i:010x}" for i in range(n_customers)), np.ones(len(pairs), np.float32)
    return catalogue, Purchases(who, pairs // n_items, pairs % n_items, ones, np.full(len(pairs), np.nan))


def _turn(name: str, settings: Any, shop: tuple[Catalogue, Purchases]) -> float:
    """Of a visual recommender an update; of another an iteration (the whole fit, where there are none) for each
    purchase."""
    catalogue, bought = shop
    features = np.random.default_rng(1).normal(size=(len(catalogue), 64)) if name == "vbpr" else None
    kind = "dvbpr" if name == "held_out" else name

    def run(turns: int) -> None:
        if name in VISUAL:
            changed = replace(settings, pairs=replace(settings.pairs, updates=turns))
            fit(kind, catalogue, bought, changed, features=features)
        elif hasattr(settings, "iterations"):
            fit(kind, catalogue, bought, replace(settings, iterations=turns))
        else:
            for _ in range(turns):
                fit(kind, catalogue, bought, settings)

    return _seconds(run) / (1 if name in VISUAL else len(bought))


def _gan(shop: Catalogue, config: GarmentsConfig) -> tuple[float, Model]:
    """Seconds of an image shown, and a model that was hardly trained."""
    recipe, made = config.gan.resolved(), []
    turn = recipe.batch * recipe.n_critic

    def run(turns: int) -> None:
        settings: dict[str, Any] = {"device": "cpu", "progress": False, "check_every": 10**9}
        made.append(train(recipe, shop.images, labels=shop.category, images_seen=turns * turn, **settings).model)

    return _seconds(run) / turn, made[-1]


def _climbed(model: Model, towers: list[Tower]) -> float:
    """Seconds of one latent's step through the generator, the discriminator and the towers, and back."""
    critic, labels = FrozenCritic(model), torch.zeros(BATCH, dtype=torch.long)
    low, high = model.card.value_range

    def run(turns: int) -> None:
        for _ in range(turns):
            z = torch.zeros(BATCH, model.latent.size).normal_(generator=torch.Generator().manual_seed(0))
            images = model.synthesize(z.requires_grad_(), labels)
            pictures = ((images - low) / (high - low)).clamp(0, 1)
            value = torch.stack([part.float().mean() for part in critic.maps(images, labels)]).sum()
            for tower in towers:
                value = value + tower(pictures)[0].mean()
            torch.autograd.grad(value, z)

    return _seconds(run) / BATCH


def _tower(settings: DvbprConfig) -> Tower:
    return pixel_tower(build_pixel_network(settings.tower, settings.factors, 0), settings.tower, settings.factors)


def measured_rates(likes_per_item: float, size: int, config: GarmentsConfig) -> Rates:
    """Seconds of one CPU thread from a few turns of every part, in about half a minute.

    "encoder": an update. "embedded": a picture through DVBPR's network. Names of recommenders, and "held_out": see
    `_turn`. "GAN": an image shown in training. "designed", "inverted": one latent's step of the searches.
    """
    settings = config.recommenders
    with one_thread():
        shop = tried_shop(TRIED, likes_per_item, size)
        rates = {name: _turn(name, settings.of(name), shop) for name in sorted({*settings.compare, "dvbpr"})}
        rates["held_out"] = _turn("held_out", settings.held_out, shop)
        pictures, tower = shop[0].floats(), _tower(settings.dvbpr)
        rates["GAN"], model = _gan(shop[0], config)
        rates["encoder"] = _seconds(lambda n: train_encoder(pictures, shop[0].category, 2, updates=n, seed=0))
        rates["embedded"] = _seconds(lambda n: [embed(tower, pictures[:BATCH]) for _ in range(n)]) / BATCH
        rates["designed"] = _climbed(model, [tower] * settings.seeds)
        rates["inverted"] = _climbed(model, [])
    return rates


# ---------------------------------------------------------------------------------------------------------------------
# Hours, memory and disk of the chain `garments` for a shop of a given size, from rates measured on this machine.


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
    parts: dict[str, float]


def fit_seconds(name: str, settings: Any, rates: Rates, purchases: int) -> float:
    """One fit of a recommender: visual ones by their updates, the others by iterations over all purchases."""
    if name in VISUAL:
        pairs = settings.pairs
        return rates[name] * (pairs.updates or max(1, round(pairs.epochs * purchases / pairs.batch)))
    return rates[name] * getattr(settings, "iterations", 1) * purchases


def _fits(rates: Rates, size: Size, config: GarmentsConfig) -> float:
    """Seconds of all fits: those compared, the ensemble, its held-out judge, and one that never saw newcomers."""
    settings = config.recommenders
    names = [name for name in settings.compare if name != "dvbpr"]
    own = sum(fit_seconds(name, settings.of(name), rates, size.purchases) for name in names)
    dvbpr = fit_seconds("dvbpr", settings.dvbpr, rates, size.purchases)
    judge = fit_seconds("held_out", settings.held_out, rates, size.purchases)
    embedded = (settings.seeds + 3) * size.items * rates["embedded"]  # one of them for VBPR's features
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
        "encoder": rates["encoder"] * config.recommenders.encoder_updates,
        "recommenders": _fits(rates, size, config),
        "GAN": 0.0 if config.gan.model else rates["GAN"] * config.gan.images_seen,
        "designs": rates["designed"] * climbs,
        "inversion": rates["inverted"] * inverted + rates["designed"] * walked,
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
