"""What a shopper is shown: drawings and real items in the order of their taste, with what is said of each."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from medgan_fashion.fashion.design.atelier import Atelier
from medgan_fashion.fashion.design.pool import Drawings, Wish, best_drawings
from medgan_fashion.fashion.design.taste import TO_BUY, Bench, Problem, agreed, set_up
from medgan_fashion.studio.garments.workshop import Shopper, Workshop

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Taste:
    """A shopper's taste in one category, set up for quick questions."""

    bench: Bench
    category: int

    @property
    def rows(self) -> NDArray[np.int64]:
        """Real items on offer."""
        return self.bench.offered(0)

    def agree(self, z: Floats) -> Floats:
        """One number (n,) of the ensemble's (M, n)."""
        return agreed(torch.as_tensor(z), self.bench.config.ensemble, self.bench.config.kappa).numpy()

    def of_items(self) -> Floats:
        """Preference for the items on offer."""
        return self.agree(self.bench.ensemble.z_items(0, self.rows))

    def of_drawings(self, drawings: Drawings) -> tuple[Floats, Floats]:
        """Preference (n,) for drawings, and the mean of the held-out recommenders' (n,)."""
        vectors, biases = drawings.split(self.bench.atelier)
        n = len(self.bench.atelier.ensemble)
        z = self.agree(self.bench.ensemble.z_vectors(0, vectors[:n], biases[:n]))
        return z, self.bench.held_out.z_vectors(0, vectors[n:], biases[n:]).mean(axis=0)


@dataclass(frozen=True)
class Offer:
    """Drawings of one category under one taste.

    Args:
        z, held_out: (n,) preference by the ensemble and by recommenders that no search climbs.
        liked_less: (n,) share of the items on offer that the shopper would like less.
        most: preference of the best real item on offer.
    """

    taste: Taste
    drawings: Drawings
    z: Floats
    held_out: Floats
    liked_less: Floats
    most: float

    def best(self, wish: Wish, k: int) -> NDArray[np.int64]:
        """Rows of the best for a wish; what looks like no real garment is left out."""
        rows = np.flatnonzero(self.drawings.realistic)
        rows = rows if len(rows) else np.arange(len(self.drawings))
        return rows[best_drawings(self.drawings.take(rows), self.z[rows], self.most, wish, k)]

    def to_buy(self, row: int) -> NDArray[np.int64]:
        """The nearest items in stock."""
        bench, offered = self.taste.bench, self.taste.rows
        in_stock = offered[~(bench.atelier.catalogue.stock[offered] <= 0)]
        among = in_stock if len(in_stock) else offered
        features = self.drawings.features[row : row + 1].astype(np.float64)
        return bench.standards.realism.nearest(features, among, TO_BUY)[0][0]


def taste_in(workshop: Workshop, shopper: Shopper, category: int) -> Taste:
    """The shopper's taste in a category."""
    people = workshop.people(shopper)
    bench = set_up(
        workshop.atelier, people.tastes, people.seen, [Problem((0,), category)], workshop.config, workshop.standards
    )
    return Taste(bench, category)


def offer(taste: Taste, drawings: Drawings) -> Offer:
    """Drawings under a taste."""
    z, held_out = taste.of_drawings(drawings)
    real = taste.of_items()
    real = real[np.isfinite(real)]
    less = np.searchsorted(np.sort(real), z, side="left") / max(1, len(real))
    return Offer(taste, drawings, z, held_out, less, float(real.max()) if len(real) else 0.0)


def recommended(workshop: Workshop, shopper: Shopper, category: int | None, k: int) -> NDArray[np.int64]:
    """Rows of the k items in stock, not yet named by the shopper, that the ensemble ranks highest: of a category, or of
    all."""
    catalogue, people = workshop.opened.catalogue, workshop.people(shopper)
    may = ~(catalogue.stock <= 0)
    if category is not None:
        may &= catalogue.category == category
    may[people.seen.indices] = False
    scores = np.zeros(len(catalogue))
    for model, taste in zip(workshop.atelier.ensemble, people.tastes, strict=False):
        score = model.phi @ taste[0] + model.bias
        scores += (score - score.mean()) / max(float(score.std()), 1e-9)
    rows = np.flatnonzero(may)
    return rows[np.argsort(-scores[rows], kind="stable")[:k]]


def to_rate(atelier: Atelier, seen: NDArray[np.int64], k: int, seed: int) -> NDArray[np.int64]:
    """Rows of k items to ask an opinion of: none that was named, categories in turn. Where one is named, the others
    stay."""
    catalogue, rng = atelier.catalogue, np.random.default_rng((seed, 73))
    shuffled = rng.permutation(np.flatnonzero(~catalogue.held_out))
    free = shuffled[~np.isin(shuffled, seen)]
    by_category = [free[catalogue.category[free] == c] for c in atelier.drawable()]
    turns = [row for turn in range(k) for rows in by_category for row in rows[turn : turn + 1].tolist()]
    return np.array(turns[:k], dtype=np.int64)
