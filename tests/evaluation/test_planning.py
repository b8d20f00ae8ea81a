"""Planning: the same rule as the verdict's, its ends and limits, and power that simulated studies confirm."""

import importlib
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest, chi2

from medgan_fashion.evaluation.classifiers.intervals import cautious_df, difference_interval
from medgan_fashion.evaluation.classifiers.planning import (
    MOST,
    Pilot,
    Spread,
    detectable,
    fewest_patients,
    patients_needed,
    repeats_needed,
    stated_spread,
)
from medgan_fashion.evaluation.classifiers.verdict import planned_detectable, smallest_detectable

BENCHMARKS = str(Path(__file__).resolve().parents[2] / "benchmarks")


@pytest.fixture(scope="module")
def simulation():
    sys.path.insert(0, BENCHMARKS)
    yield importlib.import_module("power_simulation")
    sys.path.remove(BENCHMARKS)
    for name in ("power_simulation", "verdict_simulation"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(("patients", "lesions", "repeats"), [(100, 1.0, 3), (100, 1.5, 3), (240, 2.0, 5)])
def test_stated_figures_give_what_the_dry_run_says(patients, lesions, repeats):
    stated = detectable(stated_spread(0.8, 0.5, 2, lesions), patients, repeats)
    discordance = 2 * 0.8 * 0.2 * 0.5
    same = planned_detectable(round(lesions * patients), patients, 2, repeats, discordance).difference
    assert stated == pytest.approx(same, rel=1e-9)


def test_without_repeat_variance_it_is_the_textbook_number():
    """(1.96 + 0.84)^2 discordance / difference^2 patients, a few more for the t distribution."""
    spread = stated_spread(0.8, 0.5, 2, repeat_sd=0.0)
    needed = patients_needed(spread, 0.05, 3)
    assert needed is not None
    assert 0 <= needed - (1.95996 + 0.84162) ** 2 * 0.16 / 0.05**2 < 8
    assert detectable(spread, needed, 3) <= 0.05 < detectable(spread, needed - 1, 3)


def test_more_of_anything_helps_and_too_few_repeats_cannot_be_bought_off():
    spread = stated_spread(0.8, 0.5, 2)
    assert detectable(spread, 400, 10) < detectable(spread, 400, 5) < detectable(spread, 400, 3)
    assert patients_needed(spread, 0.05, 3) is None
    assert detectable(spread, MOST, 3) > 0.05
    least = repeats_needed(spread, 0.05)
    assert least is not None
    assert patients_needed(spread, 0.05, least) is not None
    assert patients_needed(spread, 0.05, least - 1) is None
    fewer, more = (patients_needed(spread, 0.05, 10, power) for power in (0.8, 0.9))
    assert fewer is not None
    assert more is not None
    assert fewer < more


def test_a_pilot_planned_at_its_own_size_shows_what_it_showed():
    pilot = Pilot(3e-4, 1e-4, 0.4e-4, 90, 30, 5)
    assert pilot.spread().parts(90, 5) == pytest.approx((3e-4, 1e-4))
    again = detectable(pilot.spread(), 90, 5)

    assert again == pytest.approx(smallest_detectable(0.02, cautious_df(3e-4, 29, 1e-4, 4)))
    low, high = pilot.ends()
    assert low.per_patient == pytest.approx(3e-4 * 90 * 29 / chi2.ppf(0.9, 29))
    assert high.parts(90, 5)[1] == pytest.approx(1e-4 * 4 / chi2.ppf(0.1, 4))
    assert detectable(low, 90, 5) < again < detectable(high, 90, 5)


def test_one_repeat_says_nothing_about_repeats():
    pilot = Pilot(3e-4, 1e-9, 0.0, 90, 30, 1, stated_repeat_sd=0.03)
    assert pilot.spread().per_repeat == pytest.approx(9e-4)
    assert {end.per_repeat for end in pilot.ends()} == {pilot.spread().per_repeat}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: stated_spread(1.2, 0.5, 2), "accuracy 1.2"),
        (lambda: stated_spread(0.8, 1.0, 2), "correlation 1.0"),
        (lambda: stated_spread(0.8, 0.5, 1), "classes must be at least 2"),
        (lambda: detectable(stated_spread(0.8, 0.5, 3), 5, 3), "takes 6 patients"),
        (lambda: patients_needed(stated_spread(0.8, 0.5, 2), 0.0, 3), "difference 0"),
        (lambda: Spread(0.0, 0.1, 0.5), "variance per patient is 0"),
    ],
)
def test_wrong_plans_are_one_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        call()
    assert fewest_patients(stated_spread(0.8, 0.5, 3)) == 6


def test_noise_is_the_part_of_the_repeats_that_patients_explain():
    """Trainings that differ by nothing but independent decisions: noise is then all of their variance."""
    rng, patients = np.random.default_rng(0), np.arange(120)
    labels, found = patients % 2, []
    for _ in range(60):
        right = rng.random((2, 4, 1, 120)) < 0.75
        scores = np.where(right[..., None] == (labels[:, None] == np.arange(2)), 0.9, 0.1)
        found.append(difference_interval(scores[0], scores[1], labels, patients, n_boot=200))
    noise, spread = np.mean([i.noise for i in found]), np.mean([i.components["repeats"] for i in found])
    assert noise == pytest.approx(2 * 0.75 * 0.25 / 120 / 4, rel=0.1)
    assert spread == pytest.approx(noise, rel=0.3)


@pytest.mark.parametrize("name", ["calm seeds, 120 patients", "seeds do nothing"])
def test_studies_of_the_planned_size_have_about_the_promised_power(simulation, name):
    """The plan from the mean of many pilots; the promise must lie in the 95 % interval of what 100
    simulated studies show, widened by 5 points for the formula being an approximation."""
    plan = next(p for p in simulation.PLANS if p.name.startswith(name))
    small = replace(plan.pilot, n_boot=100)
    pilots = [simulation.of_pilot(small, simulation.simulate(small, 0, table)) for table in range(60)]
    patients = patients_needed(simulation.mean_pilot(pilots).spread(), plan.difference, plan.repeats, plan.power)
    assert patients is not None
    said = sum(simulation.said_helps(plan, patients, 0, table) for table in range(100))
    low, high = binomtest(said, 100).proportion_ci()
    assert low - 0.05 < plan.power < high + 0.05
