"""How much of a garment survives when the GAN draws it: numbers inside the garment mask, and tests with a meaning."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from medgan_fashion.fashion.design.atelier import CHUNK, Atelier
from medgan_fashion.fashion.recommend.model import FactorModel, resized
from medgan_fashion.fashion.restyle.mask import garment_mask

Floats = NDArray[np.float64]
Images = NDArray[np.float32]
Masks = NDArray[np.bool_]
COMPARED = 1000  # real garments of a category that a drawing is compared with, at most


@dataclass(frozen=True)
class Quality:
    """Of P drawings of P photos; the first three inside the photos' garment masks.

    Args:
        ssim: (P,) structural similarity. It decides. Of the numbers that depend on no network it is the one that sees
            a smear: a plain garment on a bed comes back as a patch of the right colour, with a higher signal-to-noise
            ratio than a well-drawn catalogue photo has and a far lower structural similarity.
        psnr: (P,) peak signal-to-noise ratio in dB, at most 100.
        nearer: (P,) share of the category's other real garments that are nearer to the drawing than its photo is:
            0 where the garment would be found again from its drawing.
        silhouette: (P,) area that the garments of photo and drawing share, over the area that either covers.
        cosine: (P,) of the encoder's features of photo and drawing.
        category_kept: bool (P,), the encoder sees the photo's category in the drawing.
        preference_moved: (P,) root mean square over customers and recommenders of the change in score, in standard
            deviations of that customer's scores over the category's real items.
    """

    ssim: Floats
    psnr: Floats
    nearer: Floats
    silhouette: Floats
    cosine: Floats
    category_kept: NDArray[np.bool_]
    preference_moved: Floats

    def __len__(self) -> int:
        return len(self.ssim)

    def take(self, rows: NDArray[np.int64]) -> "Quality":
        """Those photos alone, in that order."""
        return Quality(*(value[rows] for value in vars(self).values()))


def error_inside(a: Images, b: Images, masks: Masks) -> Floats:
    """Mean square (N,) over channels and the pixels of masks (N, H, W) of the difference of pictures (N, C, H, W);
    arrays are broadcast against each other."""
    squared = ((a - b) ** 2).mean(axis=1)
    return ((squared * masks).sum(axis=(1, 2)) / masks.sum(axis=(1, 2))).astype(np.float64)


def psnr_inside(a: Images, b: Images, masks: Masks) -> Floats:
    """Peak signal-to-noise ratio (N,) in dB inside the masks, of pictures in [0, 1]; at most 100."""
    return -10 * np.log10(np.maximum(error_inside(a, b, masks), 1e-10))


def ssim_inside(a: Images, b: Images, masks: Masks) -> Floats:
    """Structural similarity (N,) averaged over channels and the pixels of the masks (Wang et al. 2004: Gaussian of sd
    1.5, K1 = 0.01, K2 = 0.03)."""
    from scipy.ndimage import gaussian_filter

    def smooth(x: Floats) -> Floats:
        return gaussian_filter(x, (0, 0, 1.5, 1.5), truncate=3.5)

    x, y = a.astype(np.float64), b.astype(np.float64)
    mean_x, mean_y = smooth(x), smooth(y)
    var_x, var_y = smooth(x * x) - mean_x**2, smooth(y * y) - mean_y**2
    likeness = (2 * mean_x * mean_y + 1e-4) * (2 * (smooth(x * y) - mean_x * mean_y) + 9e-4)
    likeness /= (mean_x**2 + mean_y**2 + 1e-4) * (var_x + var_y + 9e-4)
    return (likeness.mean(axis=1) * masks).sum(axis=(1, 2)) / masks.sum(axis=(1, 2))


def cosines(a: Floats, b: Floats) -> Floats:
    """Cosine (N,) of the rows of a and b (N, d)."""
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return (a * b).sum(axis=1) / np.maximum(lengths, 1e-12)


def overlap(a: Masks, b: Masks) -> Floats:
    """Area (N,) in both masks (N, H, W) over the area in either."""
    return (a & b).sum(axis=(1, 2)) / np.maximum((a | b).sum(axis=(1, 2)), 1)


def share_nearer(photo: Images, drawing: Images, mask: Masks, others: Images) -> float:
    """Share of `others` (M, 3, S, S) nearer to the drawing (3, S, S) than its photo is, inside the mask (S, S)."""
    if len(others) == 0:
        return 0.0
    own = error_inside(photo[None], drawing[None], mask[None])[0]
    return float((error_inside(drawing[None], others, mask[None]) < own).mean())


def preference_change(
    models: Sequence[FactorModel], atelier: Atelier, photos: Images, drawings: Images, category: int, panel: int
) -> Floats:
    """`Quality.preference_moved` (P,) for photos of one category, over the first `panel` customers of the models."""
    moved = []
    rows = np.flatnonzero(atelier.catalogue.category == category)
    for model in models:
        theta = model.theta[:panel].astype(np.float64)
        known = rows[model.known[rows]]
        spread = (model.phi[known] @ theta.T + model.bias[known, None]).std(axis=0)
        opinion = spread > 1e-8  # customers without one are not asked
        scores = [vectors @ theta.T + bias[:, None] for vectors, bias in map(model.embed, (photos, drawings))]
        moved.append(((scores[1] - scores[0])[:, opinion] / spread[opinion]) ** 2)
    table = np.concatenate(moved, axis=1)
    return np.sqrt(table.mean(axis=1)) if table.shape[1] else np.zeros(len(photos))


def at_gan_size(atelier: Atelier, images: Images) -> Images:
    """Pictures (P, 3, h, w) in [0, 1] at the GAN's size (P, 3, S, S)."""
    side, parts = atelier.model.card.shape[-1], []
    for at in range(0, len(images), CHUNK):
        parts.append(resized(torch.as_tensor(images[at : at + CHUNK]), side).clamp(0, 1).numpy())
    return np.concatenate(parts) if parts else np.zeros((0, 3, side, side), dtype=np.float32)


