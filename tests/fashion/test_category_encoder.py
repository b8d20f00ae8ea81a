from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.recommend.towers import check_categories, train_catalogue_encoder, varied


def test_variations_are_moves_and_mirrors() -> None:
    image = np.zeros((64, 1, 16, 16), dtype=np.float32)
    image[:, :, 8, 5] = 1
    found = varied(image, seed=0)
    rows, columns = np.unravel_index(found[:, 0].reshape(64, -1).argmax(axis=1), (16, 16))
    assert found.sum(axis=(1, 2, 3)).tolist() == [1.0] * 64
    assert set(rows) == set(range(6, 11))
    assert set(columns) == set(range(3, 8)) | set(range(8, 13))  # moved, or moved and mirrored
    assert np.array_equal(found, varied(image, seed=0))


def test_it_tells_categories_apart_and_sees_no_held_out_item(catalogue: Catalogue) -> None:
    spoiled = catalogue.images.copy()
    spoiled[catalogue.held_out] = 0
    encoder = train_catalogue_encoder(catalogue, updates=30, seed=0)
    assert encoder.name == train_catalogue_encoder(replace(catalogue, images=spoiled), updates=30, seed=0).name
    right = encoder.predict(catalogue.floats()).argmax(axis=1) == catalogue.category
    assert right.mean() > 0.9


def test_one_category_is_refused(make_catalogue: Callable[..., Catalogue]) -> None:
    items = make_catalogue()
    check_categories(items)
    tops = items.take(items.category == 0)
    with pytest.raises(ValueError, match=r"one category only \(tops\): .* map another column to the category"):
        train_catalogue_encoder(tops, seed=0)
    with pytest.raises(ValueError, match="one category only"):  # the other one is held out
        check_categories(replace(items, held_out=items.category == 1))
