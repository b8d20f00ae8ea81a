"""Schemes: which networks move, in which order, on which loss. The contracts; the schemes themselves stand in files of
their own (adversarial, autoencoding, translation) and in the table of table.py."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

Networks = dict[str, nn.Module]
Remembered = dict[str, Tensor]


@dataclass
class Batch:
    """Real images in [-1, 1] with labels, and the address (seed, images_seen) from which all its randomness comes.

    `labelled`: as many images with labels again, where only few of the data have one. `shared` holds what one step
    leaves for the next; `memory` what the scheme remembers beyond weights, part by part, not to be changed by a loss.
    """

    real: Tensor
    labels: Tensor | None
    seed: int
    images_seen: int
    last: bool = True
    labelled: tuple[Tensor, Tensor] | None = None
    shared: dict[str, Tensor] = field(default_factory=dict)
    memory: dict[str, Remembered] = field(default_factory=dict)

    def _seed(self, purpose: str) -> int:
        address = f"{self.seed}/{self.images_seen}/{purpose}".encode()
        return int.from_bytes(hashlib.blake2b(address, digest_size=7).digest(), "big")

    def generator(self, purpose: str) -> torch.Generator:
        """The random stream of this batch for one purpose: never the global one."""
        return torch.Generator(self.real.device).manual_seed(self._seed(purpose))

    @contextmanager
    def addressed(self, purpose: str) -> Iterator[None]:
        """Inside, torch's global stream (which layers such as dropout draw from) starts at this address; afterwards
        it is as it was."""
        with torch.random.fork_rng([self.real.device] if self.real.device.type == "cuda" else []):
            # never torch.manual_seed: it would reseed every CUDA device, also those that the fork does not restore
            torch.default_generator.manual_seed(self._seed(purpose))
            if self.real.device.type == "cuda":
                with torch.cuda.device(self.real.device):
                    torch.cuda.manual_seed(self._seed(purpose))
            yield


@dataclass(frozen=True)
class Step:
    """One kind of update: `loss(networks, batch)` gives named scalars whose sum the networks that it `trains` descend.

    `freezes` names the networks whose weight gradients the loss would compute in vain.
    """

    name: str
    trains: tuple[str, ...]
    loss: Callable[[Networks, Batch], dict[str, Tensor]]
    n_repeat: int = 1
    freezes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Memory:
    """What a scheme remembers beyond weights: named tensors, saved in the checkpoint.

    `start(networks, shape)` gives them for images (C, H, W); `after(remembered, networks, batch)` the next ones, a
    pure function called when a turn is over, with the turn's last batch.
    """

    start: Callable[[Networks, tuple[int, ...]], Remembered]
    after: Callable[[Remembered, Networks, Batch], Remembered]


@dataclass(frozen=True)
class Scheme:
    """One turn takes `batches` real batches; a step that repeats n times takes the last n of them, one each."""

    steps: tuple[Step, ...]
    averaged: tuple[str, ...]
    batches: int = 1
    memory: dict[str, Memory] = field(default_factory=dict)


def given_part(images: Tensor, given: int) -> tuple[Tensor, ...]:
    """What a generator that paints over pictures is handed beside z and y: the last `given` channels; or nothing."""
    return (images[:, -given:],) if given else ()
