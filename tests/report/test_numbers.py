"""Numbers are written the same everywhere."""

from __future__ import annotations

import pytest

from medgan_fashion.report import numbers


@pytest.mark.parametrize(
    ("value", "text"), [(0.0171, "+1.7"), (-0.0171, "−1.7"), (-0.0004, "0.0"), (0.0, "0.0"), (None, "–")]
)
def test_points(value: float | None, text: str) -> None:
    assert numbers.points(value) == text


def test_percent_and_metrics() -> None:
    assert numbers.percent(0.7194) == "71.9"
    assert numbers.percent(float("nan")) == "–"
    assert numbers.metric_value(0.2134, "brier") == "0.213"
    assert numbers.metric_value(0.2134, "auroc") == "21.3"
    assert numbers.metric_points(-0.0121, "brier") == "−0.012"
    assert numbers.metric_points(0.0121, "brier") == "+0.012"


@pytest.mark.parametrize(("value", "text"), [(0.0004, "< 0.001"), (0.0312, "0.031"), (1.0, "1.000"), (None, "–")])
def test_p_value(value: float | None, text: str) -> None:
    assert numbers.p_value(value) == text


def test_counts_and_sizes() -> None:
    assert numbers.count(22000) == "22\u202f000"
    assert numbers.count(120.5) == "120.5"
    assert [numbers.significant(v) for v in (0.04312, 4.123, 1234.5, 0.0)] == [
        "0.0431",
        "4.12",
        "1234",
        "0.00",
    ]
    assert [numbers.duration(v) for v in (30, 544.2, 7200, None)] == ["30 s", "9 min", "2.0 h", "–"]
    assert numbers.root(-0.1) == 0.0
