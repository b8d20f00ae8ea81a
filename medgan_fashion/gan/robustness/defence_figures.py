"""What a defence is worth, in figures: accuracy, what rejecting costs and buys, and whether lesions outlive it."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from medgan_fashion.gan.robustness.attacks import Classifier, steady
from medgan_fashion.gan.robustness.defence import Verdicts


@torch.no_grad()
def accuracy(classify: Classifier, images: Tensor, labels: Tensor, batch: int = 256) -> float:
    """The share of images (N, C, H, W) whose label (N,) is met, the classifier in eval mode."""
    with steady(classify):
        classes = torch.cat([classify(part).argmax(1) for part in images.split(batch)])
    return float((classes == labels).float().mean())


@dataclass(frozen=True)
class Outcome:
    """Shares of images: `accuracy` without rejecting any, `rejected`, `accepted_accuracy` among those accepted (NaN of
    none), and `fooled`: accepted and classified wrongly, of all."""

    accuracy: float
    rejected: float
    accepted_accuracy: float
    fooled: float


def outcome(classes: Tensor, rejected: Tensor, labels: Tensor) -> Outcome:
    """The shares of classes (N,), rejected (N,) bool, labels (N,)."""
    right, accepted = classes == labels, ~rejected
    among = float(right[accepted].float().mean()) if bool(accepted.any()) else float("nan")
    fooled = float((~right & accepted).float().mean())
    return Outcome(float(right.float().mean()), float(rejected.float().mean()), among, fooled)


def at_quantiles(verdicts: Verdicts, labels: Tensor, clean: Tensor, quantiles: Sequence[float]) -> list[Outcome]:
    """The outcome at each threshold that keeps such a share of the clean held-out distances `clean` (M,)."""
    apart = verdicts.projections.distances
    return [outcome(verdicts.classes, apart > clean.quantile(q), labels) for q in quantiles]


def contrast(images: Tensor, masks: Tensor, ring: int = 3) -> Tensor:
    """(N,) mean inside the mask less the mean of a ring of `ring` pixels around it, over channels; masks (N, H, W).

    NaN where the mask is empty or leaves no ring.
    """
    inside = masks[:, None].float()
    around = max_pool2d(inside, 2 * ring + 1, stride=1, padding=ring) - inside
    shades = images.mean(1, keepdim=True)

    def mean(weight: Tensor) -> Tensor:
        return (shades * weight).sum((1, 2, 3)) / weight.sum((1, 2, 3))

    return mean(inside) - mean(around)


def contrast_kept(before: Tensor, after: Tensor, masks: Tensor, *, ring: int = 3, least: float = 0.05) -> Tensor:
    """(N,) share of the lesion's contrast that is left: 1 all of it, 0 none, below 0 turned round.

    NaN where the contrast before is below `least` in size, in units of the images: its share means nothing.
    """
    was, now = contrast(before, masks, ring), contrast(after, masks, ring)
    return torch.where(was.abs() >= least, now / was, torch.nan)


def noise_images(n: int, shape: Sequence[int], value_range: tuple[float, float], seed: int = 0) -> Tensor:
    """(n, *shape) of independent uniform numbers in the value range: images of nothing."""
    low, high = value_range
    return low + (high - low) * torch.rand((n, *shape), generator=torch.Generator().manual_seed(seed))
