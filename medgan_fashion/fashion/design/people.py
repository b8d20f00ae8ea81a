"""For whom: customers of a run, new ones known by likes alone, invented ones; and what to ask a person next."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.purchases import Purchases, find_customer
from medgan_fashion.fashion.design.atelier import Tastes
from medgan_fashion.fashion.recommend.fold_in import Taste, fold_in
from medgan_fashion.fashion.recommend.model import FactorModel

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


# ---------------------------------------------------------------------------------------------------------------------
# For whom: customers of a run, or a new one known by likes and dislikes alone, as vectors for every recommender.


NEW = "new customer"


@dataclass(frozen=True)
class People:
    """T people: pseudonyms, their vectors (T, K_m) for each recommender, what they have had to do with (csr (T, N)),
    and what a reader must know of them."""

    names: tuple[str, ...]
    tastes: Tastes
    seen: "csr_matrix"
    notes: tuple[str, ...] = ()


def customer_rows(customers: Sequence[str], known: tuple[str, ...]) -> NDArray[np.int64]:
    """Rows of customers given by the shop's ID or the pseudonym; ValueError names one who is not there."""
    where = {name: row for row, name in enumerate(known)}
    rows = []
    for customer in customers:
        name = find_customer(customer, where)
        if name is None:
            raise ValueError(
                f"no customer '{customer}' in this run: check the ID (leading zeros count), or say what a new customer "
                "likes with --likes ITEM"
            )
        rows.append(where[name])
    return np.array(rows, dtype=np.int64)


def _known(models: Sequence[FactorModel], history: Purchases, customers: Sequence[str], n_items: int) -> People:
    rows = customer_rows(customers, history.customers)
    notes = []
    for model in models[:1]:
        for row in rows:
            if model.trained is not None and not model.trained[row]:
                name = history.customers[row]
                notes.append(f"{name} has no purchase to learn from: what follows is the average customer's taste")
    names = tuple(history.customers[row] for row in rows)
    return People(names, tuple(model.theta[rows] for model in models), history.seen(n_items)[rows], tuple(notes))


def new_customer(
    models: Sequence[FactorModel],
    catalogue: Catalogue,
    likes: Sequence[str],
    dislikes: Sequence[str],
    choices: Sequence[tuple[str, str]] = (),
) -> People:
    """Somebody known by likes, dislikes and choices (better, worse) between items alone: nothing is trained again.

    ValueError for an unknown item, or one that is both liked and disliked.
    """
    from scipy.sparse import csr_matrix

    liked, disliked = catalogue.rows(tuple(likes)), catalogue.rows(tuple(dislikes))
    chosen = np.array([catalogue.rows(pair) for pair in choices], dtype=np.int64).reshape(-1, 2)
    both = np.concatenate([liked, disliked])
    seen = csr_matrix((np.ones(len(both)), (np.zeros(len(both), dtype=np.int64), both)), shape=(1, len(catalogue)))
    tastes, left, notes = [], [], []
    for model in models:
        taste = fold_in(model, liked, disliked, seed=0, choices=chosen)
        tastes.append(taste.mean[None].astype(np.float32))
        if taste.source == "popularity":
            notes.append(f"'{model.name}' learns no customer's taste: a new customer gets what is popular")
            continue
        left.append(float(np.trace(taste.covariance) / max(float(np.trace(model.prior.covariance)), 1e-12)))
    if left:
        known = f"known by {len(liked)} likes and {len(disliked)} dislikes"
        notes.insert(0, f"{known}: {np.mean(left):.0%} of the uncertainty is left")
    return People((NEW,), tuple(tastes), seen, tuple(notes))


def find_people(
    models: Sequence[FactorModel],
    catalogue: Catalogue,
    history: Purchases,
    customers: Sequence[str],
    likes: Sequence[str],
    dislikes: Sequence[str],
) -> People:
    """Customers of the run, or one new customer by likes and dislikes (fold-in: nothing is trained again).

    ValueError for both or neither, for an unknown customer or an unknown item.
    """
    if bool(customers) == bool(likes or dislikes):
        raise ValueError("say for whom: --customer ID (may be repeated), or --likes ITEM for a new customer")
    if customers:
        return _known(models, history, customers, len(catalogue))
    return new_customer(models, catalogue, likes, dislikes)


# ---------------------------------------------------------------------------------------------------------------------
# Invented people to begin with: tastes along the directions in which this shop's customers differ, nobody's own.


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


# ---------------------------------------------------------------------------------------------------------------------
# Which two items to ask a person about: the pair whose answer would say most of a taste.


LOOKED_AT = 48  # items at most that pairs are made of


def information(model: FactorModel, taste: Taste, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """(M, M) how much the answer to each pair of items would say: p (1 - p) d' C d, d the difference of vectors, C the
    covariance of the taste, p the probability of the answer (the Fisher information of a logistic answer, in the
    direction that is still unknown)."""
    vectors, bias = model.phi[rows].astype(np.float64), model.bias[rows].astype(np.float64)
    score = vectors @ taste.mean + bias
    sure = 1 / (1 + np.exp(-np.clip(score[:, None] - score[None], -500, 500)))
    spread = vectors @ taste.covariance @ vectors.T
    unknown = np.diag(spread)[:, None] + np.diag(spread)[None] - 2 * spread
    return sure * (1 - sure) * unknown


def ask(model: FactorModel, taste: Taste, rows: NDArray[np.int64], seed: int) -> tuple[int, int] | None:
    """The two of some of those items whose comparison says most; None where there are fewer than two."""
    if len(rows) < 2:
        return None
    if len(rows) > LOOKED_AT:
        rows = np.sort(np.random.default_rng((seed, 72)).choice(rows, LOOKED_AT, replace=False))
    worth = np.triu(information(model, taste, rows), 1)
    a, b = np.unravel_index(int(worth.argmax()), worth.shape)
    return int(rows[a]), int(rows[b])
