"""Guards inside the search: random views of each picture, and a discriminator whose word means the same everywhere."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from medgan_fashion.fashion.config import ViewConfig
from medgan_fashion.fashion.design.atelier import CHUNK, Atelier
from medgan_fashion.fashion.recommend.model import resized
from medgan_fashion.gan.latent.critic import FrozenCritic
from medgan_fashion.gan.networks.latent import sample_latent

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
