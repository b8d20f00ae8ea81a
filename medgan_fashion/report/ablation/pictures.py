"""What a quality gate accepted and rejected, and the closest pairs of a privacy screening, as marked tiles."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from medgan_fashion.base.files import write_whole
from medgan_fashion.report.pictures import Arrays, Pair, tile, tile_image

# ---------------------------------------------------------------------------------------------------------------------
# Strips of what a quality gate accepted and rejected: synthetic images only, each marked.


KINDS = {  # in samples.npz -> in words
    "accepted": "Accepted",
    "label": "Rejected: the training fold's classifier calls another class",
    "artefact": "Rejected: artefact",
    "realism": "Rejected: too far from the real images of its class",
    "near_copy": "Rejected: near copy of a training image",
    "quota": "Rejected: too many like it",
}
STRIP_KEY = re.compile(r"f(\d+)_gate_(" + "|".join(KINDS) + ")")


def load_strips(path: Path) -> Arrays:
    """The strips in `samples.npz`; an empty dictionary where there are none."""
    if not path.exists():
        return {}
    with np.load(path, allow_pickle=False) as stored:
        return {key: stored[key] for key in stored.files if STRIP_KEY.fullmatch(key)}


def shareable_strips(arrays: Arrays) -> Arrays:
    """Without near copies, which may show a patient."""
    return {key: array for key, array in arrays.items() if not key.endswith("_near_copy")}


def gate_strips(arrays: Arrays) -> list[dict[str, Any]]:
    """By fold, a strip of tiles for each kind that has pictures."""
    by_fold: dict[int, dict[str, Any]] = {}
    for key, images in arrays.items():
        if (found := STRIP_KEY.fullmatch(key)) and len(images):
            title = KINDS[found[2]]
            tiles = [
                tile(image, "synthetic", f"{title}, {i + 1}, fold {int(found[1]) + 1}")
                for i, image in enumerate(images)
            ]
            by_fold.setdefault(int(found[1]), {})[found[2]] = {"title": title, "tiles": tiles}
    return [
        {"fold": fold, "strips": [kinds[kind] for kind in KINDS if kind in kinds]}
        for fold, kinds in sorted(by_fold.items())
    ]


# ---------------------------------------------------------------------------------------------------------------------
# The closest pairs of a privacy screening as marked tiles; a shareable report keeps no real image and no near copy.


PAIR_KEY = re.compile(r"f(\d+)_privacy_(synthetic|train|distance|copy|generator)")
SHOWN = 12  # pairs of a fold
ROW = 6  # pairs in a row of a sheet


def load_pairs(path: Path) -> Arrays:
    """The pairs in `samples.npz`; an empty dictionary where there are none."""
    if not path.exists():
        return {}
    with np.load(path, allow_pickle=False) as stored:
        return {key: stored[key] for key in stored.files if PAIR_KEY.fullmatch(key)}


def _folds(arrays: Arrays) -> list[int]:
    return sorted({int(found[1]) for key in arrays if (found := PAIR_KEY.fullmatch(key))})


def shareable_pairs(arrays: Arrays) -> Arrays:
    """Drawn images and their distances alone, without near copies."""
    kept: Arrays = {}
    for fold in _folds(arrays):
        own = ~arrays[f"f{fold}_privacy_copy"].astype(bool)
        for part in ("synthetic", "distance", "copy", "generator"):
            if (key := f"f{fold}_privacy_{part}") in arrays:
                kept[key] = arrays[key][own]
    return kept


def without_blocked(arrays: Arrays, rows: Sequence[Mapping[str, Any]]) -> Arrays:
    """No picture of a fold in which a GAN of the first repeat, which is the one with pictures, was blocked: what it
    drew may show a patient. `rows` are the summary's `privacy`."""
    blocked = {f"f{row['fold']}" for row in rows if row["repeat"] == 0 and row["outcome"] == "blocked"}
    return {key: array for key, array in arrays.items() if key.split("_")[0] not in blocked}


def load_screened(path: Path, rows: Sequence[Mapping[str, Any]], *, shareable: bool) -> Arrays:
    """Pairs and strips in `samples.npz`. Shareable: no real image, no near copy, nothing of a fold with a blocked GAN;
    `rows` are the summary's `privacy`."""
    pairs, strips = load_pairs(path), load_strips(path)
    return without_blocked(shareable_pairs(pairs) | shareable_strips(strips), rows) if shareable else pairs | strips


def pair_galleries(arrays: Arrays) -> list[dict[str, Any]]:
    """By fold, the closest pairs, the closest first; `ncc` is 1 - distance^2 / 2, their similarity."""
    found = []
    for fold in _folds(arrays):
        drawn, distances = arrays[f"f{fold}_privacy_synthetic"], arrays[f"f{fold}_privacy_distance"]
        copies, train = arrays[f"f{fold}_privacy_copy"], arrays.get(f"f{fold}_privacy_train")
        pairs = []
        for i in np.argsort(distances, kind="stable")[:SHOWN]:
            near = None if train is None else tile(train[i], "real", "nearest training image")
            mine = tile(drawn[i], "synthetic", f"synthetic image, fold {fold + 1}")
            pairs.append(Pair(mine, near, 1 - float(distances[i]) ** 2 / 2, bool(copies[i])))
        if pairs:
            found.append({"fold": fold, "pairs": pairs})
    return found


def _shown(image: np.ndarray, kind: str) -> Image.Image:
    """A float image (C, H, W) in [0, 1] as a tile; of other numbers of channels than 1 or 3 the middle one, and
    of two, an image and its mask, the first."""
    grey = (np.clip(image, 0, 1) * 255).round().astype(np.uint8)
    return tile_image(grey.transpose(1, 2, 0) if len(grey) == 3 else grey[(len(grey) - 1) // 2], kind)


def write_pairs(path: Path, drawn: np.ndarray, twins: np.ndarray, distances: np.ndarray) -> Path:
    """A PNG of drawn images above their training images, the closest first; images (K, C, H, W) in [0, 1]. It holds
    real images, and says in its text chunk that some are synthetic. Returns the path."""
    chosen = np.argsort(distances, kind="stable")[:SHOWN]
    tiles = [(_shown(drawn[i], "synthetic"), _shown(twins[i], "real")) for i in chosen]
    width, height = tiles[0][0].size
    rows = -(-len(tiles) // ROW)
    sheet = Image.new("RGB", (ROW * (width + 4), rows * (2 * height + 8)), "white")
    for at, pair in enumerate(tiles):
        left, top = at % ROW * (width + 4), at // ROW * (2 * height + 8)
        for below, one in enumerate(pair):
            sheet.paste(one, (left, top + below * height))
    flag = PngInfo()
    flag.add_text("SyntheticData", "YES")
    write_whole(path, lambda part: sheet.save(part, format="png", pnginfo=flag))
    return path
