"""Which two items to ask a person about: the pair whose answer would say most of a taste."""

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.fashion.recommend.fold_in import Taste
from medgan_fashion.fashion.recommend.model import FactorModel

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
