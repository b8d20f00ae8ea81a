"""What a shopper is shown: drawings and real items in the order of their taste, with what is said of each."""

import re
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from medgan_fashion.fashion.design.atelier import Atelier
from medgan_fashion.fashion.design.pool import Drawings, Wish, best_drawings
from medgan_fashion.fashion.design.taste import TO_BUY, Bench, Problem, agreed, set_up
from medgan_fashion.fashion.restyle.invert import CANNOT, FAITHFUL
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


# ---------------------------------------------------------------------------------------------------------------------
# Numbers in a shopper's words; what they stand for is in the project's documentation.


POPULAR = "Likely to please many"  # said of a design for somebody of whom nothing is known


def fits(liked_less: float) -> str:
    """Of the share of real items on offer that the person would like less.

    Never "better than all": where tastes were known, designs were as good as the best real item found, and not
    better (docs/results.md).
    """
    if liked_less >= 0.97:
        return "We think it fits you as well as the best in the shop"
    if liked_less >= 0.5:
        return f"We think it fits you better than {100 * liked_less:.0f} % of the shop"
    return "Not quite you, we think"


def second_opinion(liked_less: float, held_out: float) -> str:
    """Of a drawing that is said to please, and what recommenders that no search has climbed say (in sd)."""
    if liked_less < 0.5:
        return ""
    if held_out < 0:
        return "Our second opinion doubts it"
    return "Our second opinion agrees" if held_out > 1 else "Our second opinion is not so sure"


def looks(quantile: float) -> str:
    """Of the share of photos of real garments, unknown to the drawing machine, that are nearer to what it knows."""
    if quantile < 0.5:
        return "looks like a real garment"
    if quantile < 0.8:
        return "looks fairly real"
    return "unusual, but plausible" if quantile <= 0.95 else "looks made up"


def restyled(answer: str, item: str) -> str:
    """How near a garment's drawing is, honestly."""
    yours = "this garment" if item else "your garment"
    if answer == FAITHFUL:
        return f"This is near {yours}: kind, outline and main colours match. Fine details get lost."
    if answer == CANNOT:
        return (
            f"Sorry, we cannot draw {yours}: what comes out is too far from it, so there is nothing honest to move "
            "towards your taste. A garment alone, laid flat on a plain light ground, works best."
        )
    return f"This is the closest we can draw. It is not {yours}: prints, texture and details get lost."


def nearness(quality: dict[str, float]) -> str:
    """Of how a garment's drawing compares with it: share of the silhouette, structural similarity inside it."""
    outline, inside = (max(0.0, 100 * quality[name]) for name in ("silhouette", "ssim"))
    return (
        f"The drawing covers {outline:.0f} % of the garment's outline, and what lies inside is alike by {inside:.0f} "
        "of 100 points; 100 would be the same picture. The whole measurement is in the recipe that you can download."
    )


def uncertainty(opinions: int) -> str:
    """Of the number of things that a person said."""
    if opinions == 0:
        return "You have not told us anything yet: below is what is liked most in this shop."
    if opinions < 5:
        return f"{opinions} {'answer' if opinions == 1 else 'answers'} so far: a first guess. A few more make it yours."
    return f"{opinions} answers so far: we are beginning to know what you like."


def spoken(name: str) -> str:
    """A column's name as people say it: "baseColour" -> "base colour"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name).lower()
