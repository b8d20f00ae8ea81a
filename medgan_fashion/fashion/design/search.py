"""Design: the garments that a customer or a segment would like most, drawn by searching the GAN's latent space."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from medgan_fashion.evaluation.images.diversity import ssim
from medgan_fashion.fashion.config import DesignConfig
from medgan_fashion.fashion.design.atelier import Atelier, Tastes
from medgan_fashion.fashion.design.realism import random_view, shortfall
from medgan_fashion.fashion.design.taste import Bench, Problem, Scores, Standards, agreed, score_pictures, set_up
from medgan_fashion.gan.latent.search import RowObjective, SearchConfig, address, search_latents
from medgan_fashion.gan.networks.latent import sample_latent

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


# ---------------------------------------------------------------------------------------------------------------------
# Choosing a few designs that please and differ: maximal marginal relevance.


def pairwise_ssim(images: NDArray[np.float32]) -> NDArray[np.float64]:
    """Structural similarity (B, B) of pictures (B, C, H, W) in [0, 1] to each other, 1 on the diagonal."""
    alike = np.eye(len(images))
    first, second = np.triu_indices(len(images), 1)
    if len(first):
        alike[first, second] = alike[second, first] = ssim(images[first], images[second])
    return alike


def variety(images: NDArray[np.float32]) -> float:
    """1 - mean SSIM over the pairs of pictures (B, C, H, W); NaN for fewer than two."""
    if len(images) < 2:
        return float("nan")
    return float(1 - pairwise_ssim(images)[np.triu_indices(len(images), 1)].mean())


def choose_diverse(relevance: ArrayLike, similarity: ArrayLike, k: int, novelty: float) -> NDArray[np.int64]:
    """Up to k of R candidates, in the order of choice: maximal marginal relevance (Carbonell & Goldstein 1998).

    Each choice maximises (1 - novelty) x relevance - novelty x its largest similarity to those already chosen;
    `relevance` (R,) is brought to [0, 1] over the candidates first, `similarity` (R, R) is at most 1.
    """
    value, alike = np.asarray(relevance, dtype=np.float64), np.asarray(similarity, dtype=np.float64)
    span = value.max() - value.min() if len(value) else 0.0
    value = (value - value.min()) / span if span > 0 else np.zeros(len(value))
    chosen: list[int] = []
    while len(chosen) < min(k, len(value)):
        nearest = alike[:, chosen].max(axis=1) if chosen else np.zeros(len(value))
        worth = (1 - novelty) * value - novelty * nearest
        worth[chosen] = -np.inf
        chosen.append(int(worth.argmax()))
    return np.array(chosen, dtype=np.int64)


@dataclass(frozen=True)
class Designed:
    """What came of one problem.

    Args:
        problem: for whom, and which category.
        how: "searched"; "random draw", the best of random drawings where nothing that was searched passes the guards;
            "none" where those do not pass either.
        reason: in words, why it is not "searched", else "".
        images: float32 (n, 3, S, S) in [0, 1], the best first; n is 0 for "none". z: float32 (n, d), their latents.
        scores: of the images.
        real: rows (m,) of the best real items that the problem's customers have had nothing to do with, the ensemble's
            recommended top first, as many as designs were asked for; real_scores: theirs.
    """

    problem: Problem
    how: Literal["searched", "random draw", "none"]
    reason: str
    images: NDArray[np.float32]
    z: NDArray[np.float32]
    scores: Scores
    real: NDArray[np.int64]
    real_scores: Scores


def search_config(config: DesignConfig) -> SearchConfig:
    """The latent search of a design."""
    return SearchConfig(
        starts=config.starts,
        candidates=max(config.candidates, config.starts),
        steps=config.steps,
        learning_rate=config.learning_rate,
        prior_weight=config.prior_weight,
    )


def class_labels(bench: Bench) -> Tensor | None:
    """The GAN's class number (P,) of each problem."""
    return bench.atelier.labels([problem.category for problem in bench.problems])


