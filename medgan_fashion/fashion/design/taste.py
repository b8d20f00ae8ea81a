"""What recommenders say of any picture, in standard deviations over real items; all that is said of a design."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medgan_fashion.fashion.config import DesignConfig
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.design.atelier import CHUNK, Atelier, Tastes
from medgan_fashion.fashion.design.realism import Judge, Realism, calibrate, measure_realism, verdicts
from medgan_fashion.fashion.recommend.model import FactorModel

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


# ---------------------------------------------------------------------------------------------------------------------
# Preference: what recommenders say of any picture, in standard deviations of what they say of real items.


FLAT = 1e-8  # a spread of scores below this is no preference at all


@dataclass(frozen=True)
class Problem:
    """For whom and what to design: rows of the tastes (one customer, or a segment) and a category (its number)."""

    members: tuple[int, ...]
    category: int

    def __post_init__(self) -> None:
        if not self.members:
            raise ValueError("a segment without customers: name at least one")


def agreed(z: Tensor, how: str = "min", kappa: float = 1.0) -> Tensor:
    """One number (B,) from the z of several recommenders (M, B): their minimum, or mean - kappa x sd over them."""
    if how == "min":
        return z.amin(dim=0)
    return z.mean(dim=0) - kappa * z.std(dim=0, unbiased=False)


def unseen_rows(
    catalogue: Catalogue, category: int, seen: "csr_matrix | None", member: int | None = None
) -> NDArray[np.int64]:
    """Rows of the category that the member (a row of `seen`) has had nothing to do with; all of it where fewer than
    two are left."""
    of_category = np.flatnonzero(catalogue.category == category)
    if seen is None or member is None:
        return of_category
    known = seen.indices[seen.indptr[member] : seen.indptr[member + 1]]
    left = of_category[~np.isin(of_category, known)]
    return left if len(left) > 1 else of_category


def item_scores(model: FactorModel, theta: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Scores (len(rows),) of one customer's vector (K,) for real items; NaN where the model knows nothing."""
    scores = model.phi[rows].astype(np.float64) @ theta + model.bias[rows]
    return np.where(model.known[rows], scores, np.nan)


