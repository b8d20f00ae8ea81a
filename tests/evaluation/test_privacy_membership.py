"""The membership attack in closed form: AUC, its interval, the true positive rate at few false alarms."""

import numpy as np
import pytest
from scipy.stats import norm

from medgan_fashion.evaluation.screening.privacy import (
    attack_auc,
    auc_interval,
    exact_interval,
    half_against_half,
    hits_at,
    membership_test,
    patient_scores,
)
from medgan_fashion.evaluation.screening.thresholds import PrivacyRules


def test_a_patient_scores_as_her_closest_image() -> None:
    assert patient_scores([0.5, 0.2, 0.9, 0.7], [3, 3, 1, 1]).tolist() == [-0.7, -0.2]


def test_auc_counts_pairs_and_half_the_ties() -> None:
    assert attack_auc([3, 2], [1, 2, 0]) == pytest.approx(5.5 / 6)
    assert attack_auc([1, 1], [1, 1]) == 0.5


@pytest.mark.parametrize(("members", "others"), [(20, 10), (40, 20), (200, 100)])
def test_the_interval_inverts_the_variance_of_mann_whitney_at_a_half(members: int, others: int) -> None:
    auc = 0.5 + norm.ppf(0.975) * ((members + others + 1) / (12 * members * others)) ** 0.5
    assert auc_interval(auc, members, others)[0] == pytest.approx(0.5, abs=1e-6)
    assert auc_interval(1 - auc, members, others)[1] == pytest.approx(0.5, abs=1e-6)


def test_a_perfect_attack_on_few_patients_keeps_an_interval() -> None:
    low, high = auc_interval(1.0, 20, 10)
    assert (0.75 < low < 0.95, high) == (True, 1.0)
    mirrored = auc_interval(0.0, 20, 10)
    assert mirrored == (0.0, pytest.approx(1 - low, abs=1e-6))


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_the_interval_covers(shift: float) -> None:
    """Normal scores: the true AUC is Phi(shift / sqrt 2)."""
    rng, truth, held = np.random.default_rng(1), norm.cdf(shift / 2**0.5), 0
    for _ in range(400):
        low, high = auc_interval(attack_auc(rng.normal(shift, 1, 20), rng.normal(0, 1, 10)), 20, 10)
        held += low <= truth <= high
    assert 0.92 <= held / 400 <= 0.99


def test_exact_bounds() -> None:
    assert exact_interval(0, 20) == (0.0, pytest.approx(1 - 0.025 ** (1 / 20)))
    assert exact_interval(20, 20) == (pytest.approx(0.025 ** (1 / 20)), 1.0)
    assert exact_interval(5, 20) == pytest.approx((0.0866, 0.4910), abs=1e-4)  # Clopper and Pearson's tables


def test_false_alarms_are_never_more_than_the_rate() -> None:
    others = np.arange(200.0)
    members = np.array([197.0, 197.5, 198.0, 250.0])
    assert hits_at(members, others, 0.01) == 3  # two of 200 may lie above: the bar is 197
    assert hits_at(np.full(5, 7.0), np.full(100, 7.0), 0.01) == 0


def test_the_rate_is_left_open_below_a_hundred_non_members() -> None:
    found = membership_test(np.arange(20) + 100.0, np.arange(99.0))
    assert found.tpr is None
    assert found.note == "a false positive rate of 1% needs 100 held-out patients; there are 99"
    whole = membership_test(np.arange(20) + 100.0, np.arange(100.0))
    assert (whole.auc, whole.tpr, whole.note) == (1.0, 1.0, "")


def test_too_few_patients_are_refused() -> None:
    with pytest.raises(ValueError, match="too few held-out patients for a membership test: 9, needs 10"):
        membership_test(np.zeros(50), np.zeros(9))
    with pytest.raises(ValueError, match="too few training patients for a membership test: 2, needs 10"):
        membership_test(np.zeros(2), np.zeros(50))


def test_halves_of_the_held_out_are_alike() -> None:
    scores = np.random.default_rng(0).normal(size=200)
    held = [half_against_half(scores, PrivacyRules(), seed) for seed in range(100)]
    covered = sum(one is not None and one["low"] <= 0.5 <= one["high"] for one in held)
    assert covered >= 88
    assert half_against_half(scores[:19], PrivacyRules(), 0) is None
