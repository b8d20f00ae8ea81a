"""Pairs made of catalogue photos (outline and photo, grey and colour), and two sets without pairs: photos taken at
home and photos from a catalogue."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, binary_fill_holes, gaussian_filter, label, sobel

from benchmarks.reproduce.data import Pictures, folder_of
from medgan_fashion.fashion.config import CatalogueConfig
from medgan_fashion.fashion.data.catalogue import Catalogue, read_catalogue

SIZE = 64
CATALOGUE_SHARE, HOME_SHARE = 0.2, 0.2  # held out: garments of the catalogue, persons of the home photos
WEAK, STRONG = 0.06, 0.16  # thresholds of an edge, in units of a step from black to white
GREY = np.array([0.299, 0.587, 0.114])  # luma of ITU-R BT.601

# what a kind is called in the catalogue (article types) and by those who photograph at home (labels)
KINDS = {
    "Bottoms": ("Jeans", "Trousers", "Shorts", "Track Pants", "Skirts", "Pants", "Skirt"),
    "Dresses": ("Dresses", "Dress"),
    "Shoes": ("Casual Shoes", "Sports Shoes", "Formal Shoes", "Flats", "Heels", "Shoes"),
    "Tops": (
        *("Tshirts", "Shirts", "Tops", "Kurtas", "Sweatshirts", "Sweaters", "Jackets"),
        *("T-Shirt", "Longsleeve", "Shirt", "Polo", "Top", "Hoodie", "Blouse", "Blazer", "Outwear", "Undershirt"),
    ),
}
MOST_SHOES = 0.1  # of the catalogue set: their share at home; a third of the whole catalogue are shoes


def catalogue_photos(data: Path, size: int = SIZE) -> Catalogue:
    """The 2,021 catalogue photos on white by article type; a fifth of the garments held out."""
    columns = {"item": "id", "image": "id", "category": "articleType"}
    config = CatalogueConfig(size=size, columns=columns, images="images", suffix=".jpg", hold_out=CATALOGUE_SHARE)
    return read_catalogue(folder_of(data, "fashion_products") / "styles.csv", config)[0]


def home_photos(data: Path, size: int = SIZE) -> Catalogue:
    """The 396 photos taken at home by label; a share of the persons held out with all that they photographed."""
    columns = {"item": "image", "category": "label", "style": "sender_id"}
    config = CatalogueConfig(size=size, columns=columns, images="images", suffix=".jpg", hold_out=HOME_SHARE)
    return read_catalogue(folder_of(data, "clothing_by_sender") / "images.csv", config)[0]


def by_kind(photos: Catalogue) -> Catalogue:
    """The garments of one of KINDS, their category now the kind."""
    number = {name: i for i, names in enumerate(KINDS.values()) for name in names}
    kind = np.array([number.get(photos.categories[c], -1) for c in photos.category], dtype=np.int64)
    kept = photos.take(kind >= 0)
    return replace(kept, category=kind[kind >= 0], categories=tuple(KINDS))


def with_fewer_shoes(photos: Catalogue) -> Catalogue:
    """The catalogue by kind with shoes drawn down to MOST_SHOES, held-out and other garments alike, so that a
    translator need not turn shirts into shoes to look like it."""
    shoes, rng = photos.categories.index("Shoes"), np.random.default_rng(31)
    keep = photos.category != shoes
    for held in (False, True):
        here = photos.held_out == held
        rows = rng.permutation(np.flatnonzero(here & ~keep))
        keep[rows[: round(MOST_SHOES / (1 - MOST_SHOES) * int((here & keep).sum()))]] = True
    return photos.take(keep)


def greys(photos: Pictures) -> Pictures:
    """Photos (N, 3, H, W) as their luma (N, 1, H, W)."""
    return np.rint(np.tensordot(photos, GREY, axes=(1, 0)))[:, None].astype(np.uint8)


def _ridges(strength: NDArray[np.float64], dy: NDArray[np.float64], dx: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where a gradient (H, W) is no smaller than its two neighbours across the edge, the direction rounded to 45
    degrees."""
    height, width = strength.shape
    padded = np.pad(strength, 1)
    sector = np.rint(np.arctan2(dy, dx) / (np.pi / 4)).astype(int) % 4
    kept = np.zeros(strength.shape, dtype=np.bool_)
    for turn, (down, right) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        ahead = padded[1 + down : 1 + down + height, 1 + right : 1 + right + width]
        behind = padded[1 - down : 1 - down + height, 1 - right : 1 - right + width]
        # strictly on one side, so that a plateau of two gives one line
        kept |= (sector == turn) & (strength > ahead) & (strength >= behind)
    return kept


def outline(photo: Pictures, blur: float = 0.7) -> Pictures:
    """The edges of a photo (3, H, W) as (1, H, W), black lines (0) on white (255), by Canny 1986: the gradient of
    the channel where it is strongest, thinned, weak edges kept where they hang together with a strong one."""
    smooth = gaussian_filter(photo / 255, (0, blur, blur), mode="nearest")
    dy, dx = sobel(smooth, 1, mode="nearest") / 8, sobel(smooth, 2, mode="nearest") / 8
    size = np.hypot(dy, dx)
    channel = size.argmax(0)[None]
    strength, dy, dx = (np.take_along_axis(a, channel, 0)[0] for a in (size, dy, dx))
    ridge = _ridges(strength, dy, dx)
    parts, _ = label(ridge & (strength >= WEAK), structure=np.ones((3, 3)))  # pyright: ignore[reportGeneralTypeIssues]
    strong = np.unique(parts[ridge & (strength >= STRONG)])
    edge = np.isin(parts, strong[strong > 0])
    return np.where(edge, 0, 255).astype(np.uint8)[None]


def outlines(photos: Pictures) -> Pictures:
    """Outlines (N, 1, H, W) of photos (N, 3, H, W)."""
    return np.stack([outline(photo) for photo in photos])


def silhouettes(lines: Pictures) -> NDArray[np.bool_]:
    """(N, H, W): what the lines (N, 1, H, W) enclose, and they themselves; gaps of two pixels are closed."""
    block = np.ones((3, 3), dtype=np.bool_)
    closed = [np.asarray(binary_dilation(one[0] == 0, block)) for one in lines]
    return np.stack([np.asarray(binary_fill_holes(one), dtype=np.bool_) for one in closed])


def mean_filled(lines: Pictures, photos: Pictures, held: Pictures) -> Pictures:
    """The plainest painter: what the outlines `held` enclose in the mean colour of what the outlines `lines` enclose
    in their photos, on white."""
    inside = silhouettes(lines)
    colour = photos.transpose(0, 2, 3, 1)[inside].mean(0)
    painted = np.where(silhouettes(held)[..., None], np.rint(colour), 255)
    return np.ascontiguousarray(painted.transpose(0, 3, 1, 2)).astype(np.uint8)


def mean_coloured(photos: Pictures, held: Pictures) -> Pictures:
    """The plainest colouring: each grey (M, 1, H, W) as the mean colour of the pixels of that grey in the photos."""
    shades = greys(photos)[:, 0].ravel()
    count = np.bincount(shades, minlength=256)
    table = [np.bincount(shades, photos[:, c].ravel(), 256) / count.clip(1) for c in range(3)]
    table = np.where(count[:, None] > 0, np.stack(table, 1), np.arange(256)[:, None])
    return np.ascontiguousarray(np.rint(table[held[:, 0]]).transpose(0, 3, 1, 2)).astype(np.uint8)
