"""Customers: the Gumbel trick, events of a year, and simulated customers over any catalogue."""

from pathlib import Path

import numpy as np

from medgan_fashion.fashion.config import SampleConfig
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.sample.customers import (
    as_purchases,
    choose,
    draw_groups,
    log_odds,
    simulate_customers,
    simulate_events,
    utilities,
)
from medgan_fashion.fashion.sample.garments import CATEGORIES, draw_garment, render_all


def test_choose_follows_its_probabilities() -> None:
    rng = np.random.default_rng(0)
    odds = np.log([0.6, 0.3, 0.1])
    first = np.bincount([choose(rng, odds, 2)[0] for _ in range(4000)], minlength=3) / 4000
    np.testing.assert_allclose(first, [0.6, 0.3, 0.1], atol=0.03)
    assert len(set(choose(rng, odds, 3).tolist())) == 3


def test_log_odds_are_a_category_by_mix_and_then_taste() -> None:
    odds = log_odds(np.array([0.0, 0.0, -1.0, 0.0]), np.array([0, 0, 1, 1]), np.array([0.25, 0.75]), 0.5)
    share = 0.75 / (1 + np.exp(-2))
    np.testing.assert_allclose(np.exp(odds), [0.125, 0.125, 0.75 - share, share])


def test_the_first_groups_are_the_largest() -> None:
    count = np.bincount(draw_groups(np.random.default_rng(0), 4000, 4), minlength=4)
    assert (np.diff(count) < 0).all()


def test_events_follow_taste_but_not_exactly() -> None:
    rng = np.random.default_rng(2)
    truth, category = -rng.gamma(2, size=(60, 90)), np.arange(90) % 3
    events = simulate_events(truth, category, SampleConfig(), 0)
    again = simulate_events(truth[:20], category, SampleConfig(), 0)
    first = events.customer < 20  # customers are drawn apart: more of them change nobody
    np.testing.assert_array_equal(events.item[first], again.item)
    bought, back, bad = (events.event == kind for kind in ("purchase", "return", "dislike"))
    count = np.bincount(events.customer[bought], minlength=60)
    assert count.min() >= 8
    assert count.max() <= 16
    rank = np.array([(truth[u, category == category[i]] > truth[u, i]).sum() for u, i in _pairs(events, bought)])
    assert 0 < np.median(rank) < 6
    assert rank.max() > 10  # presents
    pairs = set(_pairs(events, bought))
    assert set(_pairs(events, back)) <= pairs
    assert not set(_pairs(events, bad)) & pairs
    assert all(truth[u, i] <= np.quantile(truth[u], 0.26) for u, i in _pairs(events, bad))


def _pairs(events, rows) -> list[tuple[int, int]]:
    return list(zip(events.customer[rows].tolist(), events.item[rows].tolist(), strict=True))


def test_a_return_is_no_like() -> None:
    truth, category = -np.random.default_rng(3).gamma(2, size=(80, 60)), np.zeros(60, np.int64)
    events = simulate_events(truth, category, SampleConfig(), 1)
    names = tuple(f"K{number}" for number in range(80))
    purchases = as_purchases(events, names, 60)
    assert purchases.customers == names
    returned = set(_pairs(events, events.event == "return"))
    assert returned
    weights = dict(
        zip(zip(purchases.customer.tolist(), purchases.item.tolist(), strict=True), purchases.weight, strict=True)
    )
    assert all(weights[pair] < 0 for pair in returned)


def test_a_shop_of_few_items() -> None:
    events = simulate_events(np.array([[-1.0, -0.5]]), np.array([0, 0]), SampleConfig(noise=1.0), 0)
    assert set(events.item[events.event == "purchase"].tolist()) == {0, 1}


def garments(n: int) -> Catalogue:
    rng = np.random.default_rng(5)
    category = np.arange(n) % 3
    pictures = render_all([draw_garment(rng, CATEGORIES[number]) for number in category], 16)
    images, unknown = (pictures * 255).astype(np.uint8), np.full(n, np.nan)
    items = tuple(f"{row:04d}" for row in range(n))
    return Catalogue(items, images, category, CATEGORIES, np.arange(n), np.zeros(n, bool), unknown, unknown, {})


def test_simulated_customers_buy_what_they_like() -> None:
    catalogue = garments(120)
    tastes, purchases = simulate_customers(catalogue, 30, 0)
    again, same = simulate_customers(catalogue, 30, 0)
    np.testing.assert_array_equal(purchases.item, same.item)
    np.testing.assert_array_equal(tastes.ideal, again.ideal)
    assert tastes.customers == purchases.customers
    assert len(set(purchases.customers)) == 30
    assert all(name.startswith("C-") for name in purchases.customers)
    truth = utilities(tastes, catalogue.floats(), [CATEGORIES[number] for number in catalogue.category])
    liked = purchases.weight > 0
    assert truth[purchases.customer[liked], purchases.item[liked]].mean() > truth.mean() + 0.5


def test_simulated_customers_over_real_photos(shared_data: Path) -> None:
    from medgan_fashion.fashion.config import CatalogueConfig
    from medgan_fashion.fashion.data.catalogue import read_catalogue

    columns = {"item": "id", "image": "id", "category": "articleType"}
    config = CatalogueConfig(size=32, columns=columns, images="images", suffix=".jpg", min_category=200)
    catalogue = read_catalogue(shared_data / "fashion_products" / "styles.csv", config)[0]
    tastes, purchases = simulate_customers(catalogue, 20, 0)
    truth = utilities(tastes, catalogue.floats(), [catalogue.categories[number] for number in catalogue.category])
    assert np.isfinite(truth).all()
    liked = purchases.weight > 0
    assert truth[purchases.customer[liked], purchases.item[liked]].mean() > truth.mean() + 0.5
