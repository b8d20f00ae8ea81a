"""Known tastes: utility by hand, the ideal's is 0."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.fashion.data.purchases import customer_pseudonyms
from medgan_fashion.fashion.sample.customers import (
    KnownTastes,
    calibrate,
    draw_weights,
    known_to_be,
    load_tastes,
    save_tastes,
    utilities,
    utility,
    utility_of,
)
from medgan_fashion.fashion.sample.garments import Garment, render_all

SHIRT = Garment("tops", "round", 0.5, 0.5, (45.0, 50.0, 28.0), "plain", 0.0, 0.0)


@pytest.fixture
def tastes() -> KnownTastes:
    """Two customers, two categories; the first wants measurements of 0, the second of 2 in the first one alone."""
    ideal = np.zeros((2, 2, 6))
    ideal[1, :, 0] = 2
    weight = np.full((2, 2, 6), 1 / 6)
    weight[1] = (1, 0, 0, 0, 0, 0)
    return KnownTastes(("K1", "K2"), ("bottoms", "tops"), ideal, weight, np.full((2, 6), 10.0), np.full((2, 6), 5.0))


def test_utility_by_hand(tastes: KnownTastes) -> None:
    values = np.full((2, 6), 10.0)
    values[1, 0] = 20  # two standard deviations above the mean
    np.testing.assert_allclose(utility_of(tastes, values, "tops"), [[0, -4 / 6], [-4, 0]], atol=1e-12)


def test_each_picture_counts_in_its_own_category(tastes: KnownTastes) -> None:
    far = replace(tastes, centre=np.stack([np.zeros(6), np.full(6, 10.0)]))
    images = render_all([SHIRT, replace(SHIRT, category="bottoms"), replace(SHIRT, sleeve=1.0)], 32)
    names = ["tops", "bottoms", "tops"]
    both = utilities(far, images, names)
    np.testing.assert_allclose(both[:, [0, 2]], utility(far, images[[0, 2]], "tops"))
    np.testing.assert_allclose(both[:, [1]], utility(far, images[[1]], "bottoms"))


def test_any_picture_has_a_utility(tastes: KnownTastes) -> None:
    images = np.random.default_rng(0).uniform(size=(2, 3, 32, 32)).astype(np.float32)
    images[1] = 1
    values = utility(tastes, images, "tops")
    assert np.isfinite(values).all()
    assert (values <= 0).all()


def test_what_does_not_vary_is_nobodys_taste() -> None:
    values = np.random.default_rng(0).normal(0, 30, size=(40, 6))
    values[:, 3] = 0.1  # sleeves
    centre, scale = calibrate(values, np.zeros(40, np.int64), 1)
    np.testing.assert_allclose(centre[0], values.mean(0))
    assert np.isinf(scale[0, 3])
    weight = draw_weights(np.random.default_rng(1), 5, scale)
    assert (weight[:, 0, 3] == 0).all()
    np.testing.assert_allclose(weight.sum(2), 1)
    taste = KnownTastes(("K1",), ("shoes",), np.zeros((1, 1, 6)), weight[:1], centre, scale)
    assert np.isfinite(utility_of(taste, values, "shoes")).all()


def test_files_and_customers(tmp_path: Path, tastes: KnownTastes) -> None:
    save_tastes(tastes, tmp_path / "tastes.npz")
    again = load_tastes(tmp_path / "tastes.npz")
    assert (again.customers, again.categories) == (tastes.customers, tastes.categories)
    np.testing.assert_array_equal(again.ideal, tastes.ideal)
    hashed = customer_pseudonyms(["K1", "K2"])
    turned = known_to_be(again, (hashed["K2"], hashed["K1"]))
    np.testing.assert_array_equal(turned.ideal, tastes.ideal[::-1])
    assert turned.customers == (hashed["K2"], hashed["K1"])
    np.testing.assert_array_equal(known_to_be(again, ("K2",)).weight, tastes.weight[1:])


def test_what_is_not_known_is_named(tmp_path: Path, tastes: KnownTastes) -> None:
    with pytest.raises(ValueError, match=r"'hats'.*bottoms, tops"):
        tastes.row("hats")
    with pytest.raises(ValueError, match="'C-0000000000'"):
        known_to_be(tastes, ("C-0000000000",))
    (tmp_path / "tastes.npz").write_bytes(b"no arrays")
    with pytest.raises(ValueError, match=r"tastes\.npz"):
        load_tastes(tmp_path / "tastes.npz")
