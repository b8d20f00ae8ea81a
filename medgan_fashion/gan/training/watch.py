"""What looks on while a GAN trains: alarms, score, samples for callbacks, and which weights are kept."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from medgan_fashion.gan.models.model import to_data_range
from medgan_fashion.gan.networks.sampling import draw
from medgan_fashion.gan.schemes.base import given_part
from medgan_fashion.gan.training.alarms import COLLAPSED, collapse_alarm, diversity, nan_alarm
from medgan_fashion.gan.training.state import State, copy_weights, published


@dataclass(frozen=True)
class Score:
    """Judges averaged weights during training: `of(images in the data's range, labels) -> float`, lower is better.

    It chooses what is kept when an alarm ends the training; a healthy training keeps its last average, because the
    lowest of many noisy scores is as much luck as merit. `name` (with its extractor) stands in the model's facts.
    """

    name: str
    of: Callable[[Tensor, Tensor | None], float]
    images: int = 256


@dataclass(frozen=True)
class Progress:
    """What a callback sees at each check: `samples` are in the data's value range."""

    images_seen: int
    target: int
    row: dict[str, Any]
    samples: Tensor
    labels: Tensor | None


Callback = Callable[[Progress], None]


@dataclass
class Watch:
    """What looks on while the loop runs, and how often. It never changes a gradient."""

    target: int
    every: int
    score: Score | None
    callbacks: Sequence[Callback]
    progress: bool
    checkpoint: Path | None
    checkpoint_seconds: float
    reals: tuple[Tensor, Tensor | None]
    real_diversity: float
    saved: float = field(default_factory=time.monotonic)


def check(state: State, watch: Watch, terms: dict[str, Tensor]) -> None:
    """Looks at samples of the published networks: alarms, score, what to keep, callbacks, a line of progress."""
    state.alarm = nan_alarm(state.first_bad)
    if state.alarm:
        return
    labels = watch.reals[1]
    n = watch.score.images if watch.score else len(watch.reals[0])
    chosen = None if labels is None else labels.repeat(-(-n // len(labels)))[:n]
    device = next(state.networks["generator"].parameters()).device
    generator, shape = published(state)["generator"], state.card.shape
    handed = given_part(watch.reals[0], state.recipe.networks.given)
    given = handed[0].repeat(-(-n // len(handed[0])), 1, 1, 1)[:n] if handed else None
    latent, seed = state.recipe.latent, state.seed + 1
    raw = draw(generator, latent, n, chosen, seed=seed, device=device, shape=shape, given=given)
    ratio = diversity(raw, chosen) / max(watch.real_diversity, 1e-12)
    row: dict[str, Any] = {"images_seen": state.images_seen, "diversity": ratio}
    row |= {term: float(value.detach()) for term, value in terms.items()}
    samples = to_data_range(raw, state.card)
    if watch.score:
        row["score"] = float(watch.score.of(samples, chosen))
    state.history.append(row)
    state.alarm = collapse_alarm(state.history, warm_up=max(watch.target // 5, 5 * watch.every))
    keep(state, row, watch.score, done=state.images_seen >= watch.target)
    for callback in watch.callbacks:
        callback(Progress(state.images_seen, watch.target, row, samples, chosen))
    if watch.progress:
        said = "  ".join(f"{k} {v:.3g}" for k, v in row.items() if k != "images_seen")
        print(f"{state.images_seen:>9,} of {watch.target:,} images seen  {said}", file=sys.stderr)


def keep(state: State, row: dict[str, Any], score: Score | None, done: bool) -> None:
    """Remembers these weights: the last ones of a healthy training; until then the best by the score, or the latest
    whose pictures have not become alike."""
    if state.alarm:
        return
    last = "the last average" if state.average else "the last weights"
    if not done and state.kept is not None:
        worse = (
            row["score"] >= state.kept["score"] if score else row["diversity"] < COLLAPSED <= state.kept["diversity"]
        )
        if worse:
            return
    state.kept = {
        "by": last if done or score is None else score.name,
        "score": row.get("score"),
        "images_seen": state.images_seen,
        "diversity": row["diversity"],
        "weights": copy_weights(published(state)),
    }
