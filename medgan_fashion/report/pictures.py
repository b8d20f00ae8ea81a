"""Sample pictures of a run as marked PNG tiles; a shareable report keeps the synthetic ones only."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

TILE = 128  # pixels of a tile's longer side
BAND = 20  # pixels of the caption below the picture
FRAME = 5  # pixels of the coloured frame
NARROWEST = 92  # pixels that the caption SYNTHETIC takes
COLOURS = {"synthetic": (124, 58, 160), "real": (84, 94, 102), "classic": (46, 104, 112)}
KEPT_WHEN_SHARED = ("synthetic", "neighbour_synthetic", "neighbour_ncc", "neighbour_copy")
KEY = re.compile(r"f(\d+)_(real|synthetic|classic|neighbour_synthetic|neighbour_train|neighbour_ncc|neighbour_copy)")

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Tile:
    """One picture: `src` is a data URI of a PNG of `width` x `height` pixels whose frame and caption say whether it
    is synthetic."""

    src: str
    alt: str
    kind: str
    width: int
    height: int


@dataclass(frozen=True)
class Pair:
    """A synthetic image and its nearest training image (None in a shareable report)."""

    synthetic: Tile
    train: Tile | None
    ncc: float
    copy: bool


def tile_image(image: np.ndarray, kind: str) -> Image.Image:
    """One image, uint8 (H, W) grey or (H, W, 3) RGB, enlarged, with the kind's frame and caption."""
    if image.dtype != np.uint8:
        raise ValueError(f"samples.npz holds {image.dtype} pictures; write them as uint8 in 0..255.")
    scale = TILE / max(image.shape[:2])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    picture = Image.fromarray(image).convert("RGB").resize(size, Image.Resampling.BICUBIC)
    width = max(size[0] + 2 * FRAME, NARROWEST)
    tile = Image.new("RGB", (width, size[1] + FRAME + BAND), COLOURS[kind])
    tile.paste(picture, ((width - size[0]) // 2, FRAME))
    centre = (tile.width / 2, size[1] + FRAME + BAND / 2)
    ImageDraw.Draw(tile).text(centre, kind.upper(), fill="white", font=ImageFont.load_default(13), anchor="mm")
    return tile


def tile(image: np.ndarray, kind: str, alt: str) -> Tile:
    """The image as a tile that can stand in a page without any other file."""
    buffer, made = io.BytesIO(), tile_image(image, kind)
    made.save(buffer, "PNG", compress_level=4)
    return Tile("data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode(), alt, kind, *made.size)


def without_real(arrays: Arrays, copies: dict[int, int]) -> Arrays:
    """Only what may be shared: no real image, and no synthetic one that is flagged as a near copy."""
    kept = {k: v.copy() for k, v in arrays.items() if (m := KEY.fullmatch(k)) and m[2] in KEPT_WHEN_SHARED}
    for fold in folds(arrays):
        near = kept.get(f"f{fold}_neighbour_synthetic")
        if near is None or f"f{fold}_neighbour_ncc" not in kept:
            continue
        flagged = copy_flags(arrays, fold, copies.get(fold, 0))
        secret = {a.tobytes() for a in near[flagged]}
        for key in ("neighbour_synthetic", "neighbour_ncc", "neighbour_copy"):
            if f"f{fold}_{key}" in kept:
                kept[f"f{fold}_{key}"] = kept[f"f{fold}_{key}"][~flagged]
        for row in kept.get(f"f{fold}_synthetic", []):
            for image in row:
                if image.tobytes() in secret:
                    image[...] = 0  # `grids` leaves black pictures out
    return kept


def copy_flags(arrays: Arrays, fold: int, copies: int) -> np.ndarray:
    """Bool (M,): which pairs are near copies: as stored, else the `copies` most similar ones."""
    ncc = arrays[f"f{fold}_neighbour_ncc"]
    stored = arrays.get(f"f{fold}_neighbour_copy")
    if stored is not None:
        return stored.astype(bool)
    flags = np.zeros(len(ncc), bool)
    flags[np.argsort(-ncc, kind="stable")[:copies]] = True
    return flags


def folds(arrays: Arrays) -> list[int]:
    """The folds that have pictures, ascending."""
    return sorted({int(m[1]) for k in arrays if (m := KEY.fullmatch(k))})


def grids(arrays: Arrays, fold: int, classes: list[str]) -> list[dict[str, object]]:
    """Per class its name and rows of tiles: real, synthetic, classic, as far as they are there."""
    out = []
    for k, name in enumerate(classes):
        rows = {}
        for kind in ("real", "synthetic", "classic"):
            images = arrays.get(f"f{fold}_{kind}")
            if images is None:
                continue
            if len(images) != len(classes):
                raise ValueError(f"samples.npz: f{fold}_{kind} must have one row per class ({len(classes)}).")
            shown = [image for image in images[k] if image.any()]
            where = f"{name}, fold {fold + 1}"
            rows[kind] = [tile(image, kind, f"{kind} {i + 1}: {where}") for i, image in enumerate(shown)]
        out.append({"name": name, "rows": rows})
    return out


def neighbours(arrays: Arrays, fold: int, copies: int) -> list[Pair]:
    """Pairs of synthetic and nearest training image, the most similar first."""
    synthetic, ncc = arrays.get(f"f{fold}_neighbour_synthetic"), arrays.get(f"f{fold}_neighbour_ncc")
    if synthetic is None or ncc is None:
        return []
    train = arrays.get(f"f{fold}_neighbour_train")
    flags = copy_flags(arrays, fold, copies)
    out = []
    for i in np.argsort(-ncc, kind="stable"):
        near = None if train is None else tile(train[i], "real", "nearest training image")
        mine = tile(synthetic[i], "synthetic", f"synthetic image, fold {fold + 1}")
        out.append(Pair(mine, near, float(ncc[i]), bool(flags[i])))
    return out


def load_samples(path: Path) -> Arrays:
    """Arrays of `samples.npz`; an empty dictionary if the run wrote no pictures."""
    if not path.exists():
        return {}
    with np.load(path, allow_pickle=False) as stored:
        return {key: stored[key] for key in stored.files if KEY.fullmatch(key)}
