"""Secondary tests of two arms, each with its assumptions: Holm, McNemar, DeLong, Nadeau-Bengio."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest, chi2, norm, rankdata
from scipy.stats import t as student

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Result = dict[str, str | float | None]


def _result(name: str, statistic: float | None, p: float | None, note: str) -> Result:
    return {"name": name, "statistic": statistic, "p": p, "note": note}


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Holm's step-down adjusted p-values, same names (Holm 1979); ValueError for a p outside [0, 1]."""
    from statsmodels.stats.multitest import multipletests

    for name, p in p_values.items():
        if not 0 <= p <= 1:
            raise ValueError(f"p-value of {name} is {p}: it must lie in [0, 1].")
    adjusted = np.asarray(multipletests([*p_values.values()], method="holm")[1]).tolist() if p_values else []
    return dict(zip(p_values, adjusted, strict=True))


def averaged_decisions(probabilities: ArrayLike) -> Ints:
    """Class (L,) with the highest probability averaged over repeats and seeds, from (R, C, L, K)."""
    return np.asarray(probabilities, dtype=np.float64).mean(axis=(0, 1)).argmax(axis=1)


def _rights(arm_right: ArrayLike, against_right: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    first, second = np.asarray(arm_right, dtype=bool), np.asarray(against_right, dtype=bool)
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(f"right decisions {first.shape} and {second.shape} must both be (L,).")
    return first, second


def mcnemar_exact(arm_right: ArrayLike, against_right: ArrayLike, patients: ArrayLike) -> Result:
    """Two-sided exact McNemar test of bool (L,) right decisions; refused when a patient has two lesions."""
    first, second = _rights(arm_right, against_right)
    name = "exact McNemar"
    if len(np.unique(np.asarray(patients))) < len(first):
        return _result(name, None, None, "not done: some patients have several lesions; see the clustered test")
    gained, lost = int((first & ~second).sum()), int((second & ~first).sum())
    p = binomtest(gained, gained + lost).pvalue if gained + lost else 1.0
    return _result(name, float(gained), float(p), f"{gained} lesions gained, {lost} lost; decisions fixed")


def mcnemar_clustered(arm_right: ArrayLike, against_right: ArrayLike, patients: ArrayLike) -> Result:
    """McNemar for lesions clustered in patients (Durkalski et al. 2003): bool (L,) right decisions.

    X2 = (sum d_i / n_i)^2 / sum (d_i / n_i)^2 with d_i = gained - lost lesions of patient i and n_i all of
    them; chi-square with 1 df. With one lesion per patient it is McNemar's without continuity correction.
    """
    first, second = _rights(arm_right, against_right)
    _, inverse, counts = np.unique(np.asarray(patients), return_inverse=True, return_counts=True)
    net = np.bincount(inverse, weights=first.astype(float) - second.astype(float)) / counts
    discordant = int((net != 0).sum())
    name = "McNemar clustered by patient"
    if not discordant:
        return _result(name, 0.0, 1.0, "no patient gained or lost")
    statistic = float(net.sum() ** 2 / (net**2).sum())
    small = "; fewer than 10 changed, so approximate" if discordant < 10 else ""
    return _result(name, statistic, float(chi2.sf(statistic, 1)), f"{discordant} patients changed{small}")


def _placements(scores: Floats, positive: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """DeLong's structural components: for each positive and each negative its share of pairs in order."""
    hits, misses = scores[positive], scores[~positive]
    whole = rankdata(np.concatenate([hits, misses]))
    of_hits = (whole[: len(hits)] - rankdata(hits)) / len(misses)
    of_misses = 1 - (whole[len(hits) :] - rankdata(misses)) / len(hits)
    return of_hits, of_misses


def delong(arm_scores: ArrayLike, against_scores: ArrayLike, labels: ArrayLike, patients: ArrayLike) -> Result:
    """Paired DeLong test of two AUROCs: scores (L,) of class 1, labels (L,) in {0, 1} (DeLong et al. 1988).

    Refused for other labels, when a patient has two lesions, or when a class has fewer than two lesions.
    """
    first, second = np.asarray(arm_scores, dtype=np.float64), np.asarray(against_scores, dtype=np.float64)
    truth, name = np.asarray(labels), "DeLong"
    if not set(np.unique(truth).tolist()) <= {0, 1}:
        return _result(name, None, None, "not done: it is for two classes")
    if len(np.unique(np.asarray(patients))) < len(truth):
        return _result(name, None, None, "not done: some patients have several lesions")
    positive = truth == 1
    if min(positive.sum(), (~positive).sum()) < 2:
        return _result(name, None, None, "not done: a class has fewer than two lesions")
    hits, misses = _placements(first, positive)
    other_hits, other_misses = _placements(second, positive)
    difference = float(hits.mean() - other_hits.mean())
    change = (hits - other_hits).var(ddof=1) / len(hits) + (misses - other_misses).var(ddof=1) / len(misses)
    if change == 0:
        return _result(name, 0.0, 1.0, "both arms rank alike")
    z = difference / float(change) ** 0.5
    return _result(name, z, float(2 * norm.sf(abs(z))), f"AUROC difference {difference:+.4f}; scores fixed")


def nadeau_bengio(differences: ArrayLike, n_train: int, n_test: int) -> Result:
    """Corrected resampled t-test of fold differences (R, F) over partitions (Nadeau and Bengio 2003).

    t = mean / sqrt((1 / J + n_test / n_train) s^2), J = R F, df = J - 1: the second term pays for the
    overlap of training sets. Refused for a single partition, whose folds say nothing of partitions.
    """
    values = np.asarray(differences, dtype=np.float64)
    name = "Nadeau-Bengio corrected t"
    if values.ndim != 2 or n_train < 1 or n_test < 1:
        raise ValueError(f"differences {values.shape} must be (repeats, folds), and n_train and n_test above 0.")
    if values.shape[0] < 2:
        return _result(name, None, None, "not done: it needs repeated partitions")
    variance = float(values.var(ddof=1)) * (1 / values.size + n_test / n_train)
    if variance == 0:
        return _result(name, None, None, "not done: all folds differ alike")
    t = float(values.mean()) / variance**0.5
    p = float(2 * student.sf(abs(t), values.size - 1))
    return _result(name, t, p, f"{values.size} folds, df {values.size - 1}")
