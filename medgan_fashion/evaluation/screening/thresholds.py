"""Thresholds of the quality gate and of the privacy screening, and the words for what they find; imports no torch."""

from dataclasses import dataclass
from typing import Any

# ---------------------------------------------------------------------------------------------------------------------
# When a model's privacy screening says passed, blocked or not enough to tell: the thresholds, and the words.


PASSED, BLOCKED, OPEN = "passed", "blocked", "not enough to tell"
OUTCOMES = (PASSED, BLOCKED, OPEN)
SCREENING = (
    "A screening of one set of drawn images against simple attacks: it can find copying, and it cannot prove anonymity."
)


@dataclass(frozen=True)
class PrivacyRules:
    """The thresholds of a screening.

    A bound blocks only where chance alone hardly reaches it, and passes only where an interval leaves out what would
    matter; between the two the data are too few, and the card says so.

    Args:
        copies_blocked: share of near copies among the drawn images from which a model is blocked: one in 200. One
            alone can be chance among smooth, round masses; then the model neither passes nor is blocked.
        ratio_blocked, ratio_passed: median distance to the nearest training patient over that to the nearest held-out
            patient, at equal numbers: blocked below, passed from the second on. Fresh images of the true
            distribution lie between 0.9 and 1.1 with 10 patients or more (tests/evaluation/test_privacy.py).
        authenticity_passed: by how much the drawn images' authenticity may lie below that of held-out images in their
            place. It never blocks: a generator of soft, average images loses authenticity without copying anybody.
        auc_blocked: a model is blocked if the lower bound of the attack's AUC lies above it. 0.5 is a coin, and every
            generator knows its training set a little better than the world: at its least, the attack must beat that.
        auc_passed: the upper bound of the AUC must lie below it to pass.
        tpr_blocked: blocked if the lower bound of the true positive rate lies above it; by chance it equals
            `false_positive_rate`, so this is ten times chance (Carlini et al. 2022 judge attacks there).
        false_positive_rate: of the attack whose true positive rate is counted.
        fewest_patients: members and non-members from which on the membership test is made. With 10 against 20 the
            interval of an AUC of 0.5 ends at 0.71.
        images: most drawn images that are looked at. More make the attack stronger.
    """

    copies_blocked: float = 0.005
    ratio_blocked: float = 0.8
    ratio_passed: float = 0.9
    authenticity_passed: float = 0.25
    auc_blocked: float = 0.55
    auc_passed: float = 0.75
    tpr_blocked: float = 0.1
    false_positive_rate: float = 0.01
    fewest_patients: int = 10
    images: int = 2000

    def __post_init__(self) -> None:
        if not 0 < self.ratio_blocked <= self.ratio_passed or not 0.5 <= self.auc_blocked < self.auc_passed <= 1:
            raise ValueError(
                "privacy: ratio_blocked must not exceed ratio_passed, and auc_blocked must lie in [0.5, auc_passed)"
            )
        if not 0 < self.false_positive_rate < self.tpr_blocked < 1 or not 0 < self.copies_blocked < 1:
            raise ValueError(
                "privacy: false_positive_rate, tpr_blocked and copies_blocked must lie in (0, 1), in order"
            )
        if self.fewest_patients < 2 or self.images < 1:
            raise ValueError("privacy: fewest_patients must be at least 2 and images at least 1")


Found = tuple[str, str]  # an outcome and the sentence for it


def _copies(card: dict[str, Any], rules: PrivacyRules) -> Found:
    n, of = card["near_copies"], card["counts"]["synthetic"]
    if not n:
        return PASSED, f"none of {of} drawn images is a near copy of a training image"
    said = f"{n} of {of} drawn images {'is a near copy' if n == 1 else 'are near copies'} of training images"
    if n / of >= rules.copies_blocked:
        return BLOCKED, said
    return OPEN, f"{said}, fewer than {rules.copies_blocked:.1%}: look at the closest pairs"


def _ratio(card: dict[str, Any], rules: PrivacyRules) -> Found:
    ratio = card["neighbour_ratio"]
    said = f"drawn images lie {ratio:.2f} times as far from the nearest training patient as from an unseen one"
    if ratio < rules.ratio_blocked:
        return BLOCKED, f"{said}, less than {rules.ratio_blocked:g}"
    if ratio < rules.ratio_passed:
        return OPEN, f"{said}, less than {rules.ratio_passed:g}"
    return PASSED, said


def _authenticity(card: dict[str, Any], rules: PrivacyRules) -> Found:
    own, real = card["authenticity"]["synthetic"], card["authenticity"]["held_out"]
    said = f"{own:.0%} of the drawn images are authentic, of held-out images {real:.0%}"
    return (OPEN if own < real - rules.authenticity_passed else PASSED), said


def _membership(card: dict[str, Any], rules: PrivacyRules) -> list[Found]:
    test = card["membership"]
    if test is None:
        return [(OPEN, card["membership_note"])]
    auc = f"the membership attack's AUC is {test['auc']:.2f} ({test['low']:.2f} to {test['high']:.2f})"
    found: list[Found] = []
    if test["low"] > rules.auc_blocked:
        found.append((BLOCKED, f"{auc}: it tells training patients from unseen ones"))
    elif test["high"] >= rules.auc_passed:
        found.append((OPEN, f"{auc}, an interval too wide to leave out {rules.auc_passed:g}"))
    else:
        found.append((PASSED, f"{auc}; 0.5 is a coin"))
    if test["tpr_low"] is not None and test["tpr_low"] > rules.tpr_blocked:
        rate = f"{test['tpr']:.0%} of the training patients"
        found.append((BLOCKED, f"it recognises {rate} at {rules.false_positive_rate:.0%} false alarms"))
    return found


def decide(card: dict[str, Any], rules: PrivacyRules) -> tuple[str, list[str]]:
    """Outcome and reasons in words, from the figures of `privacy.screen`.

    One figure that blocks is enough to block; one that cannot tell is enough not to pass. The reasons are those of the
    outcome's own kind.
    """
    found = [_copies(card, rules), _ratio(card, rules), _authenticity(card, rules), *_membership(card, rules)]
    outcome = next(kind for kind in (BLOCKED, OPEN, PASSED) if any(one == kind for one, _ in found))
    return outcome, [words for one, words in found if one == outcome]


# ---------------------------------------------------------------------------------------------------------------------
# How synthetic images are let in: the gate's thresholds. Imports no torch.


REASONS = ("label", "artefact", "realism", "near copy", "quota")  # in the order that the gate asks them


@dataclass(frozen=True)
class GateConfig:
    """The quality gate before synthetic images are mixed with real ones.

    Args:
        candidates: images drawn for each one that is wanted.
        quantile: share of training reals that lie as near to a real of another patient of their class as an accepted
            image must lie to a training real of its class.
        quota: no training real may be the nearest one of more than this many times its fair share of what is wanted.
        artefact_sds: robust standard deviations from the median within which low-level statistics must lie.
    """

    candidates: float = 3.0
    quantile: float = 0.95
    quota: float = 3.0
    artefact_sds: float = 3.5

    def __post_init__(self) -> None:
        if self.candidates < 1 or self.quota < 1:
            raise ValueError("gate.candidates and gate.quota must be at least 1")
        if not 0 < self.quantile < 1 or self.artefact_sds <= 0:
            raise ValueError("gate.quantile must lie between 0 and 1, and gate.artefact_sds be above 0")
