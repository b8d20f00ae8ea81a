"""The verdict of a declared contrast as the summary of every chain holds it."""

from typing import Any, Protocol

from medgan_fashion.evaluation.classifiers.intervals import Interval
from medgan_fashion.evaluation.classifiers.verdict import smallest_detectable, verdict, verdict_sentence


class Primary(Protocol):
    """What was declared: metric, tested arm, comparator, the least effect that would matter."""

    @property
    def metric(self) -> str: ...
    @property
    def arm(self) -> str: ...
    @property
    def against(self) -> str: ...
    @property
    def margin(self) -> float: ...


def verdict_row(interval: Interval, primary: Primary, grouping: str) -> dict[str, Any]:
    """The key `verdict` of summary.json (see summary.Verdict), from the difference arm - against."""
    named = {"arm": primary.arm, "against": primary.against, "metric": primary.metric}
    return {
        "verdict": verdict(interval, primary.margin),
        "sentence": verdict_sentence(interval, primary.margin, grouping=grouping, **named),
        **named,
        "estimate": interval.estimate,
        "low": interval.low,
        "high": interval.high,
        "margin": primary.margin,
        "smallest_detectable": smallest_detectable(interval.se, interval.df),
        "covers": list(interval.covers),
        "df": interval.df,
        "components": {
            "patients": interval.components["patients"],
            "repeats": interval.se**2 - interval.components["patients"],
            "noise": interval.noise,
        },
    }
