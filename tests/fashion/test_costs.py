"""Costs worked out from planted rates; what is measured is tested by the benchmark, not here."""

from dataclasses import replace

import numpy as np
import pytest

from medgan_fashion.fashion.config import DvbprConfig, GarmentsConfig, PairsConfig
from medgan_fashion.fashion.run.costs import Size, cost_from, fit_seconds, hours_of_parts, tried_shop

RECOMMENDERS = ("popularity", "item_knn", "als", "bpr", "vbpr", "dvbpr", "held_out")
NOTHING: dict[str, float] = dict.fromkeys((*RECOMMENDERS, "encoder", "embedded", "GAN", "designed", "inverted"), 0.0)
CONFIG, SHOP = GarmentsConfig(), Size(2000, 700, 4000, 64)


def test_a_part_costs_its_turns_times_its_rate() -> None:
    rates = NOTHING | {"GAN": 0.036, "encoder": 3.6}
    parts = hours_of_parts(rates, SHOP, CONFIG)
    assert parts["GAN"] == pytest.approx(CONFIG.gan.images_seen * 1e-5)
    assert parts["encoder"] == pytest.approx(CONFIG.recommenders.encoder_updates * 1e-3)
    assert parts["recommenders"] == parts["designs"] == parts["inversion"] == 0
    adopted = replace(CONFIG, gan=replace(CONFIG.gan, model="model.safetensors"))
    assert hours_of_parts(rates, SHOP, adopted)["GAN"] == 0


def test_fits_by_updates_by_rounds_and_by_purchases() -> None:
    rates = NOTHING | {"dvbpr": 0.5, "als": 0.001}
    assert fit_seconds("dvbpr", DvbprConfig(pairs=PairsConfig(updates=300)), rates, 4000) == 150
    rounds = DvbprConfig(pairs=PairsConfig(updates=None, epochs=20, batch=100))
    assert fit_seconds("dvbpr", rounds, rates, 4000) == 400
    assert fit_seconds("als", CONFIG.recommenders.als, rates, 4000) == 4 * CONFIG.recommenders.als.iterations


def test_workers_share_what_does_not_wait() -> None:
    rates = NOTHING | {"GAN": 0.036, "designed": 0.001}
    one, many = (cost_from(rates, SHOP, CONFIG, workers) for workers in (1, 100))
    assert one.hours == pytest.approx(sum(one.parts.values()))
    assert many.hours == pytest.approx(one.parts["GAN"] + one.parts["designs"])  # a design waits for the GAN


def test_memory_and_disk_grow_with_the_pictures() -> None:
    small, large = (cost_from(NOTHING, replace(SHOP, items=n), CONFIG) for n in (2000, 200_000))
    pixels = 198_000 * 3 * 64**2 / 1e9
    assert large.disk_gb - small.disk_gb >= pixels
    assert large.memory_gb > small.memory_gb + pixels


def test_the_timed_shop_has_the_likes_it_was_asked_for() -> None:
    catalogue, purchases = tried_shop(100, 4, 16)
    assert catalogue.images.shape == (100, 3, 16, 16)
    assert 350 < len(purchases) <= 400
    assert len(np.unique(purchases.customer * 100 + purchases.item)) == len(purchases)
