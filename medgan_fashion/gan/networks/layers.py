"""The layers that the network pairs share: labels in, attention, minibatch statistics, the output head."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d

from medgan_fashion.gan.recipe.schedules import base_grid

Wrap = Callable[[nn.Module], nn.Module]


class DiscriminatorOutput(NamedTuple):
    """What a discriminator says: logits (N, 1) or, by patch, (N, P); class logits (N, K) or None; features."""

    logits: Tensor
    class_logits: Tensor | None
    features: Tensor


class MinibatchDeviation(nn.Module):
    """Appends one map: the mean over features of the standard deviation within groups of four (Karras et al. 2018)."""

    def forward(self, x: Tensor) -> Tensor:
        n = x.shape[0]
        group = next(g for g in (4, 3, 2, 1) if n % g == 0)
        grouped = x.reshape(group, n // group, *x.shape[1:])
        # the mean of squares, not var(): several times faster on a CPU for so few members
        spread = ((grouped - grouped.mean(0)).square().mean(0) + 1e-8).sqrt()
        plane = spread.mean(tuple(range(1, x.ndim)), keepdim=True).repeat(group, *[1] * (x.ndim - 1))
        return torch.cat([x, plane.expand(n, 1, *x.shape[2:])], 1)


class LabelledLatent(nn.Module):
    """z joined with the class: multiplied by its embedding, or followed by it."""

    def __init__(self, how: str, size: int, n_classes: int) -> None:
        super().__init__()
        self.how = how
        self.embedding = nn.Embedding(n_classes, size) if how != "none" else None
        self.out_features = 2 * size if how == "concat" else size

    def forward(self, z: Tensor, y: Tensor | None) -> Tensor:
        if self.embedding is None:
            return z
        label = self.embedding(y)
        return z * label if self.how == "multiply" else torch.cat([z, label], 1)


class OutputHead(nn.Module):
    """Features to a logit, plus the class's projection on the features where that is the conditioning.

    "classes": class logits from a head of their own (Odena et al. 2017). "shared": from the only head, and the logit
    is their log-sum-exp, which makes sigmoid(logit) the D(x) of Salimans et al. 2016, section 5.
    """

    def __init__(self, features: int, how: str, n_classes: int, wrap: Wrap) -> None:
        super().__init__()
        self.features = features
        self.logit = None if how == "shared" else wrap(nn.Linear(features, 1))
        self.classes = wrap(nn.Linear(features, n_classes)) if how in ("classes", "shared") else None
        self.projection = wrap(nn.Embedding(n_classes, features)) if how == "projection" else None

    def forward(self, features: Tensor, y: Tensor | None) -> DiscriminatorOutput:
        class_logits = None if self.classes is None else self.classes(features)
        if self.logit is None:
            assert class_logits is not None
            return DiscriminatorOutput(class_logits.logsumexp(1, keepdim=True), class_logits, features)
        logits = self.logit(features)
        if self.projection is not None:
            # / sqrt(F): the class's say starts on the scale of the logit itself, whatever the number of features
            say = (self.projection(y) * features).sum(1, keepdim=True) / math.sqrt(features.shape[1])
            logits = logits + say
        return DiscriminatorOutput(logits, class_logits, features)


class LabelPlane(nn.Module):
    """Appends one learned plane per class as an extra channel."""

    def __init__(self, n_classes: int, spatial: tuple[int, ...]) -> None:
        super().__init__()
        self.spatial = spatial
        self.embedding = nn.Embedding(n_classes, math.prod(spatial))

    def forward(self, images: Tensor, y: Tensor) -> Tensor:
        return torch.cat([images, self.embedding(y).reshape(-1, 1, *self.spatial)], 1)


class Noise(nn.Module):
    """Adds N(0, sd) while training, from torch's global stream: the loop addresses it (Batch.addressed)."""

    def __init__(self, sd: float) -> None:
        super().__init__()
        self.sd = sd

    def forward(self, x: Tensor) -> Tensor:
        return x + self.sd * torch.randn_like(x) if self.training else x


# ---------------------------------------------------------------------------------------------------------------------
# Self-attention over the places of a feature map, Zhang et al. 2019 (SAGAN); Brock et al. 2019 use the same.


class SelfAttention2d(nn.Module):
    """x + gamma o(x), x (N, C, h, w) with h, w >= 2: every place adds what it finds at the places it resembles.

    o weighs the values by softmax(f(x)' g(x)) (Zhang et al. 2019, eq. 1 to 3); f and g have C / 8 channels, the
    values C / 2, and the keys and values are max-pooled 2x2, a quarter of the work, as the released codes have it.
    gamma starts at 0, so the layer starts as the identity. `wrap` prepares each 1x1 convolution, for example by
    normalising its spectrum.
    """

    def __init__(self, channels: int, wrap: Wrap = lambda module: module) -> None:
        super().__init__()
        inner, values = max(1, channels // 8), max(1, channels // 2)
        self.query = wrap(nn.Conv2d(channels, inner, 1, bias=False))
        self.key = wrap(nn.Conv2d(channels, inner, 1, bias=False))
        self.value = wrap(nn.Conv2d(channels, values, 1, bias=False))
        self.out = wrap(nn.Conv2d(values, channels, 1, bias=False))
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        queries = self.query(x).flatten(2).transpose(1, 2)
        keys, values = (max_pool2d(layer(x), 2).flatten(2) for layer in (self.key, self.value))
        # not scaled_dot_product_attention: its fused kernels have no second derivative, which gradient penalties need
        weights = (queries @ keys).softmax(-1)
        found = (values @ weights.transpose(1, 2)).reshape(x.shape[0], -1, *x.shape[2:])
        return x + self.gamma * self.out(found)


def attended_level(side: int, height: int, width: int) -> int | None:
    """How many doublings above the base grid the map lies whose smaller side is `side`; None for side 0.

    Attention stands on any grid from the base to half of the image. Raises ValueError for a side that no grid has.
    """
    if side == 0:
        return None
    h0, w0, k = base_grid(height, width)
    sides = [min(h0, w0) * 2**level for level in range(k)]
    if side not in sides:
        raise ValueError(
            f"networks.attention is {side}, but the grids of {height}x{width} images have the smaller sides "
            f"{', '.join(map(str, sides))}; take one of these, or 0 for no attention"
        )
    return sides.index(side)


# ---------------------------------------------------------------------------------------------------------------------
# Minibatch discrimination: D sees how close an image is to the others of its batch (Salimans et al. 2016, 3.2).


class MinibatchDiscrimination(nn.Module):
    """Features f (N, A) to (N, A + B), the last being o_b(i) = sum over j != i of exp(-|M_ib - M_jb|_1), M = f T with
    T (A, B, C).

    A generator that draws one image all the time makes every o large. The sum leaves the image itself out: its term
    is always 1. A batch of one therefore gets zeros. What D says of an image depends on its batch, so judge reals and
    fakes in batches of their own and of one size. The paper's T is 100 kernels of 5 numbers; here `kernels` = 32.
    """

    def __init__(self, features: int, kernels: int = 32, numbers: int = 5) -> None:
        super().__init__()
        self.added = kernels
        # distances of about 1 between features of scale 1: where exp(-distance) still has a slope
        scale = 1.0 / (numbers * math.sqrt(features))
        self.kernel = nn.Parameter(torch.randn(features, kernels * numbers) * scale)

    def forward(self, features: Tensor) -> Tensor:
        projected = (features @ self.kernel).reshape(features.shape[0], self.added, -1)
        distances = (projected[:, None] - projected[None]).abs().sum(3)
        return torch.cat([features, (-distances).exp().sum(1) - 1.0], 1)
