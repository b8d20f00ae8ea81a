"""Everything that is said of a picture for one customer or segment: what each design and real item is reported with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from medgan_fashion.fashion.design.atelier import CHUNK, Atelier, Tastes
from medgan_fashion.fashion.design.guards import Judge, calibrate, verdicts
from medgan_fashion.fashion.design.realism import Realism, measure_realism
from medgan_fashion.fashion.design.taste import Preference, Problem, agreed, build_preference
from medgan_fashion.fashion.design_config import DesignConfig

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

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
