"""Price and stock change without a new catalogue."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from medgan_fashion.fashion.data.catalogue import Catalogue, on_shelf, store_shelf


def test_a_new_price_is_a_new_shelf_and_the_same_catalogue(tmp_path: Path, catalogue: Catalogue) -> None:
    dearer = replace(catalogue, price=np.full(len(catalogue), 9.0), stock=np.arange(len(catalogue), dtype=np.float64))
    assert dearer.content_hash() == catalogue.content_hash()
    shelf = store_shelf(tmp_path, dearer)
    assert shelf.key != store_shelf(tmp_path, catalogue).key
    found = on_shelf(catalogue, shelf.folder)
    np.testing.assert_array_equal(found.price, dearer.price)
    np.testing.assert_array_equal(found.stock, dearer.stock)
