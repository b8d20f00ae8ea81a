import numpy as np

from medgan_fashion.imaging.read.roi import crop_mask, fill, overlap, polygon_mask, shared_pixels


def test_filling_in_closed_form() -> None:
    triangle = fill([0, 8, 0], [0, 0, 8], (10, 10))
    y, x = np.mgrid[:10, :10]
    np.testing.assert_array_equal(triangle, (x + y < 8))
    keyhole = fill([0, 9, 9, 0, 0, 3, 6, 6, 3, 3, 0], [0, 0, 9, 9, 3, 3, 3, 6, 6, 3, 3], (10, 10))
    square = fill([0, 9, 9, 0], [0, 0, 9, 9], (10, 10)) ^ fill([3, 6, 6, 3], [3, 3, 6, 6], (10, 10))
    np.testing.assert_array_equal(keyhole, square)
    assert square.sum() == 81 - 9
    assert polygon_mask([2, 5, 5, 2], [1, 1, 3, 3], (10, 10)).inside.shape == (3, 4)


def test_overlap_of_crops_is_that_of_masks() -> None:
    generator = np.random.default_rng(0)
    for _ in range(20):
        masks = np.zeros((2, 15, 17), dtype=np.bool_)
        for mask in masks:
            top, left = generator.integers(0, 10, 2)
            mask[top : top + 5, left : left + 6] = generator.random((5, 6)) < 0.6
        a, b = (crop_mask(mask) for mask in masks)
        np.testing.assert_array_equal(a.full(), masks[0])
        assert shared_pixels(a, b) == (masks[0] & masks[1]).sum()
        assert overlap(a, b) == (masks[0] & masks[1]).sum() / (masks[0] | masks[1]).sum()
