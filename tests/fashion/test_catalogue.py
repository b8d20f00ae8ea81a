from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.fashion.data.catalogue import Catalogue, in_hold_out, load_catalogue, save_catalogue
from tests.fashion.door_tables import plain_catalogue


def same(a: Catalogue, b: Catalogue) -> bool:
    arrays = ("images", "category", "style", "held_out", "price", "stock")
    plain = ("items", "categories", "attributes")
    return all(np.array_equal(getattr(a, n), getattr(b, n), equal_nan=n in ("price", "stock")) for n in arrays) and all(
        getattr(a, n) == getattr(b, n) for n in plain
    )


def test_rows_of_items() -> None:
    catalogue = plain_catalogue()
    assert catalogue.rows(["03", "00", "03"]).tolist() == [3, 0, 3]
    assert catalogue.rows([]).dtype == np.int64
    with pytest.raises(ValueError, match=r"no item '3'.*leading zeros"):
        catalogue.rows(["00", "3"])


def test_take_keeps_an_order_and_every_column() -> None:
    catalogue = plain_catalogue(held_out=(4,))
    taken = catalogue.take([4, 1])
    assert taken.items == ("04", "01")
    assert taken.images[:, 0, 0, 0].tolist() == [4, 1]
    assert taken.category.tolist() == [0, 1]
    assert taken.held_out.tolist() == [True, False]
    assert taken.attributes == {"colour": ("", "red")}
    assert taken.categories == catalogue.categories
    assert catalogue.take(catalogue.held_out).items == ("04",)
    assert len(catalogue) == 6
    assert taken.size == 8


def test_floats_lie_between_0_and_1() -> None:
    catalogue = plain_catalogue()
    catalogue.images[5] = 255
    floats = catalogue.floats(np.array([5, 1]))
    assert floats.dtype == np.float32
    assert floats.shape == (2, 3, 8, 8)
    np.testing.assert_allclose(floats[:, 0, 0, 0], [1, 1 / 255])
    assert catalogue.floats().shape[0] == 6


def test_it_comes_back_from_disk(tmp_path: Path) -> None:
    catalogue = plain_catalogue(held_out=(1, 2))
    save_catalogue(catalogue, tmp_path)
    loaded = load_catalogue(tmp_path)
    assert same(catalogue, loaded)
    assert isinstance(loaded.images, np.memmap)
    assert loaded.content_hash() == catalogue.content_hash()


def test_the_hash_knows_what_training_can_depend_on() -> None:
    catalogue = plain_catalogue()
    pixels = catalogue.images.copy()
    pixels[3, 0, 0, 0] += 1
    changed = [
        replace(catalogue, images=pixels),
        replace(catalogue, held_out=~catalogue.held_out),
        replace(catalogue, style=np.zeros(6, dtype=np.int64)),
        replace(catalogue, categories=("hats", "tops")),
        replace(catalogue, items=("x", *catalogue.items[1:])),
        replace(catalogue, attributes={}),
    ]
    hashes = {c.content_hash() for c in (catalogue, *changed)}
    assert len(hashes) == len(changed) + 1
    # a new price trains nothing anew
    assert replace(catalogue, price=catalogue.price + 1).content_hash() == catalogue.content_hash()


def test_the_hold_out_is_a_function_of_the_name() -> None:
    names = [f"style {i}" for i in range(2000)]
    out = {name for name in names if in_hold_out(name, 0.1, 0)}
    assert 150 < len(out) < 250
    assert out <= {name for name in names if in_hold_out(name, 0.2, 0)}
    assert out != {name for name in names if in_hold_out(name, 0.1, 1)}
    assert not any(in_hold_out(name, 0.0, 0) for name in names)