def ceilings(bench: Bench) -> Tensor:
    """How much preference counts (P,): `cap` times that of the best real item on offer, infinity without a cap.

    Recommenders know what customers like among real items. Beyond the best of these they only extrapolate: greener
    than any green. What is left to climb at the ceiling is realism.
    """
    config, found = bench.config, []
    for p in range(len(bench.problems)):
        z = torch.as_tensor(bench.ensemble.z_items(p, bench.offered(p)))
        best = float(np.nanmax(agreed(z, config.ensemble, config.kappa).numpy()))
        found.append(float("inf") if config.cap is None else config.cap * max(best, 0.0))
    return torch.tensor(found, dtype=torch.float32, device=bench.atelier.device)


def design_objective(bench: Bench) -> RowObjective:
    """preference - eta (D - 1)^2 of one random view of each drawing, less guard_weight x the shortfall of the drawing
    itself, which is what will be checked at the end."""
    config, labels = bench.config, class_labels(bench)
    categories = torch.tensor([problem.category for problem in bench.problems], device=bench.atelier.device)
    most = ceilings(bench)

    def objective(z: Tensor, problem: Tensor, generator: torch.Generator) -> Tensor:
        y = None if labels is None else labels[problem]
        images = bench.atelier.draw(z, y)
        view = random_view(images, config.views, generator)
        value = agreed(bench.ensemble.z(view, problem), config.ensemble, config.kappa).minimum(most[problem])
        if config.eta > 0:
            value = value - config.eta * (bench.standards.judge(view, y) - 1).square()
        if config.guard_weight > 0:
            value = value - config.guard_weight * shortfall(
                bench.atelier, bench.standards.realism, images, categories[problem]
            )
        return value

    return objective


def worth(scores: Scores, eta: float) -> NDArray[np.float64]:
    """What the search climbs, of the plain pictures (n,)."""
    return scores.z - eta * (scores.judge - 1) ** 2


def best_real(bench: Bench, p: int) -> NDArray[np.int64]:
    """Rows of the real items that the ensemble ranks highest for the problem, the best first."""
    rows = bench.offered(p)
    z = agreed(torch.as_tensor(bench.ensemble.z_items(p, rows)), bench.config.ensemble, bench.config.kappa).numpy()
    known = np.isfinite(z)
    return rows[known][np.argsort(-z[known], kind="stable")][: bench.config.n_diverse]


def why_rejected(scores: Scores) -> str:
    """How many pictures failed which guard."""
    wrong, far = int((~scores.category_agreed).sum()), int((scores.category_agreed & ~scores.realistic).sum())
    return f"of {len(scores)} pictures {wrong} look like another category and {far} like no real garment of it"


def random_pictures(bench: Bench, p: int, n: int, seed: int) -> tuple[NDArray[np.float32], Tensor]:
    """n drawings of the problem's category from random latents, and those latents."""
    z = sample_latent(bench.atelier.model.latent, n, torch.Generator().manual_seed(address(seed, "random", p)))
    return bench.atelier.paint(z, np.full(n, bench.problems[p].category)), z


def _finished(bench: Bench, p: int, z: Tensor, seed: int) -> Designed:
    """The diverse best of the drawings of z (R, d) that pass the guards, or what takes their place."""
    config, problem = bench.config, bench.problems[p]
    images = bench.atelier.paint(z, np.full(len(z), problem.category))
    scores = score_pictures(bench, p, images)
    how, reason, wanted = "searched", "", config.n_diverse
    if not scores.realistic.any():
        how, reason, wanted = "random draw", f"nothing that the search found passes: {why_rejected(scores)}", 1
        images, z = random_pictures(bench, p, config.fallback_draws, seed)
        scores = score_pictures(bench, p, images)
        if not scores.realistic.any():
            how, reason = "none", f"{reason}; of random drawings neither: {why_rejected(scores)}"
    passed = np.flatnonzero(scores.realistic)
    value = worth(scores, config.eta)[passed]
    alike = pairwise_ssim(images[passed]) if wanted > 1 else np.eye(len(passed))
    chosen = passed[choose_diverse(value, alike, wanted, config.novelty)]
    real = best_real(bench, p)
    real_scores = score_pictures(bench, p, bench.atelier.catalogue.floats(real))
    latents = z.detach().cpu().float().numpy()[chosen]
    return Designed(problem, how, reason, images[chosen], latents, scores.take(chosen), real, real_scores)


