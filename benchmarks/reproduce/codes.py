"""Rows on codes of digits: reconstruction through thirty numbers, and the evidence lower bound."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.reproduce.data import Pictures, digits, write_grid
from benchmarks.reproduce.judging import drawn, rows_of
from benchmarks.reproduce.row import Job, Row
from benchmarks.reproduce.shared import trained
from medgan_fashion.gan.models.model import Model
from medgan_fashion.gan.recipe.table import changed_recipe, find_recipe
from medgan_fashion.gan.schemes.autoencoding import kl_to_normal, reconstruction

CODE = 30  # numbers in the autoencoder's code
AUTOENCODER = changed_recipe(
    "autoencoder",
    {
        "latent": {"size": CODE},
        "networks": {"width": 512},
        "autoencoding": {"reconstruction": "l2"},
        "ema_half_life": 20_000,
    },
)
VAE = replace(find_recipe("vae"), ema_half_life=20_000)


def pca_error(train_on: Tensor, held: Tensor, k: int) -> float:
    """Mean squared error per row of held-out rows (M, d) seen through the k first principal components of (N, d)."""
    mean = train_on.mean(0)
    centred = (train_on - mean).double()
    axes = torch.linalg.eigh(centred.T @ centred).eigenvectors[:, -k:]
    away = (held - mean).double()
    return float((away - away @ axes @ axes.T).square().sum(1).mean())


@torch.no_grad()
def reconstructed(model: Model, images: Pictures) -> Tensor:
    """Images as an autoencoder gives them back, rows of pixels in [0, 1]."""
    parts = [model.reconstruct(part) for part in torch.from_numpy(images).split(500)]
    return torch.cat(parts).reshape(len(images), -1) / 255


def pairs_grid(path: Path, images: Pictures, back: Tensor) -> None:
    """Rows of ten: digits, and below each what came back."""
    made = (back.clamp(0, 1) * 255).round().to(torch.uint8).numpy().reshape(images.shape)
    order = [part[i : i + 10] for i in range(0, 40, 10) for part in (images, made)]
    write_grid(path, np.concatenate(order))


def run_autoencoder(job: Job) -> dict[str, Any]:
    """Squared error per held-out digit, and PCA's with as many numbers."""
    split = digits(job.data)
    model = trained(job, "autoencoder", AUTOENCODER, split, 600_000)
    held, back = rows_of(split.held), reconstructed(model, split.held)
    error, pca = float((held - back).square().sum(1).mean()), pca_error(rows_of(split.train), held, CODE)
    pairs_grid(job.folder / "grid.png", split.held, back)
    return {"value": error, "text": f"{error:.2f}; PCA with as many numbers: {pca:.2f}", "pca": pca}


@torch.no_grad()
def lower_bound(model: Model, images: Pictures, seed: int) -> tuple[float, float]:
    """Mean (reconstruction, KL) per image in nats, one draw of z each: minus their sum is the evidence lower bound."""
    generator, totals = torch.Generator().manual_seed(seed), np.zeros(2)
    for part in torch.from_numpy(images).split(500):
        mean, log_variance = model.encode(part)
        z = mean + (0.5 * log_variance).exp() * torch.randn(mean.shape, generator=generator)
        made, real = (x / 127.5 - 1 for x in (model.synthesize(z), part.float()))
        both = (reconstruction("bce", made, real), kl_to_normal(mean, log_variance))
        totals += np.array([float(x) for x in both]) * len(part)
    return float(totals[0] / len(images)), float(totals[1] / len(images))


def run_vae(job: Job) -> dict[str, Any]:
    """The evidence lower bound on held-out digits."""
    split = digits(job.data)
    model = trained(job, "vae", VAE, split, 600_000)
    worse, kl = lower_bound(model, split.held, job.seed)
    write_grid(job.folder / "grid.png", drawn(model, 100, 1))
    bound = -(worse + kl)
    return {"value": bound, "text": f"{bound:.1f} nats (reconstruction {-worse:.1f}, KL {kl:.1f})", "kl": kl}


_held = "MNIST, 10,000 held-out digits of the training set"

ROWS: dict[str, Row] = {
    "autoencoder": Row(
        "autoencoder",
        "deep autoencoder",
        "autoencoder",
        "Hinton and Salakhutdinov 2006, fig. 2",
        _held,
        "squared error per digit, summed over pixels in [0, 1], code of 30 numbers",
        "3.00; PCA: 13.87",
        "MNIST test digits",
        True,
        (0, 1),
        run_autoencoder,
        "Ours is trained at once (no pretraining), with two hidden layers of 512 on either side and averaged weights.",
    ),
    "vae": Row(
        "vae",
        "variational autoencoder",
        "vae",
        "Kingma and Welling 2014, fig. 2 (curves only); figure: Burda et al. 2016, table 1",
        _held,
        "evidence lower bound per digit, pixels read as probabilities, 20 latent numbers",
        "-86.76 nats",
        "binarised MNIST, log-likelihood by importance sampling, 50 latent numbers",
        False,
        (0, 1),
        run_vae,
        "Another measure on another binarisation: the two cannot be compared. Grey pixels as probabilities cost nats "
        "by themselves: even a perfect copy pays their entropy.",
    ),
}
