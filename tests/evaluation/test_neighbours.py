"""Planted copies are found, also turned and mirrored; new images are not flagged."""

import numpy as np
import pytest

from medgan_fashion.evaluation.screening.neighbours import find_neighbours, orientations


def images(n, seed, shape=(1, 8, 8)):
    return np.random.default_rng(seed).random((n, *shape)).astype(np.float32)


def test_a_square_has_eight_orientations_and_a_strip_four():
    assert len({view.tobytes() for view in orientations(images(1, 0))}) == 8
    strips = orientations(images(1, 0, (1, 4, 6)))
    assert len(strips) == 4
    assert {view.shape for view in strips} == {(1, 1, 4, 6)}


def test_finds_turned_mirrored_and_brightened_copies():
    train, holdout = images(30, 1), images(20, 2)
    made = images(6, 3)
    made[1] = np.rot90(train[7], 1, axes=(1, 2))[..., ::-1]
    made[4] = 0.5 * train[9][:, ::-1] + 0.2
    found = find_neighbours(made, train, holdout)
    assert found.flags.tolist() == [False, True, False, False, True, False]
    assert found.copied_from[[1, 4]].tolist() == [7, 9]
    assert found.indices[1] == 7
    assert found.distances[1] == pytest.approx(0, abs=1e-5)
    assert found.ncc[[1, 4]] == pytest.approx(1, abs=1e-5)


def test_images_that_all_patients_share_are_no_copies():
    shared = np.linspace(0, 1, 64, dtype=np.float32).reshape(1, 1, 8, 8)
    train, holdout, made = (shared + 0.1 * images(20, seed) for seed in (11, 12, 13))
    made[3] = train[5] + 0.001 * images(1, 14)[0]
    found = find_neighbours(made, train, holdout)
    assert (found.ncc > 0.95).all()
    assert found.flags.tolist() == [i == 3 for i in range(20)]
    assert 0.95 < found.threshold <= 0.995
    leaked = find_neighbours(made, train, train)
    assert leaked.threshold == 0.995  # holdout images that are training images hide no copy
    assert leaked.flags[3]


def test_ratio_is_about_one_for_new_images_whatever_the_sizes_and_small_for_copies():
    train, holdout = images(200, 4), images(40, 5)
    new = find_neighbours(images(40, 6), train, holdout)
    assert np.median(new.ratios) == pytest.approx(1, abs=0.03)
    copies = find_neighbours(np.clip(train[:40] + 0.01, 0, 1), train[:40], holdout)
    assert np.median(copies.ratios) < 0.1


def test_takes_features_and_flat_images():
    def brightness(values):
        return values.mean(axis=(1, 2, 3), dtype=np.float64)[:, None]

    levels = np.array([0.1, 0.5, 0.9], dtype=np.float32)[:, None, None, None] * np.ones((3, 1, 4, 4), np.float32)
    found = find_neighbours(levels[[2, 0]], levels, levels, encode=brightness)
    assert found.indices.tolist() == [2, 0]
    assert not found.flags.any()


def test_refuses_unlike_shapes():
    with pytest.raises(ValueError, match="one image shape"):
        find_neighbours(images(2, 0), images(2, 0, (1, 6, 6)), images(2, 0))
