"""Recommenders that know items only by who bought them: popularity, and ALS and BPR by the library `implicit`."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.purchases import Purchases
from medgan_fashion.fashion.recommend.assembly import assemble, liked_items
from medgan_fashion.fashion.recommend.model import FactorModel
from medgan_fashion.fashion.recommender_config import AlsConfig, BprConfig, PopularityConfig


@contextmanager
def _one_blas_thread() -> Iterator[None]:
    """`implicit` runs its own threads and warns where the linear algebra below it has several."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        yield


def fit_popularity(catalogue: Catalogue, train: Purchases, config: PopularityConfig, seed: int) -> FactorModel:
    """The number of customers who like an item, or log(1 + number), as everyone's score: vectors of length 0."""
    counts = np.bincount(train.item[train.weight > 0], minlength=len(catalogue)).astype(np.float32)
    bias = np.log1p(counts) if config.logarithm else counts
    theta, phi = np.zeros((len(train.customers), 0), np.float32), np.zeros((len(catalogue), 0), np.float32)
    return assemble("popularity", catalogue, train, theta, (phi, bias), counts > 0)


def fit_als(catalogue: Catalogue, train: Purchases, config: AlsConfig, seed: int) -> FactorModel:
    """ALS on the weights of likes; dislikes are left out. One thread, so that a seed is a result."""
    from implicit.cpu.als import AlternatingLeastSquares

    with _one_blas_thread():
        model = AlternatingLeastSquares(
            factors=config.factors,
            regularization=config.regularization,
            alpha=config.alpha,
            iterations=config.iterations,
            num_threads=1,
            random_state=seed,
        )
        model.fit(train.likes(len(catalogue)), show_progress=False)
    bias = np.zeros(len(catalogue), np.float32)
    known = liked_items(train, len(catalogue))
    return assemble(
        "als", catalogue, train, np.asarray(model.user_factors), (np.asarray(model.item_factors), bias), known
    )


def fit_bpr(catalogue: Catalogue, train: Purchases, config: BprConfig, seed: int) -> FactorModel:
    """BPR matrix factorisation; `implicit` keeps the items' bias in the vectors' last column."""
    from implicit.cpu.bpr import BayesianPersonalizedRanking

    with _one_blas_thread():
        model = BayesianPersonalizedRanking(
            factors=config.factors,
            learning_rate=config.learning_rate,
            regularization=config.regularization,
            iterations=config.iterations,
            num_threads=1,
            random_state=seed,
        )
        model.fit(train.likes(len(catalogue)), show_progress=False)
    customers, items = np.asarray(model.user_factors), np.asarray(model.item_factors)
    known = liked_items(train, len(catalogue))
    return assemble("bpr", catalogue, train, customers[:, :-1], (items[:, :-1], items[:, -1]), known)
