"""Parts of a set: groups whole, classes even, and one image of each group."""

import numpy as np
import pytest

from medgan_fashion.evaluation.images.two_sample import deal, one_per_group


def test_no_group_lies_in_two_parts_and_classes_are_even() -> None:
    groups = np.repeat(np.arange(30), 3)
    labels = groups % 2
    part = deal(groups, 3, 0, labels)
    assert all(len(np.unique(part[groups == g])) == 1 for g in range(30))
    assert all(np.sum((part == k) & (labels == c)) == 15 for k in range(3) for c in (0, 1))
    np.testing.assert_array_equal(part, deal(groups, 3, 0, labels))
    assert (part != deal(groups, 3, 1, labels)).any()


def test_a_rare_class_is_spread_too() -> None:
    labels = np.repeat([0, 1], [96, 4])
    for seed in range(5):
        part = deal(np.arange(100), 2, seed, labels)
        assert [np.sum((part == k) & (labels == 1)) for k in (0, 1)] == [2, 2]


def test_one_image_of_each_group() -> None:
    groups = np.repeat([5, 2, 9], [4, 1, 3])
    rows = one_per_group(groups, 0)
    assert sorted(groups[rows]) == [2, 5, 9]
    assert list(rows) == sorted(rows)
    assert len({tuple(one_per_group(groups, seed)) for seed in range(20)}) > 3


def test_too_few_groups() -> None:
    with pytest.raises(ValueError, match="1 groups of images cannot be dealt into 2 parts"):
        deal(np.zeros(9), 2, 0)
