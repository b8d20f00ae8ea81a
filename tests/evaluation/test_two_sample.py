"""Classifier two-sample test: its level where both sets are alike, its power, and groups on one side."""

import numpy as np
import pytest
from scipy.stats import binom, hypergeom

from medgan_fashion.evaluation.images.degrade import blurred
from medgan_fashion.evaluation.images.two_sample import _rows, accuracy_test, two_sample_test
from tests.evaluation.planted_images import stripes


def test_the_p_values_are_the_binomial_and_the_hypergeometric_one() -> None:
    truth = np.repeat([False, True], 20)
    said = truth.copy()
    said[[0, 1, 2, 25, 26, 27, 28, 29, 30]] ^= True  # 31 of 40 right: 17 of 20 reals, 14 of 20 fakes
    found = accuracy_test(said, truth, permutations=20_000)
    assert (found.accuracy, found.n) == (31 / 40, 40)
    assert found.p_binomial == pytest.approx(binom.sf(30, 40, 0.5))
    exact = float(hypergeom.sf(13, 40, 20, int(said.sum())))  # 14 or more of the fakes said to be fakes
    assert found.p_permutation == pytest.approx(exact, abs=4 * np.sqrt(exact / 20_000) + 1e-4)


@pytest.mark.parametrize("share", [0.5, 0.1])
def test_the_level_holds_for_a_classifier_that_knows_nothing(share: float) -> None:
    rng, truth = np.random.default_rng(0), np.repeat([False, True], 30)
    found = [accuracy_test(rng.random(60) < share, truth, permutations=199, seed=k) for k in range(600)]
    for p in (np.array([one.p_binomial for one in found]), np.array([one.p_permutation for one in found])):
        for level in (0.05, 0.2):
            assert (p <= level).mean() < level + 3 * np.sqrt(level * (1 - level) / 600)
    assert np.mean([one.accuracy for one in found]) == pytest.approx(0.5, abs=0.01)


def test_the_level_holds_for_trained_networks_on_equal_sets() -> None:
    """20 tests of two sets of one distribution: at the 20 % level 4 are expected, and 9 or more in 1 of 100."""
    p = []
    for seed in range(20):
        images = stripes(80, seed)[0]
        found = two_sample_test(images[:40], images[40:], updates=8, permutations=199, seed=seed)
        assert found.n == 40
        p.append([found.p_binomial, found.p_permutation])
    assert ((np.array(p) <= 0.2).sum(axis=0) < 9).all()


def test_a_difference_is_found() -> None:
    real, other = stripes(80, 0)[0], stripes(80, 1)[0]
    found = two_sample_test(real, blurred(other, 1.0), updates=40, seed=0)
    assert found.accuracy > 0.9
    assert max(found.p_binomial, found.p_permutation) < 0.01
    assert found == two_sample_test(real, blurred(other, 1.0), updates=40, seed=0)


def test_groups_lie_on_one_side_and_are_tested_once() -> None:
    first, second = np.repeat(np.arange(20), 4), np.repeat(np.arange(10, 40), 2)  # 10 groups have both kinds
    (train_real, train_fake), (test_real, test_fake) = _rows((first, second), 0)
    trained = set(first[train_real]) | set(second[train_fake])
    assert not trained & (set(first[test_real]) | set(second[test_fake]))
    assert len(train_real) == len(train_fake)
    assert len(test_real) == len(test_fake) == len(set(first[test_real])) == len(set(second[test_fake]))


def test_patients_with_a_look_of_their_own_are_no_difference() -> None:
    """Ten images of each patient are all alike: with patients on both sides a classifier would know them again."""
    rng = np.random.default_rng(0)
    look = np.repeat(rng.random((40, 1, 16, 16)), 10, axis=0)
    images = np.clip(look + 0.02 * rng.standard_normal(look.shape), 0, 1).astype(np.float32)
    groups = np.repeat(np.arange(40), 10)
    real, fake = slice(0, 200), slice(200, 400)
    apart = two_sample_test(images[real], images[fake], groups=(groups[real], groups[fake]), updates=60)
    mixed = two_sample_test(images[real], images[fake], updates=60)
    assert mixed.p_binomial < 1e-6
    assert apart.p_binomial > 0.01
    assert apart.n == 20


def test_any_classifier_serves() -> None:
    real, fake = np.zeros((10, 1, 4, 4), dtype=np.float32), np.ones((10, 1, 4, 4), dtype=np.float32)

    def fit(images, labels, seed):
        assert sorted(set(labels)) == [0, 1]
        return lambda others: np.stack([1 - others.mean((1, 2, 3)), others.mean((1, 2, 3))], axis=1)

    found = two_sample_test(real, fake, fit=fit)
    assert found.accuracy == 1
    assert found.p_binomial == pytest.approx(0.5**10)


def test_what_does_not_fit_is_refused() -> None:
    images = stripes(12, 0)[0]
    with pytest.raises(ValueError, match="one image shape"):
        two_sample_test(images, images[..., :8])
    with pytest.raises(ValueError, match="two groups of each set"):
        two_sample_test(images, images[:2])
    with pytest.raises(ValueError, match="one number for each image"):
        two_sample_test(images, images, groups=(np.arange(3), np.arange(12)))
    with pytest.raises(ValueError, match=r"must both be \(n,\)"):
        accuracy_test([True], [True, False])
