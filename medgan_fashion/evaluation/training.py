"""The one function that trains every classifier of the project, reproducible from its seed."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

FloatImages = NDArray[np.float32]
_PREDICT_BATCH = 256


class Normalised(nn.Module):
    """A network behind the training pool's mean and sd per channel, kept as buffers.

    `forward` takes float32 (N, C, h, w) in [0, 1]; everything else is the wrapped `network`'s.
    """

    mean: Tensor
    sd: Tensor

    def __init__(self, network: nn.Module, mean: Tensor, sd: Tensor) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", mean.reshape(1, -1, 1, 1).float())
        self.register_buffer("sd", sd.reshape(1, -1, 1, 1).float())

    def normalise(self, images: Tensor) -> Tensor:
        """Images (N, C, h, w) minus the mean, divided by the sd, channels last in memory (the faster way)."""
        return ((images - self.mean) / self.sd).contiguous(memory_format=torch.channels_last)

    def forward(self, images: Tensor) -> Tensor:
        return self.network(self.normalise(images))


def _rounds(rows: NDArray[np.int64], seed: int, kind: int) -> Iterator[int]:
    """Rows without end: one freshly shuffled round after another, each addressed by (seed, kind, round)."""
    turn = 0
    while True:
        yield from rows[np.random.default_rng((seed, kind, turn)).permutation(len(rows))].tolist()
        turn += 1


def batches(
    n: int, *, updates: int, batch: int, seed: int, real: NDArray[np.bool_] | None, real_share: float | None
) -> Iterator[NDArray[np.int64]]:
    """The row numbers of every update's batch: int64 (batch,), `updates` times.

    Where `real` marks both kinds and `real_share` is given, each batch holds round(batch * real_share) real
    rows (at least one of each kind), and each kind goes through its own shuffled rounds; otherwise the whole
    pool does.
    """
    if real is None or real_share is None or real.all() or not real.any():
        streams = [(_rounds(np.arange(n), seed, 0), batch)]
    else:
        n_real = min(max(round(batch * real_share), 1), batch - 1)
        streams = [
            (_rounds(np.flatnonzero(real), seed, 1), n_real),
            (_rounds(np.flatnonzero(~real), seed, 2), batch - n_real),
        ]
    for _ in range(updates):
        yield np.array([next(stream) for stream, count in streams for _ in range(count)], dtype=np.int64)


def _check(images: FloatImages, n_targets: int, real: NDArray[np.bool_] | None, batch: int) -> None:
    if images.ndim != 4 or images.dtype != np.float32 or len(images) == 0:
        raise ValueError(f"Training images must be float32 (N, C, h, w) with N > 0, not {images.dtype} {images.shape}.")
    if n_targets != len(images):
        raise ValueError(f"There are {len(images)} training images but {n_targets} targets: give one for each.")
    if real is not None and (real.dtype != np.bool_ or real.shape != (len(images),)):
        raise ValueError(f"The mask `real` must be bool ({len(images)},), not {real.dtype} {real.shape}.")
    if not np.isfinite(images).all():
        raise ValueError("A training image holds a value that is not finite; check its intensity mapping.")
    if batch < 2:
        raise ValueError("A batch must hold at least 2 images, since batch normalisation needs a spread.")


def _optimizer(
    network: nn.Module, name: Literal["adam", "sgd"], learning_rate: float, weight_decay: float
) -> torch.optim.Optimizer:
    parameters = network.parameters()
    if name == "adam":
        return torch.optim.AdamW(parameters, lr=learning_rate, weight_decay=weight_decay)
    return torch.optim.SGD(parameters, lr=learning_rate, momentum=0.9, weight_decay=weight_decay)


def _tensor(images: FloatImages) -> Tensor:
    """The images, copied only where torch must not share them: read-only, memory-mapped."""
    return torch.from_numpy(np.require(images, np.float32, ["C", "W"]))


def _wrap(network: nn.Module, images: FloatImages) -> Normalised:
    """The network with the pool's statistics, on the network's own device, in training mode."""
    mean, sd = images.mean(axis=(0, 2, 3), dtype=np.float64), images.std(axis=(0, 2, 3), dtype=np.float64)
    device = next(network.parameters()).device
    wrapped = Normalised(network, torch.from_numpy(mean), torch.from_numpy(np.maximum(sd, 1e-3)))
    return wrapped.to(device).train()


def train_network(
    network: nn.Module,
    images: FloatImages,
    targets: Tensor,
    loss_of: Callable[[Tensor, Tensor], Tensor],
    *,
    updates: int,
    batch: int = 64,
    learning_rate: float = 1e-3,
    optimizer: Literal["adam", "sgd"] = "adam",
    weight_decay: float = 1e-4,
    seed: int,
    real: NDArray[np.bool_] | None = None,
    real_share: float | None = None,
) -> Normalised:
    """Train `network` for exactly `updates` updates of `loss_of(outputs, targets)`, a scalar.

    Args:
        network: trained in place, on the device its parameters lie on.
        images: float32 (N, C, h, w) in [0, 1]; their mean and sd per channel become the normalisation.
        targets: one for each image along the first axis: labels, or masks.
        learning_rate: falls to 0 along a cosine (Loshchilov & Hutter 2017, without restarts).
        real, real_share: see `batches`.

    Returns the network behind its normalisation, in evaluation mode, for `in_batches`. The same seed, network
    and thread count give the same bits; torch's global random state is left as it was. ValueError where
    shapes or types do not fit.
    """
    _check(images, len(targets), real, batch)
    model = _wrap(network, images)
    device = model.mean.device
    steps = _optimizer(model, optimizer, learning_rate, weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(steps, T_max=updates)
    pool = _tensor(images)
    plan = batches(len(images), updates=updates, batch=batch, seed=seed, real=real, real_share=real_share)
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)  # for dropout, inside the fork only
        for rows in map(torch.from_numpy, plan):
            loss = loss_of(model(pool[rows].to(device)), targets[rows].to(device))
            steps.zero_grad()
            loss.backward()
            steps.step()
            schedule.step()
    return model.eval()


def train_classifier(network: nn.Module, images: FloatImages, labels: NDArray[np.int64], **how: Any) -> Normalised:
    """`train_network` (images -> K logits) by cross-entropy on labels int64 (N,) in 0..K-1; `how`: its keywords."""
    if labels.shape != (len(images),):
        raise ValueError(f"There are {len(images)} training images but labels of shape {labels.shape}.")
    targets = torch.tensor(labels, dtype=torch.int64)
    return train_network(network, images, targets, nn.functional.cross_entropy, **how)


def in_batches(function: nn.Module, images: FloatImages) -> NDArray[np.float64]:
    """`function` of float32 (N, C, h, w) in slices of 256 without gradients: float64 (N, ...)."""
    device = next(function.parameters()).device
    tensor = _tensor(images)
    with torch.inference_mode():
        parts = [function(part.to(device)).cpu() for part in tensor.split(_PREDICT_BATCH)]
    return torch.cat(parts).double().numpy()


def predict(network: nn.Module, images: FloatImages) -> NDArray[np.float64]:
    """Class probabilities float64 (N, K), rows summing to 1, of images float32 (N, C, h, w) in [0, 1]."""
    logits = torch.from_numpy(in_batches(network, images))
    return torch.softmax(logits, dim=1).numpy()
