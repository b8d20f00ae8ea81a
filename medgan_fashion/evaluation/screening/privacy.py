"""Privacy screening of a generator against its training patients and others, with membership inference."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest

from medgan_fashion.evaluation.classifiers.intervals import auc_interval
from medgan_fashion.evaluation.classifiers.metrics import weighted_auroc
from medgan_fashion.evaluation.screening.neighbours import (
    CHUNK,
    Images,
    checked,
    correlations,
    ratio_at_equal_numbers,
    standardised,
)
from medgan_fashion.evaluation.screening.thresholds import OPEN, SCREENING, PrivacyRules, decide
from medgan_fashion.imaging.prepare.near_copies.copies import Copies
from medgan_fashion.imaging.prepare.near_copies.rules import SCREEN

# ---------------------------------------------------------------------------------------------------------------------
# Membership inference by patient: can somebody who holds a patient's images tell whether a generator saw them?


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
    scores = np.concatenate([inside, outside])
    auc = weighted_auroc(scores, np.arange(len(scores)) < len(inside), np.ones((1, len(scores)))).item()
    low, high = auc_interval(auc, len(inside), len(outside))
    rate, needed = rules.false_positive_rate, round(1 / rules.false_positive_rate)
    if len(outside) < needed:
        note = f"a false positive rate of {rate:.0%} needs {needed} held-out patients; there are {len(outside)}"
        return Membership(auc, low, high, None, None, None, note)
    found = binomtest(hits_at(inside, outside, rate), len(inside))
    exact = found.proportion_ci(method="exact")
    return Membership(auc, low, high, found.statistic, exact.low, exact.high, "")


def half_against_half(scores: Floats, rules: PrivacyRules, seed: int) -> dict[str, Any] | None:
    """The attack where nobody is a member: one half of the held-out patients (N,) in the members' place. Its interval
    should hold 0.5, else the attack itself is at fault. None where the halves are too small."""
    order = np.random.default_rng((seed, 41)).permutation(len(scores))
    half = len(scores) // 2
    if half < rules.fewest_patients:
        return None
    found = membership_test(scores[order[:half]], scores[order[half:]], rules)
    return {"auc": found.auc, "low": found.low, "high": found.high}


# ---------------------------------------------------------------------------------------------------------------------
# Privacy screening of a generator: its drawn images against the training patients and against patients it never saw.
#
# All distances lie in one space that is fitted to nobody: the images in coarse pixels, each with mean and contrast
# taken out, the nearest over flips and turns. An encoder trained on the training patients would not do: its own
# overfitting puts them where held-out patients never lie, and that would pass for the generator's.


Ints = NDArray[np.int64]
SIDE = 16  # pixels of the longer side in the space of distances: what a generator learns by heart are shapes, not noise
PAIRS = 24  # closest pairs kept for the gallery
FORMAT = "medgan_fashion.privacy/1"
SPACE = (
    f"coarse pixels (longer side {SIDE}), mean and contrast taken out, nearest over flips and turns; fitted to nobody"
)


@dataclass(frozen=True)
class Screened:
    """`card` is plain data (docs/privacy.md); the closest pairs (K,) by the search for near copies, the
    closest first: which drawn image, which training image, their distance (2 - 2 similarity)^(1/2), and whether it is a
    near copy."""

    card: dict[str, Any]
    drawn: Ints
    twins: Ints
    distances: Floats
    copies: NDArray[np.bool_]


def coarse(images: ArrayLike, side: int = SIDE) -> Images:
    """Images (N, C, H, W) averaged over blocks, so that the longer side has at most `side` pixels."""
    values = np.asarray(images, dtype=np.float32)
    scale = min(1.0, side / max(values.shape[-2:]))
    for axis in (-2, -1):
        length = values.shape[axis]
        n = max(1, round(length * scale))
        starts = np.arange(n) * length // n
        shape = [1] * 4
        shape[axis] = n
        values = np.add.reduceat(values, starts, axis=axis) / np.diff([*starts, length]).reshape(shape)
    return values.astype(np.float32)


def coarse_distances(images: ArrayLike, others: ArrayLike) -> Floats:
    """Distances (N, M) in [0, 2] of images (N, C, H, W) to others (M, C, H, W), the smallest over flips and turns."""
    small, rows = coarse(images), standardised(coarse(others))
    parts = [correlations(small[at : at + CHUNK], rows) for at in range(0, len(small), CHUNK)]
    return np.sqrt(np.clip(2 - 2 * np.concatenate(parts).astype(np.float64), 0, None))


def by_patient(distances: Floats, patients: Ints) -> Floats:
    """Distances (N, M) to images -> (N, P), to the nearest image of each patient."""
    return np.stack([distances[:, patients == p].min(axis=1) for p in np.unique(patients)], axis=1)


def patient_ratios(to_train: Floats, to_held_out: Floats, seed: int) -> Floats:
    """Distance to the nearest training patient over that to the nearest held-out one (N,), at equal numbers of
    patients; from distances (N, P) and (N, Q)."""
    return ratio_at_equal_numbers(to_train, to_held_out, np.random.default_rng((seed, 42)))


def authenticity(to_train: Floats, within: Floats, patients: Ints) -> float:
    """Share of images that are no closer to a training image than other patients are (Alaa et al. 2022).

    `to_train` (N, M); `within` (M, M) among training images of `patients` (M,). An image is authentic if it is further
    from its nearest training image than that one is from the nearest image of another patient (the paper: of any
    other image; slices of one patient would call every copy authentic).
    """
    apart = np.where(patients[:, None] == patients, np.inf, within).min(axis=1)
    nearest = to_train.argmin(axis=1)
    return float((to_train.min(axis=1) > apart[nearest]).mean())


def _authenticity(to_train: Floats, known: Images, unseen: Images, patients: Ints) -> dict[str, Any]:
    """The card's lines on authenticity: of the drawn images, and of held-out ones in their place."""
    within = coarse_distances(known, known)
    own, real = (authenticity(one, within, patients) for one in (to_train, coarse_distances(unseen, known)))
    return {"authenticity": {"synthetic": own, "held_out": real}}


