"""The sample shop: through the same door as a user's, with nothing in the gaps, and its truth beside it."""

import csv
import hashlib
from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.fashion.config import CatalogueConfig, PurchaseConfig, SampleConfig
from medgan_fashion.fashion.data.catalogue import read_catalogue
from medgan_fashion.fashion.data.purchases import read_purchases
from medgan_fashion.fashion.sample.catalogue import draw_items, write_sample
from medgan_fashion.fashion.sample.customers import (
    KnownTastes,
    known_to_be,
    load_tastes,
    read_ideals,
    utilities,
    utility,
)
from medgan_fashion.fashion.sample.garments import CATEGORIES, in_gap, render_all

CONFIG = SampleConfig(n_styles=90, n_customers=40, new_customers=6)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, KnownTastes]:
    folder = tmp_path_factory.mktemp("sample")
    return folder, write_sample(folder, CONFIG, 3)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_no_item_lies_in_a_gap_and_variants_share_a_style() -> None:
    items = draw_items(120, 0)
    assert not any(in_gap(item.garment) for item in items)
    styles: dict[str, list] = {}
    for item in items:
        styles.setdefault(item.style, []).append(item)
    assert {len(members) for members in styles.values()} == {1, 2}
    for members in styles.values():
        kinds = {(m.garment.category, m.garment.sleeve, m.garment.length, m.garment.pattern) for m in members}
        assert len(kinds) == 1
    assert [item.item for item in draw_items(60, 0)] == [item.item for item in items[: len(draw_items(60, 0))]]


def test_the_door_takes_it(sample: tuple[Path, KnownTastes]) -> None:
    folder, _ = sample
    catalogue, problems = read_catalogue(folder / "catalogue.csv", CatalogueConfig(size=32))
    assert not problems
    assert catalogue.categories == CATEGORIES
    assert catalogue.items[0] == "000001"
    assert {"neckline", "sleeve", "length", "colour", "pattern"} <= set(catalogue.attributes)
    assert np.isfinite(catalogue.price).all()
    assert 0 < catalogue.held_out.mean() < 0.3
    purchases, _ = read_purchases(folder / "purchases.csv", catalogue, PurchaseConfig())
    assert len(purchases.customers) == 40
    assert np.isfinite(purchases.time).all()
    assert (purchases.weight < 0).any()
    assert catalogue.held_out[purchases.item].any()  # what is held out was bought, too
    tastes = known_to_be(load_tastes(folder / "tastes.npz"), purchases.customers)
    truth = utilities(tastes, catalogue.floats(), [CATEGORIES[number] for number in catalogue.category])
    liked = purchases.weight > 0
    assert truth[purchases.customer[liked], purchases.item[liked]].mean() > truth.mean() + 0.8


def test_new_customers_are_in_no_training(sample: tuple[Path, KnownTastes]) -> None:
    folder, tastes = sample
    old = {row["customer"] for row in rows(folder / "purchases.csv")}
    new = {row["customer"] for row in rows(folder / "new_customers.csv")}
    assert old == set(tastes.customers[:40])
    assert new == set(tastes.customers[40:])


def test_the_ideal_has_utility_zero_and_the_catalogue_does_not_reach_it(sample: tuple[Path, KnownTastes]) -> None:
    folder, tastes = sample
    ideals = read_ideals(folder / "ideals.csv")
    for number, category in enumerate(CATEGORIES):
        wanted = render_all([ideals[customer, category] for customer in tastes.customers], 32)
        reached = utility(tastes, wanted, category)
        np.testing.assert_allclose(np.diag(reached), 0, atol=1e-9)
        catalogue = read_catalogue(folder / "catalogue.csv", CatalogueConfig(size=32))[0]
        sold = catalogue.floats(np.flatnonzero(catalogue.category == number))
        assert np.median(utility(tastes, sold, category).max(axis=1)) < -0.1


def test_the_same_seed_gives_the_same_files(sample: tuple[Path, KnownTastes], tmp_path: Path) -> None:
    folder, _ = sample
    write_sample(tmp_path, CONFIG, 3)
    files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    assert len(files) > 90
    for name in files:
        digests = {hashlib.sha256((where / name).read_bytes()).hexdigest() for where in (folder, tmp_path)}
        assert len(digests) == 1, name