def climb(
    bench: Bench, start: Tensor, steps: int, seed: int, before_each: Callable[[], object] = lambda: None
) -> Tensor:
    """The best latents (S, d) seen from each of S starts (S, d) within `steps`, for a bench of one problem.

    `before_each` is called before each step; what it raises ends the climb.
    """
    config = replace(search_config(bench.config), starts=len(start), candidates=len(start), steps=steps)
    atelier, worth_of = bench.atelier, design_objective(bench)

    def objective(z: Tensor, problem: Tensor, generator: torch.Generator) -> Tensor:
        before_each()
        return worth_of(z, problem, generator)

    found = search_latents(
        objective, atelier.model.latent, 1, config, seed=seed, start=start[None], device=atelier.device
    )
    return found.z[0]


def design(
    atelier: Atelier,
    tastes: Tastes,
    seen: "csr_matrix | None",
    problems: Sequence[Problem],
    config: DesignConfig | None = None,
    *,
    seed: int,
    standards: Standards | None = None,
) -> list[Designed]:
    """Designs for every problem, all searched in shared batches.

    Args:
        tastes: customers' vectors (T, K_m) for each of `atelier.recommenders` (see `Atelier.tastes`).
        seen: csr (T, N), what each of those T customers has had to do with; None = nothing.
        problems: members are rows of `tastes`.
        standards: of the atelier, to measure them once for many calls.

    A problem without an acceptable design is answered with "random draw" or "none" and the reason, never with an
    error. ValueError where tastes, problems and atelier do not fit.
    """
    bench = set_up(atelier, tastes, seen, problems, config or DesignConfig(), standards, seed)
    if not bench.problems:
        return []
    found = search_latents(
        design_objective(bench),
        atelier.model.latent,
        len(bench.problems),
        search_config(bench.config),
        seed=seed,
        device=atelier.device,
    )
    return [_finished(bench, p, found.z[p], seed) for p in range(len(bench.problems))]


# ---------------------------------------------------------------------------------------------------------------------
# Designs on disk: plain arrays and JSON, marked as synthetic.


_SCORES = tuple(Scores.__dataclass_fields__)


def _scores(prefix: str, scores: Scores) -> dict[str, Any]:
    return {f"{prefix}_{name}": getattr(scores, name) for name in _SCORES}


def save_designed(designed: Sequence[Designed], folder: Path) -> None:
    """Writes designs.npz and designs.json into an existing folder; pictures become uint8."""
    arrays: dict[str, Any] = {}
    for number, one in enumerate(designed):
        images = (one.images.clip(0, 1) * 255).round().astype(np.uint8)
        own = {"images": images, "z": one.z, "real": one.real}
        own |= _scores("scores", one.scores) | _scores("real_scores", one.real_scores)
        arrays |= {f"{number}_{name}": value for name, value in own.items()}
    about = [
        {"members": list(d.problem.members), "category": d.problem.category, "how": d.how, "reason": d.reason}
        for d in designed
    ]
    np.savez(folder / "designs.npz", **arrays)
    (folder / "designs.json").write_text(json.dumps({"synthetic": True, "designs": about}))


def load_designed(folder: Path) -> list[Designed]:
    """Reads what `save_designed` wrote; pictures float32 in [0, 1]."""
    about = json.loads((folder / "designs.json").read_text())["designs"]
    found = []
    with np.load(folder / "designs.npz") as arrays:
        for number, one in enumerate(about):
            own = {name: arrays[f"{number}_{name}"] for name in ("images", "z", "real")}
            scores, real = (
                Scores(**{name: arrays[f"{number}_{prefix}_{name}"] for name in _SCORES})
                for prefix in ("scores", "real_scores")
            )
            problem = Problem(tuple(one["members"]), one["category"])
            images = own["images"].astype(np.float32) / np.float32(255)
            found.append(Designed(problem, one["how"], one["reason"], images, own["z"], scores, own["real"], real))
    return found
