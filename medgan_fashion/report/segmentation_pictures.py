"""Images with the outlines of their masks, as marked tiles."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from scipy.ndimage import binary_erosion

from medgan_fashion.report.pictures import TILE, Tile, tile

TRUE, TESTED, COMPARATOR = (64, 200, 120), (66, 150, 240), (240, 150, 60)  # of the outlines
KEY = re.compile(r"(?P<share>[\d.]+)_(?P<kind>real|joint|spade)_(?P<what>images|masks)|test_(images|masks|arm|against)")
WORDS = {
    "real": "Real, with the outlines drawn by readers",
    "joint": "Synthetic: image and mask drawn together",
    "spade": "Synthetic: painted over a given mask",
}
Arrays = dict[str, np.ndarray]
Colour = tuple[int, int, int]


def outlined(image: np.ndarray, masks: list[tuple[np.ndarray, Colour]]) -> np.ndarray:
    """A grey image (H, W) uint8, enlarged, with a line of its colour along the inner edge of each mask: (h, w, 3)."""
    scale = TILE / max(image.shape)
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    picture = np.array(Image.fromarray(image).convert("RGB").resize(size, Image.Resampling.BICUBIC))
    for mask, colour in masks:
        soft = Image.fromarray((mask > 0).astype(np.uint8) * 255).resize(size, Image.Resampling.BICUBIC)
        inside = np.asarray(soft) > 127
        picture[inside & ~np.asarray(binary_erosion(inside), dtype=bool)] = colour
    return picture


def load_pictures(path: Path) -> Arrays:
    """Arrays of `pictures.npz`; nothing where the run wrote none."""
    if not path.exists():
        return {}
    with np.load(path, allow_pickle=False) as stored:
        return {key: stored[key] for key in stored.files if KEY.fullmatch(key)}


def grids(arrays: Arrays) -> list[dict[str, Any]]:
    """For each share of the patients its rows of tiles: real, joint, spade, as far as they are there."""
    shares = sorted({m["share"] for key in arrays if (m := KEY.fullmatch(key)) and m["share"]}, key=float)
    out = []
    for share in shares:
        rows = []
        for kind, words in WORDS.items():
            images, masks = (arrays.get(f"{share}_{kind}_{what}") for what in ("images", "masks"))
            if images is None or masks is None:
                continue
            mark = "real" if kind == "real" else "synthetic"
            where = f"{words.lower()}, {share} % of the patients"
            tiles = [
                (
                    tile(image, mark, f"{where}, {i + 1}"),
                    tile(outlined(image, [(mask, TRUE)]), mark, f"{where}, {i + 1}, outlined"),
                )
                for i, (image, mask) in enumerate(zip(images, masks, strict=True))
            ]
            rows.append({"kind": mark, "words": words, "tiles": [one for pair in tiles for one in pair]})
        out.append({"share": share, "rows": rows})
    return out


def outlines(arrays: Arrays) -> list[Tile]:
    """Unseen real images, from the worst Dice of the tested arm to the best, with three outlines."""
    if "test_images" not in arrays:
        return []
    names = ("test_images", "test_masks", "test_arm", "test_against")
    return [
        tile(outlined(image, [(truth, TRUE), (against, COMPARATOR), (arm, TESTED)]), "real", f"unseen image {i + 1}")
        for i, (image, truth, arm, against) in enumerate(zip(*(arrays[name] for name in names), strict=True))
    ]
