"""Taking one customer out of purchases, recommenders and tables: pure functions, and the row stays, empty.

Rows of customers stand in many files at once. A row that vanished would give its neighbour's vector to somebody else
in every file that was not rewritten with it, so the row keeps its place and loses name, likes and vector.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, diags

from medgan_fashion.fashion.data.purchases import Purchases
from medgan_fashion.fashion.recommend.model import FactorModel
from medgan_fashion.fashion.recommend.neighbourhood import Neighbourhood

_PEOPLE = ("customer", "customers")  # keys under which plain data names customers


def emptied_name(row: int) -> str:
    """What stands in the place of a forgotten customer's name."""
    return f"forgotten-{row}"


def _renamed(customers: tuple[str, ...], name: str) -> tuple[tuple[str, ...], int]:
    row = customers.index(name)
    return (*customers[:row], emptied_name(row), *customers[row + 1 :]), row


def without_pairs(purchases: Purchases, name: str) -> Purchases:
    """Purchases without a customer's name and pairs; ValueError where the name is not among them."""
    customers, row = _renamed(purchases.customers, name)
    return replace(purchases.take(purchases.customer != row), customers=customers)


def without_vector(model: FactorModel | Neighbourhood, name: str) -> FactorModel | Neighbourhood:
    """A recommender that knows no more of a customer than of a stranger: the prior's mean, or no likes."""
    customers, row = _renamed(model.customers, name)
    others = np.arange(len(customers)) != row
    if isinstance(model, Neighbourhood):
        likes = csr_matrix(diags(others.astype(np.float32)) @ model.likes)
        likes.eliminate_zeros()
        return replace(model, customers=customers, likes=likes)
    theta = model.theta.copy()
    theta[row] = model.prior.mean
    trained = others if model.trained is None else model.trained & others
    return replace(model, customers=customers, theta=theta, trained=trained)


def mentions(value: Any, names: set[str]) -> bool:
    """Whether a mapping says of itself that it is about one of these customers."""
    return isinstance(value, dict) and any(value.get(key) in names for key in ("customer", "name", "id"))


def scrub(value: Any, name: str, also: str = "") -> Any:
    """Plain data without a customer: list entries and mappings about them go, and keys that are their name.

    Args:
        also: the shop's own ID, which goes only from what stands under "customer" or "customers" (it may be "7").
    """
    names = {name, also} - {""}

    def clean(part: Any, people: bool) -> Any:
        here = names if people else {name}
        if isinstance(part, dict):
            kept = {key: item for key, item in part.items() if key not in here}
            return {key: clean(item, key in _PEOPLE) for key, item in kept.items()}
        if isinstance(part, list):
            kept = [item for item in part if not (isinstance(item, str) and item in here)]
            return [clean(item, people) for item in kept if not mentions(item, names if people else {name})]
        return "forgotten" if isinstance(part, str) and part in here else part

    return clean(value, False)
