"""The quality gate: which synthetic images may be mixed with real ones, and why each of the others may not.

Everything is calibrated on the training fold; no held-out image is looked at.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from medgan_fashion.evaluation.encoder import Encoder
from medgan_fashion.evaluation.screening.artefacts import artefacts
from medgan_fashion.evaluation.screening.thresholds import REASONS, GateConfig
from medgan_fashion.imaging.prepare.imageset import centre
from medgan_fashion.imaging.prepare.near_copies.copies import Copies
from medgan_fashion.imaging.prepare.near_copies.rules import GATE

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Reals:
    """The training fold: canvases float32 (M, C, Hc, Wc) in [0, 1] around views of `size`; labels, patients and View
    Positions int64 (M,)."""

    canvases: NDArray[np.float32]
    size: tuple[int, int]
    labels: Integers
    groups: Integers
    view_positions: Integers

    @property
    def views(self) -> NDArray[np.float32]:
        """(M, C, h, w): the middle of the canvases."""
        return np.ascontiguousarray(centre(self.canvases, self.size))


@dataclass(frozen=True)
class Gated:
    """What the gate found.

    `failed` bool (N, 5): which of REASONS speak against each candidate; the quota is only asked of those that nothing
    else speaks against. `wanted` int64 (W,): the classes wanted, in order. `chosen` int64 (W,): which candidate fills
    each place, -1 where none was left. `copy_threshold`: similarity above which an image is a near copy.
    """

    failed: NDArray[np.bool_]
    wanted: Integers
    chosen: Integers
    copy_threshold: float

    @property
    def accepted(self) -> Integers:
        """The candidates that fill a place, in the order of the places."""
        return self.chosen[self.chosen >= 0]

    @property
    def passed(self) -> NDArray[np.bool_]:
        """(N,): candidates that nothing speaks against, needed or not."""
        return np.logical_not(self.failed.any(axis=1))

    @property
    def reasons(self) -> list[str]:
        """The first of REASONS against each candidate, "" for none."""
        return [REASONS[int(row.argmax())] if row.any() else "" for row in self.failed]


def nearest_reals(features: Floats, labels: Integers, reals: Floats, real_labels: Integers) -> tuple[Integers, Floats]:
    """The nearest real of the asked class and the distance to it (N,), for features (N, d) and (M, d); -1 and infinity
    where the class has no real."""
    at, distance = np.full(len(features), -1), np.full(len(features), np.inf)
    for label in np.unique(labels):
        here, there = np.flatnonzero(labels == label), np.flatnonzero(real_labels == label)
        if len(there):
            table = cdist(features[here], reals[there])
            at[here], distance[here] = there[table.argmin(1)], table.min(1)
    return at, distance


def realism_limits(reals: Floats, labels: Integers, groups: Integers, quantile: float) -> dict[int, float]:
    """For each class the quantile of the distance from a real to the nearest real of another patient of its class
    (features (M, d)); infinity for a class of one patient."""
    limits = {}
    for label in np.unique(labels):
        here = labels == label
        table = cdist(reals[here], reals[here])
        table[groups[here][:, None] == groups[here]] = np.inf
        nearest = table.min(axis=1)
        known = nearest[np.isfinite(nearest)]
        limits[int(label)] = float(np.quantile(known, quantile)) if len(known) else np.inf
    return limits


def within_quota(passed: NDArray[np.bool_], nearest: Integers, most: int) -> NDArray[np.bool_]:
    """(N,): candidates in order, but none whose nearest real is already that of `most` of those before it."""
    seen: dict[int, int] = {}
    kept = np.zeros(len(passed), dtype=bool)
    for i in np.flatnonzero(passed):
        real = int(nearest[i])
        kept[i] = seen.get(real, 0) < most
        seen[real] = seen.get(real, 0) + int(kept[i])
    return kept


def fill_places(wanted: Integers, labels: Integers, passed: NDArray[np.bool_]) -> Integers:
    """(W,): the first unused candidate that passed, of each wanted class; -1 where there is none left."""
    queues = {int(k): iter(np.flatnonzero(passed & (labels == k)).tolist()) for k in np.unique(wanted)}
    return np.array([next(queues[int(label)], -1) for label in wanted], dtype=np.int64)


def gate(
    images: NDArray[np.float32],
    labels: Integers,
    view_positions: Integers,
    wanted: Integers,
    reals: Reals,
    copies: Copies,
    encoder: Encoder,
    config: GateConfig,
) -> Gated:
    """Which of the candidates may fill the places of the wanted classes, the first ones first.

    Args:
        images: candidates, float32 (N, C, h, w) in [0, 1]; labels int64 (N,): the class each was asked for;
            view_positions int64 (N,): the view it was asked for, -1 where the GAN was told none.
        wanted: int64 (W,), classes of the places, in order.
        copies: which real each candidate might be a copy of (`find_copies`).
        encoder: the training fold's own classifier, for classes and distances.

    The quota counts over all that passes: nearest reals by the encoder's features, fair share W / M.
    """
    known, found = encoder.features(reals.views), encoder.features(images)
    nearest, distance = nearest_reals(found, labels, known, reals.labels)
    limits = realism_limits(known, reals.labels, reals.groups, config.quantile)
    odd = artefacts(images, view_positions, reals.views, reals.view_positions, sds=config.artefact_sds)
    failed = {
        # an encoder of one class alone tells something else apart
        "label": (encoder.predict(images).argmax(1) != labels) & (len(np.unique(reals.labels)) > 1),
        "artefact": odd.any(axis=1),
        "realism": distance > np.array([limits.get(int(label), 0.0) for label in labels]),
        "near copy": copies.flags(GATE),
    }
    passed = ~np.any(list(failed.values()), axis=0)
    most = max(1, int(np.ceil(config.quota * len(wanted) / len(reals.labels))))
    kept = within_quota(passed, nearest, most)
    table = np.stack([*(failed[name] for name in REASONS[:-1]), passed & ~kept], axis=1)
    return Gated(table, wanted, fill_places(wanted, labels, kept), GATE.threshold(copies.others))
