"""Invented people to begin with: tastes along the directions in which this shop's customers differ, nobody's own."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.recommend.model import FactorModel

NAMES = ("Ada", "Ben", "Chloe", "Dario", "Eve", "Farid", "Gina", "Hugo")
REACH = 1.5  # sd of customers along a direction that an invented person lies from their mean


@dataclass(frozen=True)
class Profile:
    """An invented person: a name, the items (rows) they like, and in a few words what those have in common."""

    name: str
    likes: tuple[int, ...]
    words: str


def _ends(model: FactorModel, n: int) -> NDArray[np.float64]:
    """Vectors (n, K): the prior's mean, moved both ways along its main directions."""
    values, directions = np.linalg.eigh(model.prior.covariance.astype(np.float64))
    ends = []
    for k in np.argsort(-values)[: (n + 1) // 2]:
        step = REACH * np.sqrt(max(values[k], 0.0)) * directions[:, k]
        ends += [model.prior.mean + step, model.prior.mean - step]
    return np.array(ends[:n])


def _likes(model: FactorModel, catalogue: Catalogue, theta: NDArray[np.float64], each: int) -> list[int]:
    """The items that stand out for that taste in each of the three largest categories."""
    score, liked = model.phi.astype(np.float64) @ theta, []
    counts = np.bincount(catalogue.category[~catalogue.held_out], minlength=len(catalogue.categories))
    for category in np.argsort(-counts, kind="stable")[:3]:
        rows = np.flatnonzero((catalogue.category == category) & ~catalogue.held_out & model.known)
        liked += rows[np.argsort(-score[rows], kind="stable")[:each]].tolist()
    return liked


def common_words(catalogue: Catalogue, rows: list[int]) -> str:
    """The two values of attributes that those items have most more often than the catalogue has, in its own words."""
    found = []
    for values in catalogue.attributes.values():
        whole, own = Counter(values), Counter(values[row] for row in rows)
        for value, count in own.items():
            if value and count > 1:
                found.append((count / len(rows) - whole[value] / len(values), value))
    return ", ".join(value.lower() for lift, value in sorted(found, reverse=True)[:2] if lift > 0.1)


def invent_profiles(catalogue: Catalogue, model: FactorModel, *, n: int = 6, each: int = 2) -> list[Profile]:
    """n invented people, `each` likes in every large category."""
    made = []
    for name, theta in zip(NAMES, _ends(model, min(n, len(NAMES))), strict=False):
        likes = _likes(model, catalogue, theta, each)
        made.append(Profile(name, tuple(likes), common_words(catalogue, likes)))
    return made
