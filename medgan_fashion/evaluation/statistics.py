"""The statistics of an ablation in one place: interval, verdict, power and secondary tests."""

from medgan_fashion.evaluation.intervals import ALL_SOURCES, Interval, arm_interval, difference_interval
from medgan_fashion.evaluation.verdict import (
    Planned,
    Verdict,
    planned_detectable,
    smallest_detectable,
    verdict,
    verdict_sentence,
)
from medgan_fashion.evaluation.weighted import METRICS, Metric

__all__ = [
    "ALL_SOURCES",
    "METRICS",
    "Interval",
    "Metric",
    "Planned",
    "Verdict",
    "arm_interval",
    "difference_interval",
    "planned_detectable",
    "smallest_detectable",
    "verdict",
    "verdict_sentence",
]
