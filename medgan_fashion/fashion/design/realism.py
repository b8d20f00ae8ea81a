"""What keeps a design real: views and the calibrated discriminator in the search, and distance to real garments."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from medgan_fashion.evaluation.encoder import SmallCNN
from medgan_fashion.fashion.config import ViewConfig
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.design.atelier import CHUNK, Atelier
from medgan_fashion.fashion.recommend.model import resized
from medgan_fashion.fashion.recommend.towers import EncoderFeatures
from medgan_fashion.gan.latent.inversion import FrozenCritic
from medgan_fashion.gan.networks.latent import sample_latent

# ---------------------------------------------------------------------------------------------------------------------
# Realism: how near a picture is to real garments, measured as held-out photos themselves are.


Floats = NDArray[np.float64]
LEAST = 10  # held-out photos of a category to take its threshold from


def nearest_distances(features: Floats, others: Floats) -> Floats:
    """Distance (B,) of each row (B, d) to the nearest of the others (N, d)."""
    return cdist(features, others).min(axis=1)


def own_distances(features: Floats, style: NDArray[np.int64]) -> Floats:
    """Distance (N,) of each row (N, d) to the nearest one of another style; inf where there is none."""
    apart = cdist(features, features)
    apart[style[:, None] == style[None]] = np.inf
    return apart.min(axis=1)


@dataclass(frozen=True)
class Realism:
    """Features of real garments, and how far held-out photos lie from those that were trained on.

    Args:
        features: (N, d) of all items in the encoder's space.
        reference: for each category, rows of items that are not held out.
        held_out: for each category, the sorted distances of its held-out photos to the nearest reference; of the
            reference items to the nearest of another style where fewer than 10 are held out.
        quantile: of those distances that a design must not exceed.
    """

    features: Floats
    reference: tuple[NDArray[np.int64], ...]
    held_out: tuple[Floats, ...]
    quantile: float

    def threshold(self, category: int) -> float:
        """The largest distance that a realistic picture of the category has."""
        distances = self.held_out[category]
        return float(np.quantile(distances, self.quantile)) if len(distances) else float("inf")

    def distances(self, features: Floats, category: int) -> Floats:
        """Distance (B,) of pictures (their features (B, d)) to the nearest reference item of the category."""
        rows = self.reference[category]
        if len(rows) == 0:
            return np.full(len(features), np.inf)
        return nearest_distances(features, self.features[rows])

    def quantiles(self, distances: Floats, category: int) -> Floats:
        """Share (B,) of held-out photos of the category that are nearer than those distances (B,)."""
        own = self.held_out[category]
        return np.searchsorted(own, distances, side="left") / max(1, len(own))

    def nearest(self, features: Floats, rows: NDArray[np.int64], k: int) -> tuple[NDArray[np.int64], Floats]:
        """The k items among `rows` nearest to each picture (B, d): rows (B, k), distances (B, k), the nearest first;
        fewer columns where there are fewer items."""
        apart = cdist(features, self.features[rows]).astype(np.float64)
        order = apart.argsort(axis=1, kind="stable")[:, :k]
        return rows[order], np.take_along_axis(apart, order, axis=1)


def fit_realism(features: Floats, catalogue: Catalogue, quantile: float) -> Realism:
    """The realism of pictures in a feature space, from the features (N, d) of the catalogue's items."""
    reference, spread = [], []
    for category in range(len(catalogue.categories)):
        mine = catalogue.category == category
        known, unseen = np.flatnonzero(mine & ~catalogue.held_out), np.flatnonzero(mine & catalogue.held_out)
        reference.append(known)
        if len(unseen) >= LEAST and len(known):
            distances = nearest_distances(features[unseen], features[known])
        elif len(known):
            distances = own_distances(features[known], catalogue.style[known])
        else:
            distances = np.zeros(0)
        spread.append(np.sort(distances[np.isfinite(distances)]))
    return Realism(features, tuple(reference), tuple(spread), quantile)


SURE = 0.8  # probability of its category that a picture in the search is drawn up to


def shortfall(atelier: Atelier, realism: Realism, images: Tensor, categories: Tensor) -> Tensor:
    """How far (B,) pictures (B, 3, h, w) are from what the checks let pass, 0 where they pass; differentiable.

    max(0, log 0.8 - log p(category)) + max(0, distance / threshold - 1): nats of doubt about the category, and the
    share by which the nearest real garment of it is farther than the realism threshold.
    """
    network = atelier.encoder.network
    cnn = network.network
    assert isinstance(cnn, SmallCNN)  # an encoder is one
    raw = EncoderFeatures(network)(atelier.look(images))
    hidden = raw[:, -cnn.head.in_features :]
    sure = torch.log_softmax(cnn.head(hidden), dim=1).gather(1, categories[:, None])[:, 0]
    features = atelier.standardised(raw)
    doubt = (math.log(SURE) - sure).relu()
    far = torch.zeros_like(doubt)
    for category in categories.unique().tolist():
        threshold, rows = realism.threshold(category), realism.reference[category]
        if len(rows) and 0 < threshold < float("inf"):
            mine = categories == category
            others = torch.as_tensor(realism.features[rows], dtype=features.dtype, device=features.device)
            away = torch.cdist(features[mine], others).amin(1)
            far = far.masked_scatter(mine, (away / threshold - 1).relu())
    return doubt + far


def measure_realism(atelier: Atelier, quantile: float) -> Realism:
    """The realism of an atelier, in its encoder's space."""
    return fit_realism(atelier.item_features(), atelier.catalogue, quantile)


