"""For whom: customers of a run, or a new one known by likes and dislikes alone, as vectors for every recommender."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.customer_ids import find_customer
from medgan_fashion.fashion.data.purchases import Purchases
from medgan_fashion.fashion.design.atelier import Tastes
from medgan_fashion.fashion.recommend.fold_in import fold_in
from medgan_fashion.fashion.recommend.model import FactorModel

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

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
