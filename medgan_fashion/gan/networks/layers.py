"""The layers that the network pairs share: labels in, minibatch deviation, the verdict."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

Wrap = Callable[[nn.Module], nn.Module]


class Judgement(NamedTuple):
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


class Verdict(nn.Module):
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

    def forward(self, features: Tensor, y: Tensor | None) -> Judgement:
        class_logits = None if self.classes is None else self.classes(features)
        if self.logit is None:
            assert class_logits is not None
            return Judgement(class_logits.logsumexp(1, keepdim=True), class_logits, features)
        logits = self.logit(features)
        if self.projection is not None:
            # / sqrt(F): the class's say starts on the scale of the logit itself, whatever the number of features
            say = (self.projection(y) * features).sum(1, keepdim=True) / math.sqrt(features.shape[1])
            logits = logits + say
        return Judgement(logits, class_logits, features)


class LabelPlane(nn.Module):
    """Appends one learned plane per class as an extra channel."""

    def __init__(self, n_classes: int, spatial: tuple[int, ...]) -> None:
        super().__init__()
        self.spatial = spatial
        self.embedding = nn.Embedding(n_classes, math.prod(spatial))

    def forward(self, images: Tensor, y: Tensor) -> Tensor:
        return torch.cat([images, self.embedding(y).reshape(-1, 1, *self.spatial)], 1)


class Noise(nn.Module):
    """Adds N(0, sd) while training, from torch's global stream: the loop addresses it, see games.Batch.addressed."""

    def __init__(self, sd: float) -> None:
        super().__init__()
        self.sd = sd

    def forward(self, x: Tensor) -> Tensor:
        return x + self.sd * torch.randn_like(x) if self.training else x
