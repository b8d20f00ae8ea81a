"""From an interval to one of four verdicts, a sentence, and the smallest difference a study can show."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import brentq
from scipy.stats import nct
from scipy.stats import t as student

from medgan_fashion.evaluation.classifiers.intervals import ALL_SOURCES, Interval, cautious_df

Verdict = Literal["helps", "hurts", "no evidence of help", "too few cases to tell"]
WORDS = {
    "balanced_accuracy": "balanced accuracy",
    "auroc": "AUROC",
    "sensitivity_weighted": "support-weighted sensitivity",
    "dice": "Dice",
}


@dataclass(frozen=True)
class Planned:
    """The smallest `difference` (fraction) a study would show at 80 % power; `text` says on what terms."""

    difference: float
    text: str


def verdict(interval: Interval, margin: float) -> Verdict:
    """The pre-declared rule on the primary difference; `margin` > 0 is the least effect that would matter."""
    if not margin > 0:
        raise ValueError(f"margin {margin} must be above 0: give the smallest effect that would matter, as 0.02.")
    if interval.low > 0:
        return "helps"
    if interval.high < 0:
        return "hurts"
    return "no evidence of help" if interval.high < margin else "too few cases to tell"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def verdict_sentence(
    interval: Interval,
    margin: float,
    *,
    arm: str = "real+classic+gan",
    against: str = "real+classic",
    metric: str = "balanced_accuracy",
    grouping: str = "patient",
) -> str:
    """One plain sentence: the verdict, the difference and its interval in points, and what it does not cover.

    `grouping` as in the card of an ImageSet: anything but "patient" puts "not grouped by patient" into it.
    """
    numbers = (
        f"{arm} against {against} changes {WORDS.get(metric, metric)} by "
        f"{100 * interval.estimate:+.1f} points "
        f"(95 % interval {100 * interval.low:+.1f} to {100 * interval.high:+.1f}; margin {100 * margin:.1f})"
    )
    missing = [source for source in ALL_SOURCES if source not in interval.covers]
    limits = [f"the interval does not cover {_listed(missing)}"] if missing else []
    if grouping != "patient":
        limits.insert(0, f"not grouped by patient (grouping: {grouping}), so the interval may be too narrow")
    name = verdict(interval, margin)
    return "; ".join([f"{name[0].upper()}{name[1:]}: {numbers}", *limits]) + "."


def smallest_detectable(se: float, df: float, power: float = 0.8) -> float:
    """The true difference whose lower 95 % bound is above 0 with probability `power`, by the noncentral t.

    `se` > 0 the standard error (fraction), `df` >= 1; the result is in the unit of se.
    """
    if not se > 0 or not df >= 1 or not 0.025 < power < 1:
        raise ValueError(f"se {se} must be above 0, df {df} at least 1 and power {power} between 0.025 and 1.")
    bound = float(student.ppf(0.975, df))

    def shortfall(shift: float) -> float:
        return float(nct.sf(bound, df, shift)) - power

    shift = brentq(shortfall, 0.0, 3 * bound + 10, full_output=False)
    return se * float(np.asarray(shift))


def _terms(discordance: float, repeat_sd: float) -> str:
    return (
        f"assuming equal classes, arms that disagree on {100 * discordance:.0f} % of the lesions, a correlation of "
        f"0.5 within a patient, and a spread of {100 * repeat_sd:.0f} points between repeats"
    )


def planned_detectable(
    n_lesions: int,
    n_patients: int,
    n_classes: int,
    repeats: int,
    discordance: float = 0.2,
    repeat_sd: float = 0.02,
) -> Planned:
    """The smallest difference a study of this size would show at 80 % power, for a dry run.

    Assumes classes of equal size; that the two arms disagree on `discordance` of the lesions, in both directions alike;
    that lesions of a patient correlate by 0.5 (Kish's design effect 1 + 0.5 (lesions per patient - 1)); and that the
    difference varies between repeats with a standard deviation of `repeat_sd` (fraction), which one repeat cannot show.
    All four are guesses until the study has run. ValueError for fewer than two patients a class.
    """
    scarcest = n_patients // n_classes
    if scarcest < 2 or n_lesions < n_patients or repeats < 1 or not 0 < discordance <= 1:
        raise ValueError(
            f"{n_lesions} lesions of {n_patients} patients in {n_classes} classes cannot be planned with "
            f"{repeats} repeats and discordance {discordance}: give at least two patients a class."
        )
    effective = n_lesions / (1 + 0.5 * (n_lesions / n_patients - 1))
    patients, training = discordance / effective, repeat_sd**2 / repeats
    df = cautious_df(patients, scarcest - 1, training, max(repeats - 1, 1))
    difference = smallest_detectable((patients + training) ** 0.5, df)
    text = (
        f"With {n_lesions} lesions of {n_patients} patients and {repeats} repeats, a difference of about "
        f"{100 * difference:.0f} points would be shown with 80 % power, {_terms(discordance, repeat_sd)}."
    )
    return Planned(difference, text)
