"""The four verdicts, their sentence, and the smallest difference that a study can show."""

import pytest
from scipy.stats import nct
from scipy.stats import t as student

from medgan_fashion.evaluation.classifiers.intervals import Interval
from medgan_fashion.evaluation.classifiers.verdict import (
    planned_detectable,
    smallest_detectable,
    verdict,
    verdict_sentence,
)


def interval(low, high, **more):
    return Interval((low + high) / 2, low, high, (high - low) / 4, 20.0, **more)


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [
        (0.001, 0.1, "helps"),
        (-0.1, -0.001, "hurts"),
        (-0.03, 0.019, "no evidence of help"),
        (-0.03, 0.02, "too few cases to tell"),
        (0.0, 0.05, "too few cases to tell"),
        (-0.01, 0.0, "no evidence of help"),
    ],
)
def test_the_declared_rule_and_its_edges(low, high, says):
    assert verdict(interval(low, high), 0.02) == says


def test_a_margin_must_be_positive():
    with pytest.raises(ValueError, match="margin 0"):
        verdict(interval(-1, 1), 0)


def test_the_sentence_has_points_and_no_caveat_where_none_is_due():
    said = verdict_sentence(interval(0.01, 0.07), 0.02, metric="auroc")
    assert said == (
        "Helps: real+classic+gan against real+classic changes AUROC by +4.0 points "
        "(95 % interval +1.0 to +7.0; margin 2.0)."
    )


def test_the_sentence_says_what_is_not_grouped_and_not_covered():
    few = interval(-0.01, 0.07, covers=("patients", "classifier seeds"))
    said = verdict_sentence(few, 0.02, grouping="near-duplicate pictures")
    assert said.startswith("Too few cases to tell: ")
    assert "not grouped by patient" in said
    assert "does not cover partitions and GAN seeds" in said
    assert said.count(".") == said.replace("%", "").count(".")
    alone = verdict_sentence(interval(-0.01, 0.07, covers=("patients",)), 0.02)
    assert "does not cover partitions, GAN seeds and classifier seeds" in alone


@pytest.mark.parametrize("df", [1.0, 2.5, 30.0])
def test_the_detectable_difference_is_detected_with_its_power(df):
    found = smallest_detectable(0.03, df, power=0.9)
    assert nct.sf(student.ppf(0.975, df), df, found / 0.03) == pytest.approx(0.9, abs=1e-6)


def test_the_detectable_difference_of_a_known_se_is_two_point_eight():
    assert smallest_detectable(1, 1e7) == pytest.approx(1.95996 + 0.84162, abs=1e-4)
    with pytest.raises(ValueError, match="se 0"):
        smallest_detectable(0, 5)


def test_a_plan_gets_better_with_patients_and_repeats_and_names_its_assumptions():
    small, more, again = (planned_detectable(3 * p // 2, p, 3, r) for p, r in ((60, 3), (300, 3), (300, 10)))
    assert small.difference > more.difference > again.difference
    clustered = planned_detectable(120, 60, 3, 3).difference
    assert planned_detectable(60, 60, 3, 3).difference > clustered > planned_detectable(120, 120, 3, 3).difference
    assert "20 % of the lesions" in small.text
    with pytest.raises(ValueError, match="two patients a class"):
        planned_detectable(5, 5, 3, 3)
