"""How drawn pictures are judged: a classifier of real ones, distances in its feature space, a Parzen window."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import nn

from benchmarks.reproduce.data import Labels, Pictures, Split
from medgan_fashion.evaluation.encoder import Encoder, load_encoder, save_encoder, train_encoder
from medgan_fashion.evaluation.images.fid import fid
from medgan_fashion.evaluation.images.kid import kid
from medgan_fashion.evaluation.images.precision_recall import overlap
from medgan_fashion.evaluation.training import Normalised, predict, train_classifier
from medgan_fashion.gan.models.model import Model

SIGMAS = tuple(np.logspace(-1, -0.3, 10).round(3).tolist())  # sd of the Parzen windows, pixels in [0, 1]


def as_floats(images: Pictures) -> NDArray[np.float32]:
    """Pictures uint8 as float32 in [0, 1]."""
    return images.astype(np.float32) / np.float32(255)


def judge_of(split: Split, path: Path, updates: int) -> Encoder:
    """A classifier trained on the split's training pictures, read from `path` where it was already."""
    if path.exists():
        return load_encoder(path)
    found = train_encoder(as_floats(split.train), split.train_labels, split.n_classes, updates=updates, seed=0)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_encoder(found, path)
    return found


class DigitCNN(nn.Module):
    """Two strided convolutions and one hidden layer that knows where things lie: 28 x 28 pictures to K logits."""

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *(nn.Conv2d(1, 32, 5, 2, 2), nn.BatchNorm2d(32), nn.ReLU()),
            *(nn.Conv2d(32, 64, 3, 2, 1), nn.BatchNorm2d(64), nn.ReLU(), nn.Flatten()),
            *(nn.Linear(64 * 7 * 7, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, n_classes)),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.layers(images)


def digit_classifier(build: Callable[[], nn.Module], split: Split, path: Path, updates: int) -> Normalised:
    """What `build` makes, trained on the split's training pictures, or read from `path` where it was already."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = build()
    if path.exists():
        model = Normalised(network, torch.zeros(1), torch.ones(1))
        model.load_state_dict(load_file(path))
        return model.eval()
    model = train_classifier(network, as_floats(split.train), split.train_labels, updates=updates, batch=128, seed=0)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: value.contiguous() for key, value in model.state_dict().items()}, path)
    return model


def digit_judge(split: Split, path: Path, updates: int) -> Normalised:
    """The classifier that says which digits were drawn."""
    return digit_classifier(partial(DigitCNN, split.n_classes), split, path, updates)


def agreement(judge: Normalised, images: Pictures, labels: Labels) -> float:
    """The share of pictures that the judge names as the class they were asked for (or are)."""
    return float((predict(judge, as_floats(images)).argmax(1) == labels).mean())


def variety(images: Pictures, labels: Labels) -> float:
    """Variance of pixels in [0, 1] within a class, summed over the picture, mean over classes: 0 where a class always
    looks the same, which agreement alone would call perfect."""
    rows = as_floats(images).reshape(len(images), -1)
    return float(np.mean([rows[labels == one].var(0).sum() for one in np.unique(labels)]))


def drawn(model: Model, n: int, seed: int, truncation: float | None = None) -> Pictures:
    """n pictures uint8 (n, C, H, W); of a conditional model the classes take turns."""
    return model.generate(n, seed=seed, truncation=truncation).numpy()


def asked_for(n: int, n_classes: int) -> Labels:
    """The classes of `drawn` pictures of a conditional model."""
    return np.arange(n, dtype=np.int64) % n_classes


@dataclass(frozen=True)
class Distances:
    """Of one set of pictures from held-out real ones, in the judge's feature space."""

    kid: float
    fid: float
    precision: float
    recall: float
    coverage: float

    def text(self) -> str:
        """In words, KID in thousandths."""
        return (
            f"KID {1000 * self.kid:.1f}, FID {self.fid:.2f}, precision {self.precision:.2f}, "
            f"recall {self.recall:.2f}, coverage {self.coverage:.2f}"
        )


def distances(judge: Encoder, held: Pictures, images: Pictures) -> Distances:
    """Of as many pictures as there are held-out ones, at most."""
    real, fake = judge.features(as_floats(held)), judge.features(as_floats(images[: len(held)]))
    found = overlap(real, fake)
    return Distances(kid(real, fake).mean, fid(real, fake), found.precision, found.recall, found.coverage)


def rows_of(images: Pictures) -> torch.Tensor:
    """Pictures as rows of pixels in [0, 1], (N, C H W)."""
    return torch.from_numpy(as_floats(images).reshape(len(images), -1))


def squared_distances(samples: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """(M, N) between points (M, d) and samples (N, d), float32."""
    return torch.cat([torch.cdist(part, samples).square() for part in points.split(500)])


def log_parzen(squared: torch.Tensor, d: int, sigma: float) -> torch.Tensor:
    """(M,) log densities, in nats, under equal Gaussians of sd `sigma` around N samples in d dimensions, from squared
    distances (M, N): log (1/N) sum_i N(x; s_i, sigma^2 I), as Goodfellow et al. 2014, section 5, measure it."""
    n = squared.shape[1]
    kernel = torch.cat([torch.logsumexp(part.double() / (-2 * sigma**2), 1) for part in squared.split(500)])
    return kernel - math.log(n) - d * math.log(sigma * math.sqrt(2 * math.pi))


def parzen(samples: Pictures, validation: Pictures, test: Pictures) -> dict[str, float]:
    """Mean log-likelihood of the test pictures and its standard error, with the sigma that is best on validation."""
    made, d = rows_of(samples), int(np.prod(samples.shape[1:]))
    squared = squared_distances(made, rows_of(validation))
    sigma = max(SIGMAS, key=lambda s: float(log_parzen(squared, d, s).mean()))
    values = log_parzen(squared_distances(made, rows_of(test)), d, sigma)
    error = float(values.std() / len(values) ** 0.5)
    return {"value": float(values.mean()), "standard_error": error, "sigma": sigma}
