"""How many patients the next study needs, from a pilot's variances or from what is stated about the two arms.

The interval of a study (evaluation/classifiers/intervals.py) has two variances and cautious degrees of freedom; what it
can show follows from these by `verdict.smallest_detectable`. Nothing here is a rule of its own.
"""

from dataclasses import dataclass
from math import ceil, floor

import numpy as np
from scipy.stats import chi2

from medgan_fashion.evaluation.classifiers.intervals import cautious_df
from medgan_fashion.evaluation.classifiers.verdict import smallest_detectable

MOST = 100_000  # patients: a plan beyond this is no plan
WITHIN_PATIENT = 0.5  # correlation between lesions of a patient, as in verdict.planned_detectable
LEVEL = 0.8  # of the interval of a pilot's variances


@dataclass(frozen=True)
class Spread:
    """What makes the difference between two arms vary, as fractions squared.

    With n patients and R repeats the difference has the variance per_patient / n + (per_repeat + in_repeat / n) / R.

    Args:
        per_patient: of one patient, the same in every repeat.
        per_repeat: between repeats (partition, GAN seed and classifier seeds), whatever the number of patients.
        scarcest: share of the patients that the rarest class has.
        in_repeat: of one patient in one repeat: decisions that another training would change.
    """

    per_patient: float
    per_repeat: float
    scarcest: float
    in_repeat: float = 0.0

    def __post_init__(self) -> None:
        if not self.per_patient > 0 or min(self.per_repeat, self.in_repeat) < 0 or not 0 < self.scarcest <= 1:
            raise ValueError(
                f"the variance per patient is {self.per_patient:g} and per repeat {self.per_repeat:g}: "
                "give a positive one and one that is not negative."
            )

    def parts(self, patients: int, repeats: int) -> tuple[float, float]:
        """The variances from patients and from repeats of a study of this size."""
        return self.per_patient / patients, (self.per_repeat + self.in_repeat / patients) / repeats


@dataclass(frozen=True)
class Pilot:
    """What a finished study says about its own variances.

    Args:
        patients, repeats: the two variances of its difference, as in summary.json's `verdict.components`.
        noise: the part of `repeats` that single test patients explain (`Interval.noise`); 0 where it is not known,
            which asks for too many patients rather than too few.
        n_patients, n_scarcest, n_repeats: patients, those of the rarest class (>= 2), repeats.
        stated_repeat_sd: standard deviation between repeats (fraction), where the one repeat there was cannot tell.
    """

    patients: float
    repeats: float
    noise: float
    n_patients: int
    n_scarcest: int
    n_repeats: int
    stated_repeat_sd: float = 0.02

    def spread(self) -> Spread:
        """Its variances as they are."""
        return self._at(1.0, 1.0)

    def ends(self) -> tuple[Spread, Spread]:
        """With both variances at the lower, and at the upper end of their 80 % intervals.

        s^2 df / chi2 quantile, as for a variance of normal values; with two or three repeats the upper end is far away:
        so little do they know.
        """
        dfs = self.n_scarcest - 1, max(self.n_repeats - 1, 1)
        low, high = ([df / float(chi2.ppf(q, df)) for df in dfs] for q in ((1 + LEVEL) / 2, (1 - LEVEL) / 2))
        return self._at(*low), self._at(*high)

    def _at(self, patients: float, repeats: float) -> Spread:
        noise = min(self.noise, self.repeats)  # its estimate may exceed what the repeats happened to show
        beyond = max(self.repeats * repeats - noise, 0.0) * self.n_repeats
        return Spread(
            self.patients * patients * self.n_patients,
            self.stated_repeat_sd**2 if self.n_repeats == 1 else beyond,
            self.n_scarcest / self.n_patients,
            noise * self.n_repeats * self.n_patients,
        )


def stated_spread(
    accuracy: float, correlation: float, classes: int, lesions_per_patient: float = 1.0, repeat_sd: float = 0.02
) -> Spread:
    """The spread of two arms that are both right on a share `accuracy` of the lesions.

    `correlation` is that of their being right (phi): they disagree on 2 a (1 - a) (1 - phi) of the lesions. Classes of
    equal size; lesions of a patient correlate by 0.5 (Kish's design effect). Single classifiers disagree more than
    decisions averaged over repeats and seeds do, so a correlation measured between single ones asks for too many
    patients rather than too few. `repeat_sd`: standard deviation of the difference between repeats (fraction).
    """
    if not 0 < accuracy < 1 or not -1 <= correlation < 1:
        raise ValueError(f"accuracy {accuracy} must lie between 0 and 1, and correlation {correlation} in [-1, 1).")
    if classes < 2 or lesions_per_patient < 1 or repeat_sd < 0:
        raise ValueError("classes must be at least 2, lesions_per_patient at least 1, repeat_sd not negative.")
    discordance = 2 * accuracy * (1 - accuracy) * (1 - correlation)
    effect = 1 + WITHIN_PATIENT * (lesions_per_patient - 1)
    return Spread(discordance * effect / lesions_per_patient, repeat_sd**2, 1 / classes)


def fewest_patients(spread: Spread) -> int:
    """The smallest study that has an interval: two patients of every class."""
    return ceil(2 / spread.scarcest - 1e-9)


def detectable(spread: Spread, patients: int, repeats: int, power: float = 0.8) -> float:
    """The smallest true difference (fraction) that a study of this size shows with probability `power`."""
    if patients < fewest_patients(spread) or repeats < 1:
        raise ValueError(
            f"a study of {patients} patients and {repeats} repeats has no interval: "
            f"it takes {fewest_patients(spread)} patients and one repeat."
        )
    of_patients, of_repeats = spread.parts(patients, repeats)
    scarcest = floor(patients * spread.scarcest + 1e-9)
    df = cautious_df(of_patients, scarcest - 1, of_repeats, max(repeats - 1, 1))
    return smallest_detectable((of_patients + of_repeats) ** 0.5, df, power)


def patients_needed(spread: Spread, difference: float, repeats: int, power: float = 0.8) -> int | None:
    """The fewest patients with which `difference` (fraction, > 0) is shown with probability `power`; None: not even
    100,000 would do, because retraining alone varies too much for so few repeats."""
    if not difference > 0:
        raise ValueError(f"difference {difference} must be above 0: give a fraction, as 0.02 for 2 points.")
    grid = np.unique(np.geomspace(fewest_patients(spread), MOST, 80).astype(int)).tolist()
    below = 0
    for size in grid:  # up, not by bisection: with many patients the few repeats rule, and the df fall
        if detectable(spread, size, repeats, power) <= difference:
            return _first(spread, difference, repeats, power, below, size)
        below = size
    return None


def _first(spread: Spread, difference: float, repeats: int, power: float, short: int, enough: int) -> int:
    short = max(short, fewest_patients(spread) - 1)
    while enough - short > 1:
        middle = (short + enough) // 2
        if detectable(spread, middle, repeats, power) <= difference:
            enough = middle
        else:
            short = middle
    return enough


def repeats_needed(spread: Spread, difference: float, power: float = 0.8, most: int = 30) -> int | None:
    """The fewest repeats with which any number of patients shows `difference`; None: more than `most`."""
    for repeats in range(2, most + 1):
        if patients_needed(spread, difference, repeats, power) is not None:
            return repeats
    return None