# ---------------------------------------------------------------------------------------------------------------------
# Guards inside the search: random views of each picture, and a discriminator whose word means the same everywhere.


REALS = 256  # photos of each category, at most, that the discriminator is calibrated on


def random_view(images: Tensor, config: ViewConfig, generator: torch.Generator) -> Tensor:
    """One random zoom in or out with a shift, flip, brightness and pattern of noise, the same for every picture
    (B, 3, h, w) in [0, 1]; differentiable in the pictures. In and out are as likely: views that only enlarge would
    make every design a little too small.

    All pictures of a step get the same view, so that a search does not depend on what else is in its batch; a row
    sees as many views as there are steps. Recommenders that are to agree are shown the same view.
    """
    device = images.device
    draw = torch.rand(5, generator=generator, device=device)
    side = 1 + config.crop * (draw[0] - 0.5)
    mirror = -1.0 if config.flip and draw[1] < 0.5 else 1.0
    centre = config.crop / 2 * (draw[2:4] * 2 - 1)
    frame = torch.zeros(1, 2, 3, device=device)
    frame[0, 0, 0], frame[0, 1, 1], frame[0, :, 2] = side * mirror, side, centre
    grid = affine_grid(frame, [1, *images.shape[1:]], align_corners=False)
    view = grid_sample(images, grid.expand(len(images), -1, -1, -1), padding_mode="border", align_corners=False)
    light = (draw[4] * 2 - 1) * config.brightness
    grain = torch.randn(images.shape[1:], generator=generator, device=device) * config.noise
    return (view + light + grain).clamp(0, 1)


@dataclass(frozen=True)
class Judge:
    """A calibrated discriminator: 1 is the median photo of the category, 0 what drawings would be that it tells from
    photos without fail.

    d = 1 + (logit - median of the category's photos) / (2 sd of the logits of photos and drawings together, each
    category about its own median photo). A least-squares D that tells them apart perfectly has photos at 1, drawings
    at 0 and a joint sd of 1/2, so d is its own answer; for other objectives, whose logits have another scale or mean
    something as differences only (relativistic ones), d is on that same scale.

    Args:
        critic: judges each picture by itself.
        median: (C,) of photos' logits, by the GAN's class; (1,) for a GAN without classes.
        scale: 2 sd.
    """

    critic: FrozenCritic
    median: Tensor
    scale: float

    def __call__(self, images: Tensor, labels: Tensor | None) -> Tensor:
        """d (B,) of pictures (B, 3, h, w) in [0, 1], differentiable."""
        centre = self.median[0] if labels is None else self.median[labels]
        return 1 + (raw_verdict(self.critic, images, labels) - centre) / self.scale


def raw_verdict(critic: FrozenCritic, images: Tensor, labels: Tensor | None) -> Tensor:
    """The discriminator's logits (B,) of pictures (B, 3, h, w) in [0, 1], brought to its size and range."""
    card = critic.model.card
    low, high = card.value_range
    shown = resized(images, card.shape[-1]).clamp(0, 1) * (high - low) + low
    return critic.logits(shown, labels).float()


def verdicts(
    judge: Judge, atelier: Atelier, images: NDArray[np.float32], categories: NDArray[np.int64]
) -> NDArray[np.float64]:
    """d (B,) of pictures (B, 3, h, w) in [0, 1] that stand for the catalogue's categories (B,)."""
    labels, parts = atelier.labels(categories), []
    with torch.inference_mode():
        for at in range(0, len(images), CHUNK):
            y = None if labels is None else labels[at : at + CHUNK]
            parts.append(judge(torch.as_tensor(images[at : at + CHUNK], device=atelier.device), y).cpu().double())
    return torch.cat(parts).numpy() if parts else np.zeros(0)


def _logits_about_median(
    atelier: Atelier, critic: FrozenCritic, rows: NDArray[np.int64], generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Of photos (rows, one class of the GAN): the median logit, and all logits of them and of drawings less that."""
    photos = torch.as_tensor(atelier.catalogue.floats(rows), device=atelier.device)
    y = atelier.labels(atelier.catalogue.category[rows])
    z = sample_latent(atelier.model.latent, len(rows), generator).to(atelier.device)
    with torch.no_grad():
        real = raw_verdict(critic, photos, y)
        drawn = raw_verdict(critic, atelier.draw(z, y), y)
    return real.median(), torch.cat([real, drawn]) - real.median()


def calibrate(atelier: Atelier, seed: int = 0) -> Judge:
    """The judge of an atelier, from photos that are not held out and as many drawings."""
    catalogue, model = atelier.catalogue, atelier.model
    critic, rng = FrozenCritic(model), np.random.default_rng((seed, 31))
    generator = torch.Generator().manual_seed(seed)
    median, spread = torch.zeros(max(1, len(model.card.classes)), device=atelier.device), []
    classes = [[c] for c in atelier.drawable()] if model.recipe.conditional else [atelier.drawable()]
    for group in classes:
        mine = np.isin(catalogue.category, group)
        rows = np.flatnonzero(~catalogue.held_out & mine)
        rows = np.sort(rng.permutation(rows)[:REALS])
        if len(rows):
            labels = atelier.labels(group)
            centre, about = _logits_about_median(atelier, critic, rows, generator)
            median[0 if labels is None else labels[0]] = centre
            spread.append(about)
    if not spread:
        raise ValueError("no photo of the GAN's classes is in the catalogue's training part: hold out fewer items")
    return Judge(critic, median, max(2 * float(torch.cat(spread).std()), 1e-6))
