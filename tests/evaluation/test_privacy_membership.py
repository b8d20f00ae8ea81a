"""The membership attack in closed form: AUC, its interval, the true positive rate at few false alarms."""

import numpy as np
import pytest

from medgan_fashion.evaluation.screening.privacy import (
    half_against_half,
    hits_at,
    membership_test,
    patient_scores,
)
from medgan_fashion.evaluation.screening.thresholds import PrivacyRules


def test_a_patient_scores_as_her_closest_image() -> None:
    assert patient_scores([0.5, 0.2, 0.9, 0.7], [3, 3, 1, 1]).tolist() == [-0.7, -0.2]


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
    assert (whole.tpr_low, whole.tpr_high) == (pytest.approx(0.025 ** (1 / 20)), 1.0)  # Clopper and Pearson
    assert (0.75 < whole.low < 0.98, whole.high) == (True, 1.0)  # a perfect attack on few patients keeps an interval


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
