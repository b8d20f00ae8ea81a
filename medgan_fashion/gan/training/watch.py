"""What looks on while a GAN trains: alarms, score, samples for callbacks, and which weights are kept."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from medgan_fashion.gan.models.model import to_data_range
from medgan_fashion.gan.networks.latent import draw
from medgan_fashion.gan.schemes.base import given_part
from medgan_fashion.gan.training.state import State, copy_weights, published

# ---------------------------------------------------------------------------------------------------------------------
# Alarms: is the generator collapsing, has a loss become NaN? Each answer is a sentence with what to try.


COLLAPSED = 0.1  # of the reals' own diversity
PATIENCE = 3  # checks in a row


def diversity(images: Tensor, labels: Tensor | None) -> float:
    """Mean distance between two images of the same class, (N, C, H, W), averaged over classes.

    On 8x8 thumbnails: shapes and shades, not noise. 0 when every image of a class is the same.
    """
    small = adaptive_avg_pool2d(images.float(), 8).flatten(1) if images.ndim == 4 else images.float().flatten(1)
    groups = [small] if labels is None else [small[labels == c] for c in labels.unique()]
    spreads = [torch.pdist(group).mean() for group in groups if len(group) > 1]
    return float(torch.stack(spreads).mean()) if spreads else 0.0


def collapse_alarm(history: list[dict[str, Any]], warm_up: int) -> str | None:
    """A sentence when the last checks after `warm_up` images all fell below a tenth of the reals' diversity."""
    late = [row for row in history if row["images_seen"] >= warm_up][-PATIENCE:]
    if len(late) < PATIENCE or any(row["diversity"] >= COLLAPSED for row in late):
        return None
    return (
        f"the generator has collapsed: at {late[-1]['images_seen']} images seen its pictures of a class differ "
        f"{late[-1]['diversity']:.0%} as much as the real ones do; try recipe 'small', a lower learning rate, "
        "an R1 penalty or augmentation, or more images"
    )


def nan_alarm(first_bad: dict[str, Tensor]) -> str | None:
    """A sentence naming the first loss term that was not finite, and when. Reads the device."""
    found = {term: int(when) for term, when in first_bad.items()}
    bad = {term: when for term, when in found.items() if when >= 0}
    if not bad:
        return None
    term = min(bad, key=lambda name: bad[name])
    return (
        f"the loss term '{term}' became NaN or infinite at {bad[term]} images seen; "
        "try a lower learning rate, or an R1 or gradient penalty"
    )


def note_finite(first_bad: dict[str, Tensor], term: str, value: Tensor, images_seen: int) -> None:
    """Remembers on the device when `term` was first not finite, without waiting for its value."""
    if term not in first_bad:
        first_bad[term] = torch.full((), -1, device=value.device, dtype=torch.long)
    bad = ~torch.isfinite(value.detach()) & (first_bad[term] < 0)
    first_bad[term] = torch.where(bad, images_seen, first_bad[term])


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
    handed = given_part(watch.reals[0], state.recipe.given)
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
