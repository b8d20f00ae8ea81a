"""What training data look like to the loop: a batch at an address; and two domains as one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from medgan_fashion.gan.networks.card import DataCard

RawBatch = tuple[Tensor, Tensor | None]


@dataclass(frozen=True)
class Source:
    """`fetch(seed, images_seen, batch)` gives raw images (B, C, H, W) and labels (B,) or None.

    `labelled` gives such a batch of the images with a label alone, where others have none (-1).
    `exact` is False where the same address need not give the same batch again (a plain iterable), `any_batch` where
    the caller's code decides how large a batch is.
    """

    fetch: Callable[[int, int, int], RawBatch]
    card: DataCard
    exact: bool = True
    any_batch: bool = True
    labelled: Callable[[int, int, int], RawBatch] | None = None


@dataclass(frozen=True)
class Domains:
    """Two sets of images for a translation: `given` (N, K, H, W), which it starts from, and `wanted` (M, C, H, W),
    what it should arrive at. `paired`: image i of one belongs to image i of the other. They are read as one set of
    C + K channels, the given ones last."""

    given: Any
    wanted: Any
    paired: bool = False


def shuffled_positions(n: int, seed: int, images_seen: int, batch: int) -> np.ndarray:
    """Rows number images_seen .. images_seen + batch of an endless series of shuffled epochs over n rows: a pure
    function, so that nothing needs to be remembered to resume."""
    position = np.arange(images_seen, images_seen + batch)
    rows = np.empty(batch, dtype=np.int64)
    for epoch in np.unique(position // n):
        chosen = position // n == epoch
        rows[chosen] = np.random.default_rng((seed, int(epoch))).permutation(n)[position[chosen] % n]
    return rows


@dataclass(frozen=True)
class Describe:
    """What the caller says of the data."""

    labels: Any = None
    classes: Sequence[str] | None = None
    value_range: tuple[float, float] | None = None
    provenance: dict[str, Any] = field(default_factory=dict)
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))


def domains_source(data: Domains, given: Source, wanted: Source, say: Describe) -> Source:
    """Both domains' images as one of C + K channels; ValueError where they do not fit one another."""
    a, b = given.card, wanted.card
    if a.shape[1:] != b.shape[1:]:
        raise ValueError(
            f"the given images are {a.shape[1:]} and the wanted ones {b.shape[1:]} pixels; cut both to one size"
        )
    if (a.value_range, a.dtype) != (b.value_range, b.dtype):
        raise ValueError(
            f"the given images are {a.dtype} in {a.value_range} and the wanted ones {b.dtype} in {b.value_range}; "
            "give both in one value range and type"
        )
    if data.paired and a.n != b.n:
        raise ValueError(f"{a.n} given images cannot be paired with {b.n} wanted ones; give as many of each")
    shape = (b.shape[0] + a.shape[0], *b.shape[1:])
    n = max(a.n, b.n)
    card = DataCard(shape, b.value_range, b.dtype, (), n, f"{b.fingerprint}+{a.fingerprint}", say.provenance)

    def fetch(seed: int, images_seen: int, batch: int) -> RawBatch:
        # without pairs the given ones are shuffled by a seed of their own: no partner by accident
        other = seed if data.paired else seed + 1
        ours, theirs = wanted.fetch(seed, images_seen, batch)[0], given.fetch(other, images_seen, batch)[0]
        return torch.cat([ours, theirs], 1), None

    return Source(fetch, card)
