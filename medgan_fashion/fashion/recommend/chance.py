"""A recommender that knows nothing: random scores, the reference that every other one must beat."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.fashion.recommend.model import Recommended
from medgan_fashion.fashion.recommend.top_k import top_k


@dataclass(frozen=True)
class Chance:
    """Uniform scores, a function of seed and customer alone. It can rank every item, cold ones too."""

    customers: tuple[str, ...]
    items: tuple[str, ...]
    seed: int = 0
    name: str = "random"

    @property
    def known(self) -> NDArray[np.bool_]:
        """All of them."""
        return np.ones(len(self.items), dtype=bool)

    def score_items(self, customers: NDArray[np.int64]) -> NDArray[np.float32]:
        """Scores (B, N) in [0, 1)."""
        n = len(self.items)
        draws = [np.random.default_rng((self.seed, 44, int(customer))).random(n, np.float32) for customer in customers]
        return np.stack(draws) if draws else np.empty((0, n), dtype=np.float32)

    def recommend(
        self,
        customers: NDArray[np.int64],
        k: int,
        *,
        exclude: Any = None,
        allowed: NDArray[np.bool_] | None = None,
    ) -> Recommended:
        """The k items with the highest draws."""
        rows, scores = np.full((len(customers), k), -1, np.int64), np.full((len(customers), k), np.nan, np.float32)
        nothing = np.zeros((1, 0), np.float32), np.zeros((len(self.items), 0), np.float32)
        for at, draws in enumerate(self.score_items(customers)):
            masked = None if exclude is None else exclude[[at]]
            rows[[at]], scores[[at]] = top_k(*nothing, draws, k, exclude=masked, allowed=allowed)
        return Recommended(rows, scores)

    def similar(self, item: int, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Nothing is like anything: ValueError."""
        raise ValueError("the random recommender knows no likeness of items: ask another one")
