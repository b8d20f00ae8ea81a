"""Do studies of the planned size have the promised power? Pilots, plans and studies by the model of verdict_simulation.

python benchmarks/power_simulation.py [--pilots 400] [--studies 600]

For each setting: many pilots (nothing helps); from their mean variances the number of patients for the difference, by
evaluation/classifiers/planning.py; then studies of that size in which the difference is true, each through the real
interval and verdict. Printed: patients, the share of "helps" with its 95 % interval, and what single pilots would have
said.
"""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from scipy.stats import binomtest

from medgan_fashion.evaluation.classifiers.intervals import Interval
from medgan_fashion.evaluation.classifiers.planning import Pilot, Spread, patients_needed, stated_spread
from medgan_fashion.evaluation.classifiers.verdict import verdict

sys.path.insert(0, str(Path(__file__).parent))
from verdict_simulation import QUIET, Setting, cases, margins, simulate

CALM = Setting("pilot", spread=replace(QUIET, partition_arm=0.04, classifier_arm=0.05, gan_seed=0.05))


@dataclass(frozen=True)
class Plan:
    """A pilot, the repeats of the study after it, and the difference that the study is for."""

    name: str
    pilot: Setting
    repeats: int
    difference: float
    power: float = 0.8


PLANS = (
    Plan("calm seeds, 60 patients", replace(CALM, patients=60, repeats=5), 5, 0.05),
    Plan("calm seeds, 120 patients, 3 repeats, then 10", replace(CALM, repeats=3), 10, 0.04),
    Plan("common seeds, 120 patients", Setting("pilot", repeats=5), 5, 0.08),
    Plan("seeds do nothing, 60 patients", replace(CALM, patients=60, spread=QUIET), 3, 0.06),
    Plan("many lesions, 90 %", replace(CALM, patients=60, extra_lesions=3.0, repeats=5), 5, 0.05, 0.9),
)


def of_pilot(pilot: Setting, interval: Interval) -> Pilot:
    """What one pilot's interval says; the rarest class has its share of the patients."""
    scarcest = round(min(pilot.classes) * pilot.patients)
    found = interval.components
    return Pilot(found["patients"], found["repeats"], interval.noise, pilot.patients, scarcest, pilot.repeats)


def mean_pilot(pilots: list[Pilot]) -> Pilot:
    """The variances that pilots estimate, free of one pilot's chance."""
    patients, repeats, noise = np.mean([[p.patients, p.repeats, p.noise] for p in pilots], axis=0).tolist()
    return replace(pilots[0], patients=patients, repeats=repeats, noise=noise)


def measured_spread(pilot: Setting, tables: int, seed: int) -> Spread:
    """`stated_spread` from figures that somebody may know from old predictions: accuracy, correlation of the decisions
    averaged over repeats and seeds, and the spread between repeats (here of very many patients)."""
    right, lesions = [], []
    for table in range(tables):
        rng = np.random.default_rng((seed, 7, table))
        labels, patients = cases(pilot, rng)
        drawn = margins(pilot, labels, patients, rng)  # (2, R, C, L)
        averaged = drawn.mean(axis=(1, 2)) > 0
        right.append([(drawn > 0).mean(), np.corrcoef(averaged)[0, 1]])
        lesions.append(len(labels) / pilot.patients)
    many = replace(pilot, patients=20_000, repeats=10)
    rng = np.random.default_rng((seed, 8))
    first, second = (margins(many, *cases(many, rng), rng) > 0).mean(axis=(2, 3))
    accuracy, correlation = np.mean(right, axis=0).tolist()
    stated = stated_spread(accuracy, correlation, 3, float(np.mean(lesions)), float((first - second).std(ddof=1)))
    return replace(stated, scarcest=min(pilot.classes))


def said_helps(plan: Plan, patients: int, seed: int, table: int) -> bool:
    """Whether one study of the planned size, in which the difference is true, says so."""
    study = replace(plan.pilot, patients=patients, repeats=plan.repeats, gain=plan.difference, n_boot=300)
    return verdict(simulate(study, seed + 1, table), 0.02) == "helps"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pilots", type=int, default=400)
    parser.add_argument("--studies", type=int, default=600)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="plans whose name holds this")
    options = parser.parse_args()
    with ProcessPoolExecutor(options.processes) as pool:
        for plan in (p for p in PLANS if options.only in p.name):
            pilots = pool.map(partial(simulate, replace(plan.pilot, n_boot=300), options.seed), range(options.pilots))
            found = [of_pilot(plan.pilot, interval) for interval in pilots]
            asked = {
                "pilots": mean_pilot(found).spread(),
                "stated": measured_spread(plan.pilot, min(options.pilots, 100), options.seed),
            }
            print(f"{plan.name}: {100 * plan.difference:.0f} points, power {100 * plan.power:.0f} % promised")
            for kind, spread in asked.items():
                report(plan, kind, needed(plan, spread), options, pool)
            alone(plan, found[:100], needed(plan, asked["pilots"]))


def needed(plan: Plan, spread: Spread) -> float:
    """Patients; infinity where no number will do."""
    return patients_needed(spread, plan.difference, plan.repeats, plan.power) or np.inf


def alone(plan: Plan, pilots: list[Pilot], enough: float) -> None:
    """How far single pilots are off, and how often the range that each gives holds the right number."""
    said = np.sort([needed(plan, pilot.spread()) for pilot in pilots])
    held = [needed(plan, low) <= enough <= needed(plan, high) for low, high in (pilot.ends() for pilot in pilots)]
    low, high = said[len(said) // 10], said[-1 - len(said) // 10]
    print(f"  single pilots say {low:.0f} to {high:.0f} (80 % of them); their ranges hold the mean pilots' number")
    print(f"  in {100 * float(np.mean(held)):.0f} % of them", flush=True)


def report(plan: Plan, kind: str, patients: float, options: argparse.Namespace, pool: ProcessPoolExecutor) -> None:
    if patients == np.inf:
        print(f"  {kind}: no number of patients will do")
        return
    said = sum(
        pool.map(partial(said_helps, plan, int(patients), options.seed), range(options.studies), chunksize=10), start=0
    )
    low, high = (100 * end for end in binomtest(said, options.studies).proportion_ci())
    share = 100 * said / options.studies
    print(f"  {kind}: {patients:.0f} patients; shown in {share:.1f} % ({low:.1f} to {high:.1f})", flush=True)


if __name__ == "__main__":
    main()
