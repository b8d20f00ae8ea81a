"""Adversarial examples: one step (FGSM) or many (PGD), in L-inf and L2 balls, against any function images -> logits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from medgan_fashion.gan.latent.search import address

# images (N, C, H, W) in the stated value range -> raw logits (N, K), each row from its own image
Classifier = Callable[[Tensor], Tensor]
Norm = Literal["linf", "l2"]


@dataclass(frozen=True)
class Attack:
    """How far and how hard.

    `epsilon` and `step_size` are in units of `value_range`, the L2 norm being over an image's numbers. No `step_size`:
    2.5 epsilon / steps, with which PGD can go from any start to any edge of the ball (Madry et al. 2018, section 4).
    `loss`: cross-entropy, or "margin" = the best other logit less the label's, which does not saturate where a
    classifier is very sure (Carlini and Wagner 2017, f6). `batch` images are attacked at once.
    """

    epsilon: float
    norm: Norm = "linf"
    steps: int = 40
    restarts: int = 1
    step_size: float | None = None
    random_start: bool = True
    loss: Literal["cross_entropy", "margin"] = "cross_entropy"
    value_range: tuple[float, float] = (0.0, 1.0)
    batch: int = 256

    def __post_init__(self) -> None:
        if not self.epsilon >= 0 or min(self.steps, self.restarts, self.batch) < 1:
            raise ValueError(f"epsilon is {self.epsilon}; it must be >= 0, and steps, restarts and batch at least 1")
        if self.norm not in _DIRECTIONS or self.loss not in _LOSSES:
            raise ValueError(f"norm is {self.norm!r} and loss {self.loss!r}; take linf or l2, cross_entropy or margin")


class Slope(NamedTuple):
    """At images (N, C, H, W): the loss's gradient of that shape, the loss (N,), whether the label is missed (N,)."""

    gradient: Tensor
    loss: Tensor
    wrong: Tensor


SlopeOf = Callable[[Tensor], Slope]


@contextmanager
def steady(*parts: object) -> Iterator[None]:
    """Those of `parts` that are modules in eval mode and with frozen weights; all is put back afterwards."""
    networks = [part for part in parts if isinstance(part, nn.Module)]
    modes = [(module, module.training) for network in networks for module in network.modules()]
    wanted = [(weight, weight.requires_grad) for network in networks for weight in network.parameters()]
    try:
        for network in networks:
            network.eval().requires_grad_(False)
        yield
    finally:
        for module, mode in modes:
            module.training = mode
        for weight, wants in wanted:
            weight.requires_grad_(wants)


def margin(logits: Tensor, labels: Tensor) -> Tensor:
    """(N,) the best other logit less the label's: above 0 where the label is missed."""
    others = logits.scatter(1, labels[:, None], -torch.inf)
    return others.amax(1) - logits.gather(1, labels[:, None])[:, 0]


def _length(x: Tensor) -> Tensor:
    """The L2 norm of each image, as (N, 1, 1, ...)."""
    return x.flatten(1).norm(dim=1).reshape(-1, *[1] * (x.ndim - 1))


def _unit(gradient: Tensor) -> Tensor:
    return gradient / _length(gradient).clamp_min(1e-30)


def into_ball(images: Tensor, origin: Tensor, attack: Attack) -> Tensor:
    """Images moved to within epsilon of `origin` and into the value range.

    In L2 the range comes second: it holds the origin, so that clamping can only bring an image nearer to it.
    """
    low, high = attack.value_range
    if attack.norm == "linf":
        return images.clamp(origin - attack.epsilon, origin + attack.epsilon).clamp(low, high)
    moved = images - origin
    return (origin + moved * (attack.epsilon / _length(moved).clamp_min(1e-30)).clamp_max(1.0)).clamp(low, high)


def random_start(images: Tensor, attack: Attack, generator: torch.Generator) -> Tensor:
    """Images moved to a point drawn uniformly from their ball, then into the value range."""
    if attack.norm == "linf":
        drawn = torch.rand(images.shape, generator=generator) * 2 - 1
    else:
        drawn = _unit(torch.randn(images.shape, generator=generator))
        numbers = images[0].numel()  # a ball's volume grows with the radius to this power
        drawn = drawn * torch.rand(len(images), generator=generator).reshape(_length(drawn).shape) ** (1 / numbers)
    return into_ball(images + attack.epsilon * drawn.to(images), images, attack)


