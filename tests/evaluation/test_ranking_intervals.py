"""Intervals over customers: known answers, coverage on planted means, and what cannot be known."""

import numpy as np
import pytest

from medgan_fashion.evaluation.ranking import (
    customer_interval,
    gain_ratio_interval,
    paired_interval,
    ratio_interval,
)


def test_the_mean_of_many_customers_has_the_textbook_interval() -> None:
    values = np.random.default_rng(0).random(4000)
    found = customer_interval(values)
    half = 1.96 * values.std() / np.sqrt(4000)
    assert found.estimate == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - half, abs=0.001)
    assert found.high == pytest.approx(values.mean() + half, abs=0.001)
    assert found.covers == ("customers",)


def test_intervals_of_few_customers_cover_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    hits = 0
    for number in range(300):
        found = paired_interval(rng.normal(0.3, 0.1, 12), np.zeros(12), seed=number, n_boot=500)
        hits += found.low <= 0.3 <= found.high
    assert hits / 300 > 0.93


def test_no_hit_at_all_does_not_prove_a_rate_of_zero() -> None:
    found = customer_interval(np.zeros(30))
    assert (found.low, found.high) == (0, pytest.approx(1 / 30))
    same = paired_interval(np.ones(50), np.ones(50))
    assert (same.low, same.high) == (pytest.approx(-1 / 50), pytest.approx(1 / 50))


def test_customers_without_a_value_are_left_out_pair_by_pair() -> None:
    found = paired_interval([1.0, np.nan, 0.5, 0.5], [0.5, 0.2, np.nan, 0.0])
    assert found.estimate == 0.5
    with pytest.raises(ValueError, match="1 customers have a value"):
        customer_interval([1.0, np.nan])
    with pytest.raises(ValueError, match="not paired"):
        paired_interval([1.0, 0.0], [1.0])


def test_a_paired_difference_is_narrower_than_its_two_sides() -> None:
    rng = np.random.default_rng(2)
    ability = rng.random(300)
    found = paired_interval(ability + 0.05, ability + 0.01 * rng.normal(size=300))
    assert found.low > 0.04
    assert found.high < 0.06
    assert customer_interval(ability).high - customer_interval(ability).low > 0.05


def test_a_ratio_of_means_is_not_a_mean_of_ratios() -> None:
    found = ratio_interval([1.0, 3.0, 2.0, 2.0] * 20, [0.01, 5.99, 3.0, 3.0] * 20)
    assert found.estimate == pytest.approx(8 / 12)
    assert found.low < 8 / 12 < found.high


def test_a_ratio_over_nothing_is_not_known() -> None:
    noise = np.random.default_rng(3).normal(size=100)
    found = ratio_interval(np.ones(100), noise - noise.mean() + 0.01)
    assert (found.low, found.high) == (-np.inf, np.inf)


def test_the_gain_of_new_customers_by_hand() -> None:
    rng = np.random.default_rng(4)
    popularity = rng.random(200) * 0.1
    trained = popularity + 0.2 + 0.01 * rng.normal(size=200)
    new = popularity + 0.8 * (trained - popularity)
    found = gain_ratio_interval(new, trained, popularity)
    assert found.estimate == pytest.approx(0.8)
    assert found.low == pytest.approx(0.8)
    assert found.high == pytest.approx(0.8)


def test_intervals_repeat_with_their_seed() -> None:
    values = np.random.default_rng(5).random(50)
    assert customer_interval(values, seed=1) == customer_interval(values, seed=1)
    assert customer_interval(values, seed=1) != customer_interval(values, seed=2)
