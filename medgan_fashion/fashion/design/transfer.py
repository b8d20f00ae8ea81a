"""Whether designs please more than the recommenders that were climbed; with pixel ascent as the negative control."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from medgan_fashion.evaluation.classifiers.intervals import Interval
from medgan_fashion.fashion.design.search import Designed, random_pictures, variety
from medgan_fashion.fashion.design.taste import Bench, Preference, Scores, score_pictures

# ---------------------------------------------------------------------------------------------------------------------
# Pixel ascent: what designing looks like without a GAN and without guards. The negative control of the report.


def pixel_ascent(
    preference: Preference,
    images: NDArray[np.float32],
    *,
    steps: int = 60,
    learning_rate: float = 0.02,
) -> NDArray[np.float32]:
    """Climbs the z of one recommender from pictures float32 (P, 3, S, S) in [0, 1], picture p for problem p.

    Adam on the pixels, cut to [0, 1] after each step; no views, no discriminator, no prior. `preference` must be of
    one recommender (`Preference.only`): with it alone, what is gained is mostly that recommender's error.
    """
    if len(preference.models) != 1 or len(images) != len(preference.pairs):
        raise ValueError(
            f"pixel ascent takes one recommender and one picture for each of {len(preference.pairs)} problems, not "
            f"{len(preference.models)} and {len(images)}"
        )
    device = preference.pairs.device
    pixels = torch.tensor(images, device=device, requires_grad=True)
    problem = torch.arange(len(images), device=device)
    optimizer = torch.optim.Adam([pixels], lr=learning_rate)
    for _ in range(steps):
        with torch.enable_grad():
            (pixels.grad,) = torch.autograd.grad(-preference.z(pixels, problem).sum(), pixels)
        optimizer.step()
        pixels.data.clamp_(0, 1)
    return pixels.detach().cpu().numpy()


# ---------------------------------------------------------------------------------------------------------------------
# Whether designs please more than the recommenders that were climbed: transfer, and what realism costs.


Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Arm:
    """One way to come by pictures, judged for U problems; NaN for a problem that it has no picture for.

    Args:
        name: "designs", "best real items", "random drawings", "pixel ascent".
        climbed: (U,) mean z under the recommenders that were climbed (not their minimum: that would flatter the
            ratio), over the problem's pictures.
        held_out: (U,) mean z under the held-out recommenders.
        judge, quantile: (U,) mean calibrated discriminator, and share of held-out photos nearer to the catalogue.
        realistic: (U,) share that passes category check and realism threshold.
        variety: (U,) 1 - mean SSIM among a problem's pictures, NaN for fewer than two.
    """

    name: str
    climbed: Floats
    held_out: Floats
    judge: Floats
    quantile: Floats
    realistic: Floats
    variety: Floats


def _mean(values: NDArray[Any]) -> float:
    return float(np.mean(values)) if len(values) else float("nan")


def arm(name: str, scores: Sequence[Scores], images: Sequence[NDArray[np.float32]], climbed: int | None = None) -> Arm:
    """The arm of pictures and their scores for each problem; `climbed`: the one recommender of the ensemble that was
    climbed, None for all of them."""
    own = [one.each if climbed is None else one.each[:, [climbed]] for one in scores]
    columns = {
        "climbed": [_mean(each) for each in own],
        "held_out": [_mean(one.held_out) for one in scores],
        "judge": [_mean(one.judge) for one in scores],
        "quantile": [_mean(one.quantile) for one in scores],
        "realistic": [_mean(one.realistic) for one in scores],
        "variety": [variety(shown) for shown in images],
    }
    return Arm(name, **{key: np.array(values, dtype=np.float64) for key, values in columns.items()})


def transfer_ratio(one: Arm, seed: int = 0) -> Interval:
    """mean held-out z / mean z of what was climbed, over customers, with a 95 % bootstrap interval over them.

    1: the gain is there for a recommender that was not climbed, too; far below: it was that recommender's error.
    """
    from medgan_fashion.evaluation.ranking import ratio_interval

    there = np.isfinite(one.climbed) & np.isfinite(one.held_out)
    return ratio_interval(one.held_out[there], one.climbed[there], seed=seed)


@dataclass(frozen=True)
class Contestant:
    """One way to come by pictures: for each problem its pictures float32 (n, 3, S, S) and their scores; `climbed` is
    the one recommender of the ensemble that was climbed, None for all of them."""

    name: str
    images: Sequence[NDArray[np.float32]]
    scores: Sequence[Scores]
    climbed: int | None = None


def contestants(bench: Bench, designed: Sequence[Designed], *, steps: int | None = None, seed: int) -> list[Contestant]:
    """Designs beside the best real items, random drawings (as many of each), and pixel ascent from the best real item
    under the ensemble's first recommender."""
    catalogue, n = bench.atelier.catalogue, bench.config.n_diverse
    real = [catalogue.floats(d.real) for d in designed]
    drawn = [random_pictures(bench, p, n, seed)[0] for p in range(len(designed))]
    hacked = pixel_ascent(
        bench.ensemble.only(0), np.concatenate([one[:1] for one in real]), steps=steps or bench.config.steps
    )
    pictures = [hacked[p : p + 1] for p in range(len(designed))]
    return [
        Contestant("designs", [d.images for d in designed], [d.scores for d in designed]),
        Contestant("best real items", real, [d.real_scores for d in designed]),
        Contestant("random drawings", drawn, [score_pictures(bench, p, x) for p, x in enumerate(drawn)]),
        Contestant("pixel ascent", pictures, [score_pictures(bench, p, x) for p, x in enumerate(pictures)], climbed=0),
    ]


def summary(one: Arm) -> dict[str, float]:
    """Means over the problems that have a value."""
    values = {key: value[np.isfinite(value)] for key, value in vars(one).items() if key != "name"}
    return {key: _mean(value) for key, value in values.items()}
