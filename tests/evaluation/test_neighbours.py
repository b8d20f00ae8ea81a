"""Drawn images beside training images and unseen ones, under flips and turns."""

import numpy as np
import pytest

from medgan_fashion.evaluation.screening.neighbours import correlations, neighbour_ratios, orientations, standardised


def images(n, seed, shape=(1, 8, 8)):
    return np.random.default_rng(seed).random((n, *shape)).astype(np.float32)


def test_a_square_has_eight_orientations_and_a_strip_four():
    assert len({view.tobytes() for view in orientations(images(1, 0))}) == 8
    strips = orientations(images(1, 0, (1, 4, 6)))
    assert len(strips) == 4
    assert {view.shape for view in strips} == {(1, 1, 4, 6)}


def test_turned_mirrored_and_brightened_images_correlate():
    train = images(30, 1)
    made = np.stack([np.rot90(train[7], 1, axes=(1, 2))[..., ::-1], 0.5 * train[9][:, ::-1] + 0.2])
    found = correlations(made, standardised(train))
    assert found.argmax(1).tolist() == [7, 9]
    assert found.max(1) == pytest.approx(1, abs=1e-5)


def test_ratio_is_about_one_for_new_images_whatever_the_sizes_and_small_for_copies():
    train, holdout = images(200, 4), images(40, 5)
    assert np.median(neighbour_ratios(images(40, 6), train, holdout)) == pytest.approx(1, abs=0.03)
    assert np.median(neighbour_ratios(np.clip(train[:40] + 0.01, 0, 1), train[:40], holdout)) < 0.1


def test_distances_are_those_of_the_features():
    def brightness(values):
        return values.mean(axis=(1, 2, 3), dtype=np.float64)[:, None]

    levels = np.array([0.1, 0.5, 0.9], dtype=np.float32)[:, None, None, None] * np.ones((3, 1, 4, 4), np.float32)
    found = neighbour_ratios(levels[[2, 1]], levels[:2], levels[[0, 2]], encode=brightness)
    assert found.tolist() == [np.inf, 0]
    assert neighbour_ratios(levels, levels, levels, encode=brightness).tolist() == [1, 1, 1]  # two zeros


def test_refuses_unlike_shapes():
    with pytest.raises(ValueError, match="one image shape"):
        neighbour_ratios(images(2, 0), images(2, 0, (1, 6, 6)), images(2, 0))
