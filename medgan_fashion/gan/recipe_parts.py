"""What a recipe is made of: networks, penalties, latent, growth, as plain values; imports no torch."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class NetworkPair:
    """The two networks.

    `width` is the channel count at full resolution; it doubles with each halving up to `max_width`. Conditioning
    in G: the class embedding multiplies z ("multiply", as CGANs on DCGAN do) or is appended to it ("concat");
    in D: a learned label plane is an extra input channel ("plane"), or a class vector is projected on the
    features ("projection", Miyato and Koyama 2018). The pair of kind "kang" takes one-hot classes ("onehot") in both,
    D's widths end at 2 x `max_width`. Of kind "spade", the last `given` channels of the images (masks) are handed to G,
    which paints the others over them; D sees all. A progressive pair keeps no activations of the levels from
    `recompute_from` on, and computes them again in the backward pass: less memory, a third more time.
    """

    kind: Literal["mlp", "dcgan", "kang", "progressive", "spade"] = "dcgan"
    width: int = 64
    max_width: int = 512
    kernel: Literal[4, 5] = 4
    norm_g: Literal["batch", "none"] = "batch"
    norm_d: Literal["batch", "none"] = "batch"
    init: Literal["dcgan", "he"] = "dcgan"
    spectral_norm: bool = False
    minibatch_deviation: bool = False
    condition_g: Literal["none", "multiply", "concat", "onehot"] = "none"
    condition_d: Literal["none", "plane", "projection", "onehot"] = "none"
    given: int = 0
    recompute_from: int = 99


@dataclass(frozen=True)
class PenaltyRow:
    """`weight` x the penalty named `name` (penalties.PENALTIES); at every k-th step, then k times as heavy."""

    name: str
    weight: float
    every: int = 1


@dataclass(frozen=True)
class Latent:
    """z has `size` numbers: N(0, 1), U(-1, 1), or uniform on the sphere of radius sqrt(size)."""

    size: int = 100
    prior: Literal["normal", "uniform", "sphere"] = "normal"


@dataclass(frozen=True)
class Growth:
    """Progressive growing (Karras et al. 2018) of networks of kind "progressive".

    The base grid trains for its `phase_images`; then each level fades in over its own and trains whole for as many,
    the last one to the end. Optimizers start afresh at each level. `phase_images` and `batches` are by level from
    the base grid on, the last number serving all levels above; no `batches`: the recipe's batch everywhere.
    """

    phase_images: tuple[int, ...] = (600_000,)
    batches: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.phase_images or min(self.phase_images + self.batches) < 1:
            raise ValueError("growth.phase_images needs at least one number, and they and growth.batches must be >= 1")

    def phase(self, level: int) -> int:
        """Images of one phase of a level."""
        return self.phase_images[min(level, len(self.phase_images) - 1)]