def _others(atelier: Atelier, category: int) -> tuple[Images, NDArray[np.int64]]:
    """Real garments of a category at the GAN's size, evenly taken from the catalogue's order, and their rows."""
    rows = np.flatnonzero(atelier.catalogue.category == category)
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), COMPARED)).round().astype(np.int64))]
    return at_gan_size(atelier, atelier.catalogue.floats(rows)), rows


def measure_quality(
    atelier: Atelier,
    photos: Images,
    drawings: Images,
    masks: Masks,
    categories: NDArray[np.int64],
    *,
    own: NDArray[np.int64] | None = None,
    panel: int = 64,
) -> Quality:
    """The quality of drawings of photos, both float32 (P, 3, S, S) in [0, 1] at the GAN's size.

    `categories` (P,) of the catalogue; `own` (P,) rows of the photos in the catalogue, -1 for photos from elsewhere:
    a photo is not compared with its own style. Every recommender of the atelier is asked: none was climbed.
    """
    moved, nearer = np.zeros(len(photos)), np.zeros(len(photos))
    for category in np.unique(categories):
        mine = np.flatnonzero(categories == category)
        change = preference_change(atelier.recommenders, atelier, photos[mine], drawings[mine], int(category), panel)
        moved[mine] = change
        others, rows = _others(atelier, int(category))
        for i in mine:
            style = -1 if own is None or own[i] < 0 else atelier.catalogue.style[own[i]]
            nearer[i] = share_nearer(photos[i], drawings[i], masks[i], others[atelier.catalogue.style[rows] != style])
    return Quality(
        ssim=ssim_inside(photos, drawings, masks),
        psnr=psnr_inside(photos, drawings, masks),
        nearer=nearer,
        silhouette=overlap(masks, garment_mask(drawings)),
        cosine=cosines(atelier.features(photos), atelier.features(drawings)),
        category_kept=atelier.categories_of(drawings) == categories,
        preference_moved=moved,
    )
