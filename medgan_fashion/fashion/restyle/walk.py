"""Restyle: draw a real garment photo with the GAN, say how faithfully, and walk towards a customer's taste."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medgan_fashion.fashion.config import DesignConfig, RestyleConfig
from medgan_fashion.fashion.design.atelier import Atelier, Tastes
from medgan_fashion.fashion.design.search import design_objective, search_config
from medgan_fashion.fashion.design.taste import Bench, Problem, Scores, Standards, score_pictures, set_up
from medgan_fashion.fashion.restyle.invert import CANNOT, Answer, Drawn, Limits, answers, reasons
from medgan_fashion.fashion.restyle.quality import error_inside
from medgan_fashion.gan.latent.search import RowObjective, search_latents

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True)
class Restyled:
    """One photo on its way to one customer's or segment's taste.

    Args:
        problem: for whom. answer, reason: how faithfully the photo could be drawn, and the numbers in a sentence.
        images: float32 (1 + n, 3, S, S): the drawing of the photo, then n steps; n is 0 for "cannot".
        z: float32 (1 + n, d). scores: of the images.
        apart: (1 + n,) root mean square difference from the photo inside its garment mask, of values in [0, 1].
        latent_apart: (1 + n,) |z - z*| / sqrt(d).
        stopped: why the walk ended before its last step, else "".
    """

    problem: Problem
    answer: Answer
    reason: str
    images: NDArray[np.float32]
    z: NDArray[np.float32]
    scores: Scores
    apart: NDArray[np.float64]
    latent_apart: NDArray[np.float64]
    stopped: str


def _on_a_leash(objective: RowObjective, home: Tensor, weight: float) -> RowObjective:
    """The objective less weight x |z - z*|^2 / d."""

    def leashed(z: Tensor, problem: Tensor, generator: torch.Generator) -> Tensor:
        return objective(z, problem, generator) - weight * (z - home[problem]).square().mean(dim=1)

    return leashed


def walk(bench: Bench, z: Tensor, config: RestyleConfig, seed: int) -> Tensor:
    """The path (P, 1 + n, d) from z (P, d), one problem each: from each point on, a search on the next, longer leash
    (its tie is to z itself, not to the point before)."""
    objective, path = design_objective(bench), [z]
    once = replace(search_config(bench.config), starts=1, candidates=1, steps=config.walk_steps, noise=0.0)
    for number, leash in enumerate(config.leashes):
        found = search_latents(
            _on_a_leash(objective, z, leash),
            bench.atelier.model.latent,
            len(z),
            once,
            seed=seed + number,
            start=path[-1][:, None],
            device=bench.atelier.device,
        )
        path.append(found.z[:, 0])
    return torch.stack(path, dim=1)


def _kept(bench: Bench, p: int, scores: Scores) -> tuple[int, str]:
    """How many images of a path to keep, and why no more: the walk ends before it leaves realism.

    A drawing that begins beyond the realism threshold may walk on, but not farther out.
    """
    threshold = max(bench.standards.realism.threshold(bench.problems[p].category), float(scores.distance[0]))
    for step in range(1, len(scores)):
        if not scores.category_agreed[step]:
            return step, f"step {step} would look like another category"
        if scores.distance[step] > threshold:
            return step, f"step {step} would be like no real garment of the category"
    return len(scores), ""


def _arrived(bench: Bench, p: int, path: Tensor, drawn: Drawn, answer: Answer, reason: str) -> Restyled:
    """What is told of one path (1 + n, d)."""
    problem = bench.problems[p]
    images = bench.atelier.paint(path, np.full(len(path), problem.category))
    scores = score_pictures(bench, p, images)
    kept, stopped = _kept(bench, p, scores)
    z, images = path[:kept].cpu().float().numpy(), images[:kept]
    apart = np.sqrt(error_inside(images, drawn.photos[p : p + 1], drawn.masks[p : p + 1]))
    away = np.linalg.norm(z - z[:1], axis=1) / np.sqrt(z.shape[1])
    return Restyled(problem, answer, reason, images, z, scores.take(np.arange(kept)), apart, away, stopped)


def restyle(
    atelier: Atelier,
    drawn: Drawn,
    limits: Limits,
    tastes: Tastes,
    seen: "csr_matrix | None",
    problems: Sequence[Problem],
    config: RestyleConfig | None = None,
    design_config: DesignConfig | None = None,
    *,
    seed: int,
    standards: Standards | None = None,
) -> list[Restyled]:
    """Walks every drawn photo towards the taste of its problem (photo p for problem p, of the same category).

    Photos that cannot be drawn are answered so and go nowhere. The others are walked in shared batches.
    """
    if [problem.category for problem in problems] != drawn.categories.tolist():
        raise ValueError("restyle takes one problem for each photo, of the photo's category")
    bench = set_up(atelier, tastes, seen, problems, design_config or DesignConfig(), standards, seed)
    given, said = answers(limits, drawn.quality), reasons(limits, drawn.quality)
    home = torch.as_tensor(drawn.z, device=atelier.device)
    paths = walk(bench, home, config or RestyleConfig(), seed) if any(a != CANNOT for a in given) else home[:, None]
    return [
        _arrived(bench, p, paths[p, :1] if given[p] == CANNOT else paths[p], drawn, given[p], said[p])
        for p in range(len(problems))
    ]
