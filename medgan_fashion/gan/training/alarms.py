"""Alarms: is the generator collapsing, has a loss become NaN? Each answer is a sentence with what to try."""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

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
