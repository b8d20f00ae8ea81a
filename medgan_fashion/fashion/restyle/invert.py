"""Photos drawn by the GAN: their inversion, and the limits that held-out photos set for it."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from medgan_fashion.fashion.design.atelier import Atelier
from medgan_fashion.fashion.design_config import RestyleConfig
from medgan_fashion.fashion.restyle.mask import garment_mask
from medgan_fashion.fashion.restyle.quality import Quality, at_gan_size, measure_quality
from medgan_fashion.fashion.restyle.restyle_limits import Limits, limits_of
from medgan_fashion.gan.latent.inversion import Encode, InversionConfig, invert


@dataclass(frozen=True)
class Drawn:
    """P photos and how the GAN draws them.

    Args:
        photos, images: float32 (P, 3, S, S) in [0, 1] at the GAN's size, the photos and their drawings G(z*, c).
        masks: bool (P, S, S), the garment in each photo. categories: int64 (P,) of the catalogue.
        z: float32 (P, d), z*. quality: of the drawings.
    """

    photos: NDArray[np.float32]
    masks: NDArray[np.bool_]
    categories: NDArray[np.int64]
    z: NDArray[np.float32]
    images: NDArray[np.float32]
    quality: Quality


def draw_photos(
    atelier: Atelier,
    photos: NDArray[np.float32],
    categories: ArrayLike,
    *,
    own: NDArray[np.int64] | None = None,
    encoder: Encode | None = None,
    config: RestyleConfig | None = None,
    inversion: InversionConfig | None = None,
    seed: int,
) -> Drawn:
    """Inverts photos float32 (P, 3, h, w) in [0, 1] of the catalogue's categories (P,).

    `own` (P,): their rows in the catalogue, -1 for photos from elsewhere; `encoder`: a trained LatentEncoder, which
    gives one of the starts.
    """
    kinds, device = np.asarray(categories, dtype=np.int64), atelier.device
    targets = at_gan_size(atelier, photos)
    masks = garment_mask(targets)
    low, high = atelier.model.card.value_range
    found = invert(
        atelier.model,
        (torch.as_tensor(targets) * (high - low) + low).to(device),
        atelier.labels(kinds),
        masks=torch.as_tensor(masks).to(device),
        config=inversion or InversionConfig(),
        seed=seed,
        encoder=encoder,
    )
    images = atelier.paint(found.z, kinds)
    quality = measure_quality(atelier, targets, images, masks, kinds, own=own, panel=(config or RestyleConfig()).panel)
    return Drawn(targets, masks, kinds, found.z.cpu().float().numpy(), images, quality)


def unseen_photos(atelier: Atelier) -> NDArray[np.int64]:
    """Rows of the held-out items of categories that the GAN draws."""
    catalogue = atelier.catalogue
    return np.flatnonzero(catalogue.held_out & np.isin(catalogue.category, atelier.drawable()))


def measure_limits(
    atelier: Atelier,
    *,
    photos: int = 120,
    encoder: Encode | None = None,
    config: RestyleConfig | None = None,
    inversion: InversionConfig | None = None,
    seed: int,
) -> tuple[Limits, Drawn]:
    """The limits, from up to `photos` held-out items of categories that the GAN draws, and those drawings."""
    catalogue = atelier.catalogue
    rows = np.sort(np.random.default_rng((seed, 33)).permutation(unseen_photos(atelier))[:photos])
    drawn = draw_photos(
        atelier,
        catalogue.floats(rows),
        catalogue.category[rows],
        own=rows,
        encoder=encoder,
        config=config,
        inversion=inversion,
        seed=seed,
    )
    return limits_of(drawn.quality, config), drawn
