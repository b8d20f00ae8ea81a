"""Garments as colour tiles: every picture's frame and caption say whether it is real or synthetic."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from medgan_fashion.report.pictures import Arrays, Tile, tile_image

QUALITY = 88  # of the tiles' JPEG: a report of ten customers holds several hundred of them
SMALL = 0.6  # size of a small tile, of a tile's
IN_GRID = 16  # pictures of each kind and category
PROBLEMS = 7  # problems whose pictures stand side by side for each arm
HERO = 7  # designs at the top of the page
REAL_ARM = "best real items"


def garment(image: np.ndarray, kind: str, alt: str, *, small: bool = False) -> Tile:
    """One picture, uint8 (3, S, S), as a tile; ValueError for another type or shape."""
    if image.ndim != 3 or image.shape[0] != 3:
        raise ValueError(f"pictures.npz holds a picture of shape {image.shape}; write garments as uint8 (3, S, S).")
    made = tile_image(np.ascontiguousarray(image.transpose(1, 2, 0)), kind)
    if small:
        size = round(made.width * SMALL), round(made.height * SMALL)
        made = made.resize(size, Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    made.save(buffer, "JPEG", quality=QUALITY, subsampling=0)
    return Tile("data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode(), alt, kind, *made.size)


def _all(arrays: Arrays, key: str, kind: str, alt: str) -> list[Tile]:
    """Tiles of the array (n, 3, S, S) of that name; none where there is none."""
    return [garment(image, kind, f"{kind} {alt}, {i + 1}") for i, image in enumerate(arrays.get(key, ()))]


def item(arrays: Arrays, row: int, name: str, *, small: bool = False) -> Tile | None:
    """The photo of a catalogue item; None where the run did not keep it."""
    image = arrays.get(f"item_{row}")
    return None if image is None else garment(image, "real", f"real garment {name}".strip(), small=small)


def category_grids(arrays: Arrays, classes: list[str]) -> list[dict[str, Any]]:
    """For each category that the GAN draws its name, real and synthetic tiles."""
    kinds = ("real", "synthetic")
    rows = [
        {"name": name} | {kind: _all(arrays, f"grid_{kind}_{name}", kind, name)[:IN_GRID] for kind in kinds}
        for name in classes
    ]
    return [row for row in rows if row["real"] or row["synthetic"]]


def arm_rows(arrays: Arrays, names: list[str]) -> list[dict[str, Any]]:
    """For each arm its name and first pictures, problem by problem; None where it has none for a problem."""
    rows = []
    for name in sorted(names, key=lambda one: one != REAL_ARM):  # what can be bought first
        kind, images = "real" if name == REAL_ARM else "synthetic", arrays.get(f"arm_{name}", ())[:PROBLEMS]
        tiles = [
            None if (image == 255).all() else garment(image, kind, f"{kind}: {name}, problem {i + 1}")
            for i, image in enumerate(images)
        ]
        if tiles:
            rows.append({"name": name, "kind": kind, "tiles": tiles})
    return rows


def _design(arrays: Arrays, tile: Tile | None, about: dict[str, Any]) -> dict[str, Any]:
    """A design with its picture and the pictures of what can be bought instead."""
    pairs = zip(about["to_buy"], about["to_buy_rows"], strict=True)
    buy = [{"item": name, "tile": item(arrays, row, name, small=True)} for name, row in pairs]
    return about | {"tile": tile, "buy": buy}


def _part(arrays: Arrays, part: dict[str, Any]) -> dict[str, Any]:
    """A category of a customer's card."""
    tiles: list[Tile | None] = [*_all(arrays, part["pictures"], "synthetic", f"design, {part['category']}")]
    tiles += [None] * (len(part["designs"]) - len(tiles))
    designs = [_design(arrays, tile, one) for tile, one in zip(tiles, part["designs"], strict=False)]
    real = [one | {"tile": item(arrays, one["row"], one["item"])} for one in part["best_real"]]
    return {
        "category": part["category"],
        "how": part["how"],
        "reason": part["reason"],
        "designs": designs,
        "real": real,
    }


def customer_cards(arrays: Arrays, customers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each shown customer: what was bought, and category by category what is recommended and designed."""
    cards = []
    for one in customers:
        bought = [item(arrays, row, "bought before", small=True) for row in one["bought"]]
        parts = [_part(arrays, part) for part in one["categories"]]
        cards.append({"customer": one["customer"], "bought": [tile for tile in bought if tile], "parts": parts})
    return cards


def hero(cards: list[dict[str, Any]]) -> list[Tile]:
    """First designs of the first customers, the categories in turn."""
    turns = range(max((len(card["parts"]) for card in cards), default=0))
    parts = [
        card["parts"][(i + turn) % len(card["parts"])]
        for turn in turns
        for i, card in enumerate(cards)
        if card["parts"]
    ]
    found = [part["designs"][0]["tile"] for part in parts if part["designs"]]
    return [tile for tile in found if tile][:HERO]


def walks(arrays: Arrays, restyled: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each restyled photo with the tiles of its way: photo, drawing, steps."""
    rows = []
    for row in restyled:
        key, about = row["pictures"], f"of {row['item']}"
        tiles = _all(arrays, key, "synthetic", f"drawing {about}")
        steps = [
            {"tile": tile, "name": f"Step {i}" if i else "Drawing", "z": z, "held_out_z": other, "apart": apart}
            for i, (tile, z, other, apart) in enumerate(
                zip(tiles, row["z"], row["held_out_z"], row["apart"], strict=False)
            )
        ]
        photo = arrays.get(f"{key}_photo")
        rows.append(
            row | {"photo": None if photo is None else garment(photo, "real", f"real photo {about}"), "steps": steps}
        )
    return rows


def load_pictures(path: Path) -> Arrays:
    """Arrays of `pictures.npz`; an empty dictionary if the run wrote none."""
    if not path.exists():
        return {}
    with np.load(path, allow_pickle=False) as stored:
        return {key: stored[key] for key in stored.files}
