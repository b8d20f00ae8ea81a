"""Membership inference by patient: can somebody who holds a patient's images tell whether a generator saw them?"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.stats import beta, norm, rankdata

from medgan_fashion.evaluation.screening.rules import PrivacyRules

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Membership:
    """AUC of the attack with its 95 % interval, and its true positive rate at a small false positive rate with the
    exact interval; None with a `note` where there are too few non-members for that rate."""

    auc: float
    low: float
    high: float
    tpr: float | None
    tpr_low: float | None
    tpr_high: float | None
    note: str


def patient_scores(distances: ArrayLike, patients: ArrayLike) -> Floats:
    """The attacker's score (P,) of each patient, in the order of their sorted numbers.

    `distances` (N,) of a patient's real images to the nearest drawn image; the score is minus the smallest of them, for
    one image that was learned gives the patient away (the attack of GAN-Leaks, Chen et al. 2020, per image).
    """
    scores, (_, which) = -np.asarray(distances, dtype=np.float64), np.unique(patients, return_inverse=True)
    best = np.full(which.max() + 1, -np.inf)
    np.maximum.at(best, which, scores)
    return best


def attack_auc(members: ArrayLike, others: ArrayLike) -> float:
    """Chance that a member scores above a non-member; a tie counts half."""
    inside, outside = np.asarray(members, dtype=np.float64), np.asarray(others, dtype=np.float64)
    ranks = rankdata(np.concatenate([inside, outside]))[: len(inside)].sum()
    return float((ranks - len(inside) * (len(inside) + 1) / 2) / (len(inside) * len(outside)))


def auc_interval(auc: float, members: int, others: int, level: float = 0.95) -> tuple[float, float]:
    """Bounds of an AUC by its score method (Newcombe 2006, method 5: Hanley and McNeil's variance at each bound).

    Unlike DeLong's it is no point at an AUC of 1, where an attack always wins among the few patients there are. At
    0.5 its variance is that of the Mann-Whitney test, (m + n + 1) / (12 m n).
    """
    z, middle, edge = float(norm.ppf((1 + level) / 2)), (members + others) / 2 - 1, 1e-9

    def beyond(bound: float) -> float:
        """Standard errors between the AUC and the bound, less z."""
        spread = 1 + middle * ((1 - bound) / (2 - bound) + bound / (1 + bound))
        return abs(auc - bound) / (bound * (1 - bound) * spread / (members * others)) ** 0.5 - z

    low = 0.0 if auc <= edge else float(brentq(beyond, edge, min(auc, 1 - edge)))  # type: ignore[arg-type]
    return low, 1.0 if auc >= 1 - edge else float(brentq(beyond, max(auc, edge), 1 - edge))  # type: ignore[arg-type]


def exact_interval(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Clopper and Pearson's bounds of a share `hits` of `n`."""
    tail = (1 - level) / 2
    low = 0.0 if hits == 0 else float(beta.ppf(tail, hits, n - hits + 1))
    return low, 1.0 if hits == n else float(beta.ppf(1 - tail, hits + 1, n - hits))


def hits_at(members: Floats, others: Floats, rate: float) -> int:
    """Members that score above all but the share `rate` of the non-members."""
    allowed = int(np.floor(rate * len(others) + 1e-9))
    return int((members > np.sort(others)[::-1][allowed]).sum())


def too_few(members: int, others: int, fewest: int) -> str:
    """Why there is no membership test, in a sentence; empty where there is one."""
    for n, who in ((others, "held-out"), (members, "training")):
        if n < fewest:
            return f"too few {who} patients for a membership test: {n}, needs {fewest}"
    return ""


def membership_test(members: ArrayLike, others: ArrayLike, rules: PrivacyRules | None = None) -> Membership:
    """The attack's success from the scores of training patients (M,) and of held-out patients (N,).

    ValueError for fewer patients on a side than `rules.fewest_patients`.
    """
    rules = rules or PrivacyRules()
    inside, outside = np.asarray(members, dtype=np.float64), np.asarray(others, dtype=np.float64)
    if sentence := too_few(len(inside), len(outside), rules.fewest_patients):
        raise ValueError(sentence)
    auc = attack_auc(inside, outside)
    low, high = auc_interval(auc, len(inside), len(outside))
    rate, needed = rules.false_positive_rate, round(1 / rules.false_positive_rate)
    if len(outside) < needed:
        note = f"a false positive rate of {rate:.0%} needs {needed} held-out patients; there are {len(outside)}"
        return Membership(auc, low, high, None, None, None, note)
    hits = hits_at(inside, outside, rate)
    return Membership(auc, low, high, hits / len(inside), *exact_interval(hits, len(inside)), "")


def half_against_half(scores: Floats, rules: PrivacyRules, seed: int) -> dict[str, Any] | None:
    """The attack where nobody is a member: one half of the held-out patients (N,) in the members' place. Its interval
    should hold 0.5, else the attack itself is at fault. None where the halves are too small."""
    order = np.random.default_rng((seed, 41)).permutation(len(scores))
    half = len(scores) // 2
    if half < rules.fewest_patients:
        return None
    found = membership_test(scores[order[:half]], scores[order[half:]], rules)
    return {"auc": found.auc, "low": found.low, "high": found.high}