def _against_patients(
    distances: tuple[Floats, Floats], patients: tuple[Ints, Ints], rules: PrivacyRules, seed: int
) -> dict[str, Any]:
    """The card's lines on neighbours and on the attack, from the distances of drawn images to training images (N, M)
    and to held-out ones (N, K)."""
    to_train, to_unseen = (by_patient(*one) for one in zip(distances, patients, strict=True))
    ratio = float(np.median(patient_ratios(to_train, to_unseen, seed)))
    nearest = [one.min(axis=0) for one in distances]
    members, others = (patient_scores(*one) for one in zip(nearest, patients, strict=True))
    if sentence := too_few(len(members), len(others), rules.fewest_patients):
        return {"neighbour_ratio": ratio, "membership": None, "membership_note": sentence}
    found = asdict(membership_test(members, others, rules)) | {"null": half_against_half(others, rules, seed)}
    return {"neighbour_ratio": ratio, "membership_note": found.pop("note"), "membership": found}


def unscreened(reason: str, by: str, rules: PrivacyRules) -> dict[str, Any]:
    """A card without figures, where there is too little to screen with."""
    names = ("counts", "near_copies", "copy_threshold", "neighbour_ratio", "authenticity", "membership")
    figures = dict.fromkeys(names)
    about = {"outcome": OPEN, "reasons": [reason], "screening": SCREENING, "format": FORMAT, "by": by, "space": SPACE}
    return about | figures | {"membership_note": reason, "rules": asdict(rules)}


def _counts(made: Images, whose: Ints, others: Ints) -> dict[str, int]:
    counts = {"synthetic": len(made), "training_images": len(whose), "training_patients": len(np.unique(whose))}
    return counts | {"held_out_images": len(others), "held_out_patients": len(np.unique(others))}


def _checked(images: list[Images], patients: list[Ints]) -> None:
    for name, some, whose in zip(("training", "held-out"), images[1:], patients, strict=True):
        if whose.shape != (len(some),):
            raise ValueError(f"{name} images {len(some)} and patients {whose.shape} do not fit: give one per image.")
        if len(np.unique(whose)) < 2:
            raise ValueError(f"the {name} images come from one patient; a privacy screening needs two or more.")


def screen(
    synthetic: ArrayLike,
    train: ArrayLike,
    held_out: ArrayLike,
    copies: Copies,
    *,
    train_patients: ArrayLike,
    held_out_patients: ArrayLike,
    by: str = "patient",
    rules: PrivacyRules | None = None,
    seed: int = 0,
) -> Screened:
    """Screens drawn images (N, C, H, W) against training images (M, ...) and held-out ones (K, ...), all in one range.

    `copies` (`find_copies`) says which training image each drawn one might be a copy of.
    `train_patients` (M,), `held_out_patients` (K,): whole numbers, of which no patient is on both sides. `by` says in
    the card what such a number stands for. At most `rules.images` drawn images are looked at. ValueError for images of
    unequal shape, patients or copies that do not fit, or one patient only.
    """
    rules = rules or PrivacyRules()
    made, known, unseen = checked(np.asarray(synthetic)[: rules.images], train, held_out)
    whose, others = (np.asarray(one, dtype=np.int64) for one in (train_patients, held_out_patients))
    _checked([made, known, unseen], [whose, others])
    if len(copies.similarity) < len(made):
        raise ValueError(
            f"copies of {len(copies.similarity)} images do not fit {len(made)} drawn ones: give one for each."
        )
    copies = copies.take(slice(len(made)))
    near = copies.flags(SCREEN)
    to_train, to_unseen = coarse_distances(made, known), coarse_distances(made, unseen)
    card: dict[str, Any] = {"format": FORMAT, "by": by, "space": SPACE, "counts": _counts(made, whose, others)}
    card |= {"near_copies": int(near.sum()), "copy_threshold": SCREEN.threshold(copies.others)}
    card |= _authenticity(to_train, known, unseen, whose)
    card |= _against_patients((to_train, to_unseen), (whose, others), rules, seed)
    outcome, reasons = decide(card, rules)
    card = {"outcome": outcome, "reasons": reasons, "screening": SCREENING} | card | {"rules": asdict(rules)}
    closest = np.argsort(-copies.similarity, kind="stable")[:PAIRS]
    shown = copies.take(closest)
    return Screened(card, closest, shown.copied_from, np.sqrt(2 - 2 * shown.similarity.clip(-1, 1)), near[closest])
