"""Fitting any recommender by its name; here are those that know items only by who bought them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.encoder import Encoder
from medgan_fashion.fashion.config import (
    AlsConfig,
    BprConfig,
    DvbprConfig,
    KnnConfig,
    PopularityConfig,
    RecommenderConfig,
    VbprConfig,
)
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.purchases import Purchases
from medgan_fashion.fashion.recommend.model import FactorModel, Recommended, assemble, liked_items
from medgan_fashion.fashion.recommend.top_k import top_k
from medgan_fashion.fashion.recommend.visual import fit_dvbpr, fit_vbpr

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


# ---------------------------------------------------------------------------------------------------------------------
# Item-kNN: a customer's score for an item is the sum of its likeness to the items that the customer has bought.


_CELLS = 8_000_000  # scores at a time


def cosine_neighbours(likes: "csr_matrix", count: int) -> "csr_matrix":
    """The `count` other items most like each item, by the cosine of who likes them: float32 csr (N, N) from likes
    (U, N). Of equally near ones the later are kept; more than `count` twins of an item leave it `count` + 1."""
    from implicit.nearest_neighbours import ItemItemRecommender, normalize
    from scipy.sparse import csr_matrix

    model = ItemItemRecommender(count + 1, num_threads=1)  # an item is its own nearest neighbour
    model.fit(normalize(likes.T).T.tocsr(), show_progress=False)
    pairs: Any = csr_matrix(model.similarity).tocoo()
    other = pairs.row != pairs.col
    return csr_matrix((pairs.data[other], (pairs.row[other], pairs.col[other])), pairs.shape, dtype=np.float32)


@dataclass(frozen=True)
class Neighbourhood:
    """A fitted item-kNN.

    Args:
        customers: U pseudonyms; items: N item IDs in the catalogue's order.
        likes: float32 csr (U, N); alike: float32 csr (N, N), each row an item's neighbours.
        known: bool (N,), items with a like in training.
    """

    name: str
    customers: tuple[str, ...]
    items: tuple[str, ...]
    likes: "csr_matrix"
    alike: "csr_matrix"
    known: NDArray[np.bool_]

    @cached_property
    def _turned(self) -> "csr_matrix":
        return self.alike.T.tocsr()

    def score_items(self, customers: NDArray[np.int64]) -> NDArray[np.float32]:
        """Scores (B, N) of those customers (rows); NaN for items that nobody has bought."""
        scores = np.asarray((self.likes[customers] @ self._turned).todense(), dtype=np.float32)
        scores[:, ~self.known] = np.nan
        return scores

    def recommend(
        self,
        customers: NDArray[np.int64],
        k: int,
        *,
        exclude: Any = None,
        allowed: NDArray[np.bool_] | None = None,
    ) -> Recommended:
        """The k best items of each customer (row), exact; `exclude` csr (B, N), `allowed` bool (N,)."""
        from medgan_fashion.fashion.recommend.top_k import top_k

        rows, scores = np.full((len(customers), k), -1, np.int64), np.full((len(customers), k), np.nan, np.float32)
        nothing = np.zeros((1, 0), np.float32), np.zeros((len(self.items), 0), np.float32)
        step = max(_CELLS // max(len(self.items), 1), 1)
        for start in range(0, len(customers), step):
            for at, bias in enumerate(self.score_items(customers[start : start + step]), start=start):
                masked = None if exclude is None else exclude[[at]]
                rows[[at]], scores[[at]] = top_k(*nothing, bias, k, exclude=masked, allowed=allowed)
        return Recommended(rows, scores)

    def similar(self, item: int, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The k nearest neighbours: rows (k,) padded with -1, cosines (k,) padded with NaN."""
        row = self.alike[[item]].tocoo()
        order = np.lexsort((row.col, -row.data))[:k]
        rows, cosines = np.full(k, -1, np.int64), np.full(k, np.nan, np.float32)
        rows[: len(order)], cosines[: len(order)] = row.col[order], row.data[order]
        return rows, cosines


def fit_item_knn(catalogue: Catalogue, train: Purchases, config: KnnConfig, seed: int) -> Neighbourhood:
    """Cosine between the columns of the table of likes."""
    likes: Any = train.likes(len(catalogue)).astype(np.float32)
    likes.sort_indices()
    alike = cosine_neighbours(likes, config.neighbours)
    known = liked_items(train, len(catalogue))
    return Neighbourhood("item_knn", train.customers, catalogue.items, likes, alike, known)


# ---------------------------------------------------------------------------------------------------------------------
# Fitting any recommender by its name: chance, popularity, ALS and BPR here, the others in their own files.


# ---------------------------------------------------------------------------------------------------------------------
# Recommenders that know items only by who bought them: popularity, and ALS and BPR by the library `implicit`.


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


# ---------------------------------------------------------------------------------------------------------------------
# Fitting any recommender by its name.


@dataclass(frozen=True)
class Kind:
    """A row of the table: the function, its configuration, and what it looks at beside the purchases."""

    fit: Callable[..., FactorModel | Neighbourhood]
    config: type
    features: bool = False
    pixels: bool = False


def fit(
    name: str,
    catalogue: Catalogue,
    train: Purchases,
    config: RecommenderConfig | None = None,
    seed: int = 0,
    features: NDArray[np.floating] | None = None,
    encoder: Encoder | None = None,
    device: str = "cpu",
) -> FactorModel | Neighbourhood:
    """Fits the recommender `name` on likes and dislikes of items that are not held out.

    Args:
        config: of the kind's own type; None takes its defaults.
        features: a table (N, F), for vbpr; it then has no tower. encoder: see towers.train_catalogue_encoder, for vbpr.
        device: where dvbpr trains.

    ValueError for an unknown name, another kind's config or nothing to learn from.
    """
    if name not in RECOMMENDERS:
        raise ValueError(f"unknown recommender '{name}'; there are {', '.join(RECOMMENDERS)}")
    kind = RECOMMENDERS[name]
    settings = kind.config() if config is None else config
    if not isinstance(settings, kind.config):
        raise ValueError(f"'{name}' takes a {kind.config.__name__}, not a {type(settings).__name__}")
    warm = train.take(~catalogue.held_out[train.item])
    if not (warm.weight > 0).any():
        raise ValueError("no likes to learn from: training needs purchases of items that are not held out")
    more: dict[str, Any] = {"features": features, "encoder": encoder} if kind.features else {}
    if kind.pixels:
        more["device"] = device
    return kind.fit(catalogue, warm, settings, seed, **more)


RECOMMENDERS: dict[str, Kind] = {
    "popularity": Kind(fit_popularity, PopularityConfig),
    "item_knn": Kind(fit_item_knn, KnnConfig),
    "als": Kind(fit_als, AlsConfig),
    "bpr": Kind(fit_bpr, BprConfig),
    "vbpr": Kind(fit_vbpr, VbprConfig, features=True),
    "dvbpr": Kind(fit_dvbpr, DvbprConfig, pixels=True),
}


# ---------------------------------------------------------------------------------------------------------------------
# A recommender that knows nothing: random scores, the reference that every other one must beat.


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
