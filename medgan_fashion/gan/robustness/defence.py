"""Invert and classify: an image is replaced by the nearest drawable one; and what that defence is worth."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from medgan_fashion.gan.latent.search import SearchConfig, search_latents
from medgan_fashion.gan.models.model import Model
from medgan_fashion.gan.recipe.table import Latent
from medgan_fashion.gan.robustness.attacks import Classifier, steady

# ---------------------------------------------------------------------------------------------------------------------
# Invert and classify: an image is replaced by the nearest one that a generator can draw, and that one is classified.
#
# Samangouei et al. 2018 (Defense-GAN); Jalal, Ilyas et al. 2017, arXiv 1712.09196. An aid against small disturbances,
# no guarantee: whoever knows of it can attack it (aware.py).


# how hard a defender searches: 4 starts, the encoder's guess among them where there is one
DEFENDER = SearchConfig(
    starts=4, candidates=64, steps=150, learning_rate=0.1, noise=0.0, prior_weight=0.0, check_every=25, batch=512
)


@dataclass(frozen=True)
class Spanner:
    """A generator as the set of images that it can draw.

    `decode` z (N, d) -> images (N, C, H, W) in `value_range`, differentiable; `encode` images -> z (N, d), a first
    guess at the z of an image, where there is one.
    """

    decode: Callable[[Tensor], Tensor]
    latent: Latent
    value_range: tuple[float, float] = (0.0, 1.0)
    encode: Callable[[Tensor], Tensor] | None = None

    @torch.no_grad()
    def draw(self, z: Tensor) -> Tensor:
        """The images of z within the value range, without a gradient."""
        return self.decode(z).clamp(*self.value_range)


def spanner_of(model: Model) -> Spanner:
    """A model's generator, or decoder with its encoder, as a Spanner.

    Raises ValueError for a model that needs a class or a picture beside z: it spans no single set of images.
    """
    if model.recipe.conditional or model.recipe.given:
        raise ValueError(
            "the defence needs a model that draws from z alone; train vae, dcgan or another without labels"
        )
    encode = (lambda images: model.encode(images)[0]) if model.recipe.autoencoding else None
    return Spanner(model.synthesize, model.latent, model.card.value_range, encode)


@dataclass(frozen=True)
class Projections:
    """Per image: z (N, d), the nearest image found (N, C, H, W), and its distance (N,), the L2 norm over an image's
    numbers in units of the value range."""

    z: Tensor
    images: Tensor
    distances: Tensor


def distance(a: Tensor, b: Tensor) -> Tensor:
    """(N,) L2 norms of a - b, both (N, C, H, W)."""
    return (a - b).flatten(1).norm(dim=1)


def projected(
    spanner: Spanner,
    images: Tensor,
    config: SearchConfig = DEFENDER,
    *,
    seed: int = 0,
    start: Tensor | None = None,
    first: int = 0,
) -> Projections:
    """The images that the spanner can draw nearest to `images`: z* = argmin ||G(z) - x||^2, the best of all starts.

    `start` (N, d), else the encoder's guess, is one of the starts. A start's randomness is addressed by the seed and
    the image's number, `first` being the number of the first: in other batches the answer is the same up to rounding.
    """
    images = images.detach()
    if start is None and spanner.encode is not None:
        with torch.no_grad():
            start = spanner.encode(images)

    def nearness(z: Tensor, problem: Tensor, generator: torch.Generator) -> Tensor:
        return -(spanner.decode(z) - images[problem - first]).flatten(1).square().sum(1)

    found = search_latents(
        nearness, spanner.latent, len(images), config,
        seed=seed, start=None if start is None else start[:, None], first=first, device=images.device,
    )  # fmt: skip
    z = found.z[:, 0]
    drawn = spanner.draw(z)
    return Projections(z, drawn, distance(drawn, images))


@dataclass(frozen=True)
class Defence:
    """A classifier behind a spanner. An image farther than `threshold` from its projection is rejected."""

    classify: Classifier
    spanner: Spanner
    search: SearchConfig = field(default_factory=lambda: DEFENDER)
    threshold: float = float("inf")
    seed: int = 0


@dataclass(frozen=True)
class Verdicts:
    """Of N images: classes (N,), logits (N, K), whether it was rejected (N,), and the projections behind them."""

    classes: Tensor
    logits: Tensor
    rejected: Tensor
    projections: Projections


def defended(defence: Defence, images: Tensor) -> Verdicts:
    """C(G(z*)) of images (N, C, H, W) in the spanner's value range; the classifier in eval mode, and left as it was."""
    found = projected(defence.spanner, images, defence.search, seed=defence.seed)
    with steady(defence.classify), torch.no_grad():
        logits = torch.cat([defence.classify(part) for part in found.images.split(256)])
    return Verdicts(logits.argmax(1), logits, found.distances > defence.threshold, found)


def calibrated(defence: Defence, images: Tensor, quantile: float = 0.95) -> Defence:
    """The defence with the threshold below which that share of clean held-out images lies.

    Neither the generator nor the classifier may have been trained on `images`, or the threshold is too low.
    """
    if not 0 < quantile <= 1 or len(images) == 0:
        raise ValueError(f"quantile is {quantile} of {len(images)} images; it must lie in (0, 1], of at least one")
    found = projected(defence.spanner, images, defence.search, seed=defence.seed)
    return replace(defence, threshold=float(found.distances.quantile(quantile)))


# ---------------------------------------------------------------------------------------------------------------------
# What a defence is worth, in figures: accuracy, what rejecting costs and buys, and whether lesions outlive it.


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
