"""Drawings with everything that a change of taste does not change: a pool of them is ranked anew at once."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medgan_fashion.fashion.design.atelier import Atelier
from medgan_fashion.fashion.design.realism import verdicts
from medgan_fashion.fashion.design.search import choose_diverse
from medgan_fashion.fashion.design.taste import Standards
from medgan_fashion.gan.latent.search import address
from medgan_fashion.gan.networks.latent import sample_latent

Floats = NDArray[np.float64]
SHORTLIST = 60  # of which a diverse few are chosen
REALISM = 3.0  # sd of preference that a wholly safe wish gives up for the nearest garment instead of the farthest
DARING = 2.0  # sd of preference beyond the best real item that a wholly bold wish believes in


@dataclass(frozen=True)
class Drawings:
    """n drawings of one category.

    Args:
        z: float32 (n, d). images: uint8 (n, 3, S, S).
        vectors: float32 (n, sum of K_m), biases: (n, M), what each of the atelier's recommenders says of them.
        features: float32 (n, F) in the encoder's space. distance, quantile: (n,) see scores.Scores.
        judge: (n,) the calibrated discriminator. realistic: bool (n,), passes the checks of a design.
    """

    z: NDArray[np.float32]
    images: NDArray[np.uint8]
    vectors: NDArray[np.float32]
    biases: NDArray[np.float32]
    features: NDArray[np.float32]
    distance: Floats
    quantile: Floats
    judge: Floats
    realistic: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.z)

    def take(self, rows: NDArray[Any]) -> "Drawings":
        """Those drawings alone, in that order (numbers or a mask)."""
        return Drawings(*(getattr(self, field.name)[rows] for field in fields(self)))

    def split(self, atelier: Atelier) -> tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]]:
        """Vectors (n, K_m) and biases (n,) of each recommender."""
        ends = np.cumsum([model.phi.shape[1] for model in atelier.recommenders])
        return np.split(self.vectors, ends[:-1], axis=1), list(self.biases.T)


def joined(parts: Sequence[Drawings]) -> Drawings:
    """All drawings one after the other."""
    return Drawings(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Drawings)))


def look_at(atelier: Atelier, standards: Standards, category: int, z: Tensor) -> Drawings:
    """Draws latents (n, d) of a category and looks at the pictures with all that judges them."""
    categories = np.full(len(z), category)
    images = atelier.paint(z, categories)
    looked = [model.embed(images) for model in atelier.recommenders]
    features, realism = atelier.features(images), standards.realism
    distance = realism.distances(features, category)
    right = atelier.categories_of(images) == category
    return Drawings(
        z=z.detach().cpu().float().numpy(),
        images=(images.clip(0, 1) * 255).round().astype(np.uint8),
        vectors=np.concatenate([vectors for vectors, _ in looked], axis=1),
        biases=np.stack([bias for _, bias in looked], axis=1),
        features=features.astype(np.float32),
        distance=distance,
        quantile=realism.quantiles(distance, category),
        judge=verdicts(standards.judge, atelier, images, categories),
        realistic=right & (distance <= realism.threshold(category)),
    )


def draw_pool(atelier: Atelier, standards: Standards, category: int, n: int, seed: int) -> Drawings:
    """The realistic ones of n random drawings of a category; all of them where none is."""
    generator = torch.Generator().manual_seed(address(seed, "pool", category))
    drawn = look_at(atelier, standards, category, sample_latent(atelier.model.latent, n, generator))
    return drawn.take(drawn.realistic) if drawn.realistic.any() else drawn


@dataclass(frozen=True)
class Wish:
    """What a person asks for beside their taste, each 0 to 1: `bold` (0 = like what is in the shop), `varied` (0 = all
    of one kind)."""

    bold: float = 0.4
    varied: float = 0.4

    def __post_init__(self) -> None:
        if not (0 <= self.bold <= 1 and 0 <= self.varied <= 1):
            raise ValueError(f"a wish is a number from 0 to 1 each, not bold {self.bold}, varied {self.varied}")


def best_drawings(drawings: Drawings, z: Floats, most: float, wish: Wish, k: int) -> NDArray[np.int64]:
    """Rows of up to k drawings for a taste under which they have the preference z (n,), the best first.

    Preference counts up to `most`, that of the best real item on offer, and as far beyond it as the wish is bold; the
    share of held-out photos that are nearer to real garments is paid for as far as it is not. Among the best, a
    varied few by maximal marginal relevance.
    """
    value = np.minimum(z, most + DARING * wish.bold) - REALISM * (1 - wish.bold) * drawings.quantile
    short = np.argsort(-value, kind="stable")[:SHORTLIST]
    features = drawings.features[short].astype(np.float64)
    apart = np.linalg.norm(features[:, None] - features[None], axis=2)
    typical = float(np.median(apart[np.triu_indices(len(short), 1)])) if len(short) > 1 else 1.0
    alike = np.clip(1 - apart / max(2 * typical, 1e-9), 0, 1)
    return short[choose_diverse(value[short], alike, k, 0.7 * wish.varied)]


def save_drawings(drawings: Drawings, path: Path) -> None:
    """One .npz of plain arrays."""
    with path.open("wb") as file:
        np.savez(file, **{field.name: getattr(drawings, field.name) for field in fields(drawings)})


def load_drawings(path: Path) -> Drawings:
    """Reads what `save_drawings` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        return Drawings(**{field.name: arrays[field.name] for field in fields(Drawings)})
