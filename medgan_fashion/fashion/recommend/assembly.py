"""From trained tables to a FactorModel: the prior of customers' vectors, and those without a like."""

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.purchases import Purchases
from medgan_fashion.fashion.recommend.model import FactorModel, Prior, Tower

_WIDE = 1.0  # variance of a vector's entries where no customer says what it is


def empirical_prior(theta: NDArray[np.float32]) -> Prior:
    """Mean and covariance of trained customers' vectors (U, K).

    The covariance is drawn towards a multiple of the identity of the same trace by K / (K + U): all the way
    where customers are few, hardly where they are many.
    """
    count, factors = theta.shape
    if count < 2:
        mean = theta.astype(np.float64).sum(axis=0)  # of one customer or of none
        return Prior(mean, _WIDE * np.eye(factors))
    vectors = theta.astype(np.float64)
    covariance = np.cov(vectors, rowvar=False).reshape(factors, factors)
    level = np.trace(covariance) / factors if factors else 0.0
    share = factors / (factors + count)
    floor = 1e-6 * level + 1e-12  # it must have an inverse
    return Prior(vectors.mean(axis=0), (1 - share) * covariance + (share * level + floor) * np.eye(factors))


def assemble(
    name: str,
    catalogue: Catalogue,
    train: Purchases,
    theta: NDArray[np.float32],
    items: tuple[NDArray[np.float32], NDArray[np.float32]],
    known: NDArray[np.bool_],
    tower: Tower | None = None,
) -> FactorModel:
    """A FactorModel of customers' vectors (U, K) and items' (vectors (N, K), biases (N,)).

    Customers without a like in `train` are put at the prior's mean, so that they are ranked as the average customer.
    """
    trained = np.zeros(len(train.customers), dtype=bool)
    trained[train.customer[train.weight > 0]] = True
    prior = empirical_prior(theta[trained])
    vectors = np.where(trained[:, None], theta, prior.mean).astype(np.float32)
    phi, bias = (np.ascontiguousarray(part, dtype=np.float32) for part in items)
    return FactorModel(name, train.customers, catalogue.items, vectors, phi, bias, known, prior, tower, trained)


def liked_items(train: Purchases, n_items: int) -> NDArray[np.bool_]:
    """bool (N,): items with at least one like."""
    return np.bincount(train.item[train.weight > 0], minlength=n_items) > 0