def slope_of(classify: Classifier, labels: Tensor, loss: str = "cross_entropy") -> SlopeOf:
    """The function images -> Slope that an attack climbs; labels (N,)."""

    def slope(images: Tensor) -> Slope:
        with torch.enable_grad():
            x = images.detach().requires_grad_()
            logits = classify(x)
            value = _LOSSES[loss](logits, labels)
            (gradient,) = torch.autograd.grad(value.sum(), x)
        return Slope(gradient, value.detach(), logits.detach().argmax(1) != labels)

    return slope


class _Best:
    """The strongest images seen so far: one that misses its label before one that does not, then by the loss."""

    def __init__(self, images: Tensor, at: Slope) -> None:
        self.images, self.loss, self.wrong = images.clone(), at.loss, at.wrong

    def offer(self, images: Tensor, at: Slope) -> None:
        better = (at.wrong & ~self.wrong) | ((at.wrong == self.wrong) & (at.loss > self.loss))
        self.images = torch.where(better.reshape(-1, *[1] * (images.ndim - 1)), images, self.images)
        self.loss, self.wrong = torch.where(better, at.loss, self.loss), self.wrong | at.wrong


def ascend(slope: SlopeOf, images: Tensor, attack: Attack, seed: int) -> Tensor:
    """Projected gradient ascent within the balls of `images`; (N, C, H, W).

    The strongest of all points passed in all restarts is kept, the images themselves among them: an attack never
    helps the classifier.
    """
    size = 2.5 * attack.epsilon / attack.steps if attack.step_size is None else attack.step_size
    generator = torch.Generator().manual_seed(seed)
    first = slope(images)
    best = _Best(images, first)
    for _ in range(attack.restarts if attack.random_start else 1):
        x, at = images, first
        if attack.random_start:
            x = random_start(images, attack, generator)
            at = slope(x)
            best.offer(x, at)
        for _ in range(attack.steps):
            x = into_ball(x + size * _DIRECTIONS[attack.norm](at.gradient), images, attack)
            at = slope(x)
            best.offer(x, at)
    return best.images


def checked(images: Tensor, labels: Tensor, value_range: tuple[float, float]) -> Tensor:
    """The images as floats; ValueError where they leave the range or the labels do not fit."""
    low, high = value_range
    if len(images) == 0 or labels.shape != (len(images),):
        raise ValueError(f"labels have shape {tuple(labels.shape)} for {len(images)} images; give one number for each")
    smallest, largest = float(images.min()), float(images.max())
    if not (smallest >= low - 1e-4 * (high - low) and largest <= high + 1e-4 * (high - low)):
        raise ValueError(f"images span [{smallest:g}, {largest:g}]; scale to [{low:g}, {high:g}] or say value_range")
    return images.detach().float().clamp(low, high)


def fgsm(classify: Classifier, images: Tensor, labels: Tensor, attack: Attack) -> Tensor:
    """One step of the whole epsilon from the image: x + epsilon sign(grad loss), into the value range.

    Goodfellow et al. 2015, eq. of section 4; in L2 along grad / ||grad||. Steps, restarts and start play no part.
    """
    images, parts = checked(images, labels, attack.value_range), []
    with steady(classify):
        for x, y in zip(images.split(attack.batch), labels.split(attack.batch), strict=True):
            step = _DIRECTIONS[attack.norm](slope_of(classify, y, attack.loss)(x).gradient)
            parts.append(into_ball(x + attack.epsilon * step, x, attack))
    return torch.cat(parts)


def pgd(classify: Classifier, images: Tensor, labels: Tensor, attack: Attack, seed: int = 0) -> Tensor:
    """The strongest images (N, C, H, W) that `ascend` finds within the attack's balls (Madry et al. 2018)."""
    images, parts = checked(images, labels, attack.value_range), []
    with steady(classify):
        for number, (x, y) in enumerate(zip(images.split(attack.batch), labels.split(attack.batch), strict=True)):
            slope = slope_of(classify, y, attack.loss)
            parts.append(ascend(slope, x, attack, address(seed, "attack", number)))
    return torch.cat(parts)


_DIRECTIONS: dict[str, Callable[[Tensor], Tensor]] = {"linf": torch.sign, "l2": _unit}

_LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cross_entropy": lambda logits, labels: cross_entropy(logits, labels, reduction="none"),
    "margin": margin,
}