def standardise(scores: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and sd (divided by n) of the finite scores; sd is infinite where they are all alike, so that z is 0."""
    finite = scores[np.isfinite(scores)]
    if len(finite) == 0:
        raise ValueError("no real item of this category can be scored: fit the recommender on this catalogue")
    spread = float(finite.std())
    return float(finite.mean()), spread if spread > FLAT else float("inf")


@dataclass(frozen=True)
class Preference:
    """z of pictures for P problems under M recommenders.

    Every pair of a problem and one of its members has, for each recommender on its own, the mean and sd of that
    customer's scores over all real items of the problem's category, held-out ones too, that the customer has had
    nothing to do with. z = (score - mean) / sd, so 1 means the same for every customer, category and recommender.

    Args:
        models: M recommenders.
        thetas: for each, the vectors (Q, K_m) of the pairs.
        mean, sd: (M, Q).
        pairs: int64 (P, S), each problem's pairs, padded with -1.
        segment: "mean" or "minimum" over the members of a problem.
    """

    models: tuple[FactorModel, ...]
    thetas: tuple[Tensor, ...]
    mean: Tensor
    sd: Tensor
    pairs: Tensor
    segment: str = "mean"

    def only(self, m: int) -> "Preference":
        """Under recommender m alone."""
        return Preference(
            self.models[m : m + 1],
            self.thetas[m : m + 1],
            self.mean[m : m + 1],
            self.sd[m : m + 1],
            self.pairs,
            self.segment,
        )

    def _together(self, z: Tensor, here: Tensor) -> Tensor:
        """z (..., S) of members to one for the segment (...,); `here` marks those that are not padding."""
        if self.segment == "minimum":
            return z.masked_fill(~here, float("inf")).amin(dim=-1)
        return (z * here).sum(dim=-1) / here.sum(dim=-1)

    def _standard(self, scores: Tensor, m: int, pairs: Tensor) -> Tensor:
        """Scores (B, S) of pairs (B, S) of model m to the segment's z (B,)."""
        real = pairs.clamp_min(0)
        return self._together((scores - self.mean[m, real]) / self.sd[m, real], pairs >= 0)

    def z(self, images: Tensor, problem: Tensor) -> Tensor:
        """z (M, B) of pictures (B, 3, h, w) in [0, 1], picture b judged for problem[b]; differentiable in pictures."""
        pairs, rows = self.pairs[problem], []
        for m, (model, theta) in enumerate(zip(self.models, self.thetas, strict=True)):
            assert model.tower is not None  # the atelier takes no other
            vectors, bias = model.tower(images)
            scores = torch.einsum("bsk,bk->bs", theta[pairs.clamp_min(0)], vectors) + bias[:, None]
            rows.append(self._standard(scores, m, pairs))
        return torch.stack(rows)

    def z_vectors(
        self, problem: int, vectors: Sequence[NDArray[np.floating]], biases: Sequence[NDArray[np.floating]]
    ) -> NDArray[np.float64]:
        """z (M, n) for one problem of n pictures whose vectors (n, K_m) and biases (n,) each model has given before."""
        pairs, found = self.pairs[problem], []
        for m, theta in enumerate(self.thetas):
            own = theta[pairs.clamp_min(0)].cpu().numpy().astype(np.float64)
            scores = torch.as_tensor(vectors[m] @ own.T + biases[m][:, None], device=pairs.device)
            found.append(self._standard(scores, m, pairs.expand(len(scores), -1)).cpu().numpy())
        return np.stack(found)

    def z_items(self, problem: int, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """z (M, len(rows)) of real items for one problem, from the tables; NaN where a model knows nothing."""
        tables = [(m.phi[rows].astype(np.float64), m.bias[rows].astype(np.float64)) for m in self.models]
        found = self.z_vectors(problem, [phi for phi, _ in tables], [bias for _, bias in tables])
        found[~np.stack([model.known[rows] for model in self.models])] = np.nan
        return found


def build_preference(
    models: Sequence[FactorModel],
    tastes: Sequence[NDArray[np.float32]],
    catalogue: Catalogue,
    seen: "csr_matrix | None",
    problems: Sequence[Problem],
    *,
    segment: str = "mean",
    device: torch.device | str = "cpu",
) -> Preference:
    """The preference of problems whose members are rows of `tastes` (T, K_m for each model) and of `seen` (T, N)."""
    flat = [(member, problem.category) for problem in problems for member in problem.members]
    rows = [unseen_rows(catalogue, category, seen, member) for member, category in flat]
    members = np.array([member for member, _ in flat], dtype=np.int64)
    spread = [
        [standardise(item_scores(model, taste[member], of)) for (member, _), of in zip(flat, rows, strict=True)]
        for model, taste in zip(models, tastes, strict=True)
    ]
    table = torch.tensor(spread, dtype=torch.float32, device=device).reshape(len(models), len(flat), 2)
    thetas = tuple(torch.as_tensor(taste[members], device=device) for taste in tastes)
    pairs = _pairs([len(problem.members) for problem in problems]).to(device)
    return Preference(tuple(models), thetas, table[..., 0], table[..., 1], pairs, segment)


def _pairs(sizes: list[int]) -> Tensor:
    """Numbers 0, 1, ... in rows of those sizes, padded with -1: (P, max size)."""
    table, at = torch.full((len(sizes), max(sizes, default=1)), -1, dtype=torch.int64), 0
    for row, size in enumerate(sizes):
        table[row, :size] = torch.arange(at, at + size)
        at += size
    return table


# ---------------------------------------------------------------------------------------------------------------------
# Everything that is said of a picture for one customer or segment: what each design and real item is reported with.


Floats = NDArray[np.float64]
TO_BUY = 3  # nearest real items that a design is shown with


@dataclass(frozen=True)
class Scores:
    """Of n pictures for one problem.

    Args:
        z: (n,) the ensemble's agreed preference, in standard deviations over unseen real items.
        each: (n, M) z under each recommender of the ensemble; held_out: (n, H) under each held-out one.
        judge: (n,) the calibrated discriminator, 1 for the median photo.
        distance: (n,) to the nearest item of the category that is not held out, in the encoder's space.
        quantile: (n,) share of held-out photos that are nearer.
        category_agreed: bool (n,), the encoder sees the problem's category.
        realistic: bool (n,), category_agreed and within the realism threshold.
        nearest, nearest_distance: (n, k) the nearest items in stock that nobody of the problem has, to buy instead.
    """

    z: Floats
    each: Floats
    held_out: Floats
    judge: Floats
    distance: Floats
    quantile: Floats
    category_agreed: NDArray[np.bool_]
    realistic: NDArray[np.bool_]
    nearest: NDArray[np.int64]
    nearest_distance: Floats

    def __len__(self) -> int:
        return len(self.z)

    def take(self, rows: NDArray[np.int64]) -> "Scores":
        """Those pictures alone, in that order."""
        return Scores(*(value[rows] for value in vars(self).values()))


@dataclass(frozen=True)
class Standards:
    """What pictures are held against, whoever the customer is."""

    judge: Judge
    realism: Realism


def measure_standards(atelier: Atelier, config: DesignConfig, seed: int = 0) -> Standards:
    """The calibrated discriminator and the realism of held-out photos: once for an atelier."""
    return Standards(calibrate(atelier, seed), measure_realism(atelier, config.realism_quantile))


@dataclass(frozen=True)
class Bench:
    """An atelier set up for P problems. `seen` csr (T, N): what each row of the tastes has had to do with."""

    atelier: Atelier
    standards: Standards
    problems: tuple[Problem, ...]
    ensemble: Preference
    held_out: Preference
    seen: "csr_matrix | None"
    config: DesignConfig

    def offered(self, p: int) -> NDArray[np.int64]:
        """Rows of the problem's category that none of its customers has had to do with; all where none is left."""
        catalogue, problem = self.atelier.catalogue, self.problems[p]
        rows = np.flatnonzero(catalogue.category == problem.category)
        if self.seen is None:
            return rows
        known = self.seen[list(problem.members)].indices
        left = rows[~np.isin(rows, known)]
        return left if len(left) else rows


def set_up(
    atelier: Atelier,
    tastes: Tastes,
    seen: "csr_matrix | None",
    problems: Sequence[Problem],
    config: DesignConfig,
    standards: Standards | None = None,
    seed: int = 0,
) -> Bench:
    """The bench of problems whose members are rows of `tastes` and `seen`."""
    if len(tastes) != len(atelier.recommenders):
        raise ValueError(f"tastes for {len(tastes)} recommenders, the atelier has {len(atelier.recommenders)}")
    for problem in problems:
        if max(problem.members) >= len(tastes[0]) or min(problem.members) < 0:
            raise ValueError(
                f"a problem names customer {max(problem.members)} of {len(tastes[0])}: give rows of tastes"
            )
        if not 0 <= problem.category < len(atelier.catalogue.categories):
            raise ValueError(f"no category {problem.category} among {len(atelier.catalogue.categories)}")
    n = len(atelier.ensemble)
    parts = [
        build_preference(models, own, atelier.catalogue, seen, problems, segment=config.segment, device=atelier.device)
        for models, own in ((atelier.ensemble, tastes[:n]), (atelier.held_out, tastes[n:]))
    ]
    standards = standards or measure_standards(atelier, config, seed)
    return Bench(atelier, standards, tuple(problems), parts[0], parts[1], seen, config)


def z_of(preference: Preference, images: NDArray[np.float32], p: int) -> Floats:
    """z (M, n) of pictures (n, 3, h, w) in [0, 1] for problem p, in batches without gradients."""
    device, parts = preference.pairs.device, []
    with torch.inference_mode():
        for at in range(0, len(images), CHUNK):
            part = torch.as_tensor(images[at : at + CHUNK], device=device)
            problem = torch.full((len(part),), p, dtype=torch.int64, device=device)
            parts.append(preference.z(part, problem).cpu().double().numpy())
    return np.concatenate(parts, axis=1) if parts else np.zeros((len(preference.models), 0))


def score_pictures(bench: Bench, p: int, images: NDArray[np.float32]) -> Scores:
    """The scores of pictures float32 (n, 3, h, w) in [0, 1] for problem p."""
    atelier, realism, category = bench.atelier, bench.standards.realism, bench.problems[p].category
    each, held_out = z_of(bench.ensemble, images, p), z_of(bench.held_out, images, p)
    features = atelier.features(images)
    distance = realism.distances(features, category)
    right = atelier.categories_of(images) == category
    offered = bench.offered(p)
    in_stock = offered[~(atelier.catalogue.stock[offered] <= 0)]  # unknown stock counts as some
    nearest = realism.nearest(features, in_stock if len(in_stock) else offered, TO_BUY)
    return Scores(
        z=agreed(torch.as_tensor(each), bench.config.ensemble, bench.config.kappa).numpy(),
        each=each.T,
        held_out=held_out.T,
        judge=verdicts(bench.standards.judge, atelier, images, np.full(len(images), category)),
        distance=distance,
        quantile=realism.quantiles(distance, category),
        category_agreed=right,
        realistic=right & (distance <= realism.threshold(category)),
        nearest=nearest[0],
        nearest_distance=nearest[1],
    )
