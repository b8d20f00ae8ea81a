"""Pools: equal totals in every arm but `real`, and what fills them."""

import numpy as np
import pytest

from medgan_fashion.medical.arms.pools import Images, compose, fill_pool, pool_parts, shuffled_labels
from medgan_fashion.medical.config import ARMS


def test_equal_totals_whatever_the_ratio() -> None:
    for ratio in (0.0, 0.5, 1.0, 3.0):
        totals = {arm: compose(arm, 50, 4.0, ratio, n_held_back=20).total for arm in ARMS}
        assert totals.pop("real") == 50
        assert set(totals.values()) == {200}


def test_the_tested_arm_and_its_comparator() -> None:
    tested, against = compose("real+classic+gan", 50, 4.0, 1.0), compose("real+classic", 50, 4.0, 1.0)
    assert (tested.real, tested.classic, tested.gan) == (50, 100, 50)
    assert (against.real, against.classic, against.gan) == (50, 150, 0)
    assert compose("real+held-back", 50, 4.0, 1.0, 20).held_back == 20


def _images(n: int, value: float) -> Images:
    return Images(np.full((n, 1, 2, 2), value, np.float32), np.arange(n) % 2)


def test_fill_takes_what_was_counted() -> None:
    counts = compose("real+classic+gan", 5, 4.0, 1.0)
    images, labels, real = fill_pool(pool_parts(counts, _images(5, 0.1), _images(50, 0.2), _images(50, 0.3), None))
    assert np.allclose(images[:, 0, 0, 0], [0.1] * 5 + [0.2] * 10 + [0.3] * 5)
    assert real.sum() == 5
    assert len(labels) == 20
    oversampled = compose("real+oversampled", 5, 4.0, 1.0)
    repeated, _, mask = fill_pool(pool_parts(oversampled, _images(5, 0.1), None, None, None))
    assert len(repeated) == 20
    assert mask.all()
    with pytest.raises(ValueError, match="only 3 were made"):
        pool_parts(counts, _images(5, 0.1), _images(3, 0.2), _images(50, 0.3), None)


def test_shuffled_labels_keep_their_numbers() -> None:
    labels = np.repeat([0, 1, 2], 20)
    other = shuffled_labels(labels, 4)
    assert np.array_equal(np.sort(other), labels)
    assert 0.1 < (other == labels).mean() < 0.6
