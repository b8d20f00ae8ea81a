"""Folds: stratified by class, grouped by patient, and checked to hold every class on both sides."""

import numpy as np
from numpy.typing import NDArray

_TRIES = 20


def _groups_per_class(labels: NDArray, groups: NDArray) -> dict[int, int]:
    return {int(label): len(np.unique(groups[labels == label])) for label in np.unique(labels)}


def _whole(labels: NDArray, folds: NDArray, n_folds: int) -> bool:
    """True where every fold holds every class, hence every training side too (of two folds or more)."""
    n_classes = len(np.unique(labels))
    return all(len(np.unique(labels[folds == fold])) == n_classes for fold in range(n_folds))


def _split(labels: NDArray, groups: NDArray, n_folds: int, seed: int) -> NDArray[np.int64]:
    from sklearn.model_selection import StratifiedGroupKFold

    folds = np.full(len(labels), -1, dtype=np.int64)
    splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    for number, (_, test) in enumerate(splitter.split(np.zeros(len(labels)), labels, groups)):
        folds[test] = number
    return folds


def patient_folds(
    labels: NDArray,
    groups: NDArray,
    n_folds: int,
    seed: int,
    *,
    classes: tuple[str, ...] = (),
    fewest_classes: int = 2,
) -> NDArray[np.int64]:
    """Assigns every image to the fold in which it is tested; no group is in two folds.

    scikit-learn's StratifiedGroupKFold, tried with further seeds derived from `seed` while a fold lacks a
    class.

    Args:
        labels: (N,) integers.
        groups: (N,) patient of each image.
        n_folds: 2 or more.
        seed: addresses the partition.
        classes: class names for messages.
        fewest_classes: what the study needs: a classifier two, a segmentation one.

    Returns:
        int64 (N,), 0 to n_folds - 1; every fold and every training side holds every class.

    Raises:
        ValueError: a class has fewer patients than folds, or no partition puts every class into every fold.
    """
    if n_folds < 2:
        raise ValueError(f"{n_folds} folds leave nothing to train on: ask for 2 or more")
    counts = _groups_per_class(labels, groups)
    if len(counts) < fewest_classes:
        raise ValueError("the cases are of one class only: a classifier needs two or more")
    names = {label: classes[label] if label < len(classes) else str(label) for label in counts}
    rare = min(counts, key=lambda label: counts[label])
    if counts[rare] < n_folds:
        raise ValueError(
            f"class {names[rare]!r} has {counts[rare]} patients, too few for {n_folds} folds: "
            "ask for fewer folds, leave the class out or add cases"
        )
    seeds = np.random.default_rng((seed, 0x666F6C64)).integers(0, 2**31 - 1, _TRIES)
    for attempt in (seed, *map(int, seeds)):
        folds = _split(labels, groups, n_folds, attempt)
        if _whole(labels, folds, n_folds):
            return folds
    raise ValueError(
        f"no partition into {n_folds} folds puts class {names[rare]!r} ({counts[rare]} patients) "
        "into every fold: ask for fewer folds"
    )


def table_of_counts(
    labels: NDArray, groups: NDArray, lesions: NDArray, folds: NDArray, classes: tuple[str, ...]
) -> list[dict[str, int | str]]:
    """What each fold tests on: a row per fold and class with the numbers of images, lesions and patients."""
    table: list[dict[str, int | str]] = []
    for fold in np.unique(folds):
        for label, name in enumerate(classes):
            here = (folds == fold) & (labels == label)
            counts = {"images": int(here.sum()), "lesions": len(np.unique(lesions[here]))}
            table.append({"fold": int(fold), "class": name, **counts, "patients": len(np.unique(groups[here]))})
    return table
