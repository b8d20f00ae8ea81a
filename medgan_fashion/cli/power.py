"""The command `power`: how many patients the next study needs."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from medgan_fashion.evaluation.classifiers.planning import Spread

LEAST_POWER = 0.025  # what a study without any difference has: its chance of a false "helps"


def power(
    pilot: Path | None = None,
    accuracy: float | None = None,
    correlation: float = 0.5,
    classes: int = 2,
    lesions_per_patient: float = 1.0,
    difference: float | None = None,
    repeats: int | None = None,
    repeat_sd: float = 0.02,
    power: float = 0.8,
) -> None:
    """How many patients the next study needs: `power RUN` from a finished run, or from what you state.

    Args:
        pilot: a finished run of lesions or mammograms, whose own variances are taken; its name may stand alone.
        accuracy: without a run: share of the lesions that either arm gets right.
        correlation: without a run: correlation between the two arms' being right, 0 to 1; they disagree on
            2 a (1 - a) (1 - correlation) of the lesions.
        classes: without a run: number of classes, of equal size.
        lesions_per_patient: without a run: mean number, correlated by 0.5 within a patient.
        difference: the smallest difference that would matter, as a fraction; default: the run's margin, else 0.05.
        repeats: repeats of the next study (each: new partition and GANs); default: as the run, else 3.
        repeat_sd: standard deviation of the difference between repeats, as a fraction, where no run tells it.
        power: probability of showing the difference.
    """
    if (pilot is None) == (accuracy is None):
        raise ValueError("give either the folder of a finished run or --accuracy, and not both.")
    _check(difference, repeats, repeat_sd, power)
    if pilot is not None:
        _from_pilot(pilot, difference, repeats, repeat_sd, power)
    elif accuracy is not None:
        asked, again = 0.05 if difference is None else difference, 3 if repeats is None else repeats
        _from_statement(accuracy, correlation, classes, lesions_per_patient, asked, again, repeat_sd, power)


def _check(difference: float | None, repeats: int | None, repeat_sd: float, power: float) -> None:
    """ValueError names the option that cannot be, before a run is read."""
    if difference is not None and not 0 < difference < 1:
        raise ValueError(f"--difference {difference:g} must lie between 0 and 1: 0.05 stands for 5 points.")
    if repeats is not None and repeats < 1:
        raise ValueError(f"--repeats {repeats} must be at least 1.")
    if not 0 <= repeat_sd < 1:
        raise ValueError(f"--repeat-sd {repeat_sd:g} must be at least 0 and below 1: give a fraction, as 0.02.")
    if not LEAST_POWER < power < 1:
        raise ValueError(f"--power {power:g} must lie between {LEAST_POWER:g} and 1: give a probability, as 0.8.")


def _from_pilot(run: Path, difference: float | None, repeats: int | None, repeat_sd: float, power: float) -> None:
    from medgan_fashion.evaluation.classifiers.verdict import WORDS
    from medgan_fashion.medical.outside.pilot import doubts, pilot_of, read_pilot

    summary = read_pilot(run)
    pilot, verdict = pilot_of(summary, repeat_sd), summary["verdict"]
    metric = WORDS.get(verdict["metric"], verdict["metric"])
    again = f"{pilot.n_repeats} {'repeat' if pilot.n_repeats == 1 else 'repeats'}"
    print(f"{summary['title']}: {pilot.n_patients} patients, {again}; {verdict['arm']} against {verdict['against']}")
    print(
        f"standard deviation of the difference in {metric}: {100 * pilot.patients**0.5:.1f} points from patients, "
        f"{100 * max(pilot.repeats, 0.0) ** 0.5:.1f} from {'repeats' if pilot.n_repeats > 1 else 'classifier seeds'}"
    )
    asked = verdict["margin"] if difference is None else difference
    again = max(pilot.n_repeats, 3) if repeats is None else repeats
    _print_plan(pilot.spread(), pilot.ends(), asked, again, power, pilot.n_patients)
    print("\n".join(["", *doubts(summary, pilot)]))


def _from_statement(
    accuracy: float,
    correlation: float,
    classes: int,
    lesions: float,
    difference: float,
    repeats: int,
    repeat_sd: float,
    power: float,
) -> None:
    from medgan_fashion.evaluation.classifiers.planning import stated_spread

    spread = stated_spread(accuracy, correlation, classes, lesions, repeat_sd)
    discordance = 2 * accuracy * (1 - accuracy) * (1 - correlation)
    print(
        f"stated: both arms right on {100 * accuracy:g} % of the lesions and, with a correlation of {correlation:g}, "
        f"of two minds on {100 * discordance:.1f} %; {classes} classes of equal size, {lesions:g} lesions a patient, "
        f"{100 * repeat_sd:g} points between repeats"
    )
    _print_plan(spread, None, difference, repeats, power, 100)
    print(
        "\nAll of this is guessed until a pilot has run: give its folder instead (power RUN). The true difference is "
        "not known; plan on the smallest one that would matter."
    )


def _print_plan(
    spread: "Spread",
    ends: "tuple[Spread, Spread] | None",
    difference: float,
    repeats: int,
    power: float,
    about: int,
) -> None:
    from medgan_fashion.evaluation.classifiers.planning import patients_needed, repeats_needed

    needed = patients_needed(spread, difference, repeats, power)
    what = f"to show {100 * difference:g} points with {100 * power:g} % power and {repeats} repeats: "
    if needed is None:
        least = repeats_needed(spread, difference, power)
        cure = f"{least} repeats could" if least else "30 repeats could not either: the trainings differ too much"
        print(f"{what}no number of patients would do; {cure}")
    else:
        print(f"{what}{needed} patients{_range(ends, difference, repeats, power)}")
    _print_table(spread, repeats, power, needed or about)


def _range(ends: "tuple[Spread, Spread] | None", difference: float, repeats: int, power: float) -> str:
    from medgan_fashion.evaluation.classifiers.planning import patients_needed

    if ends is None:
        return ""
    low, high = (patients_needed(end, difference, repeats, power) for end in ends)
    return f" (range {low} to {high or 'no number'})"


def _print_table(spread: "Spread", repeats: int, power: float, about: int) -> None:
    """Patients down, repeats across: the smallest difference that would be shown, in points."""
    from medgan_fashion.evaluation.classifiers.planning import detectable, fewest_patients

    across = sorted({repeats, 3, 5, 10})
    down = sorted({max(fewest_patients(spread), round(about * factor)) for factor in (0.25, 0.5, 1, 2, 4)})
    print("\nsmallest difference shown, in points\npatients" + "".join(f"{f'{r} repeats':>12}" for r in across))
    for patients in down:
        cells = (100 * detectable(spread, patients, r, power) for r in across)
        print(f"{patients:>8}" + "".join(f"{cell:>12.1f}" for cell in cells))
