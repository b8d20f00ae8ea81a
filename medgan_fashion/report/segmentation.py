"""The page of a segmentation ablation: the grid, images with their outlines, where the U-Nets fail."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from scipy.ndimage import binary_erosion

from medgan_fashion.report.ablation.figures import dose_figure
from medgan_fashion.report.ablation.page import TEMPLATES, head, render
from medgan_fashion.report.ablation.pictures import PAIR_KEY, gate_strips, load_screened, pair_galleries
from medgan_fashion.report.cards import cards_of
from medgan_fashion.report.charts import divs
from medgan_fashion.report.pictures import TILE, Tile, tile
from medgan_fashion.report.summaries import shareable_summary

# ---------------------------------------------------------------------------------------------------------------------
# Images with the outlines of their masks, as marked tiles.


TRUE, TESTED, COMPARATOR = (64, 200, 120), (66, 150, 240), (240, 150, 60)  # of the outlines
KEY = re.compile(
    r"(?P<share>[\d.]+)_(?P<kind>real|joint|spade)_(?P<what>images|masks|copies)|test_(images|masks|arm|against)"
)
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


def shareable_pictures(arrays: Arrays, rows: Sequence[Mapping[str, Any]]) -> Arrays:
    """Pairs that a GAN drew with their masks, without near copies and without GANs of the first fold that a screening
    blocked (`rows`: the summary's `privacy`). No real image; no image that was painted over a mask, for that may be a
    patient's, turned; nothing of an older run, which did not look for copies."""
    blocked = {
        (f"{100 * row['real_fraction']:g}", row["generator"])
        for row in rows
        if row["repeat"] == row["fold"] == 0 and row["outcome"] == "blocked"
    }
    kept: Arrays = {}
    for key, array in arrays.items():
        found = KEY.fullmatch(key)
        if found and found["kind"] == "joint" and found["what"] != "copies":
            flags = arrays.get(f"{found['share']}_joint_copies")
            if flags is not None and (found["share"], "joint") not in blocked:
                kept[key] = array[~flags.astype(bool)]
    return kept


def _without_painted(screened: Arrays, summary: dict[str, Any]) -> Arrays:
    """Closest pairs and strips of the gate without images that were painted over masks."""
    gated = "spade" in summary["config"]["primary"]["arm"]
    kept: Arrays = {}
    for key, array in screened.items():
        if PAIR_KEY.fullmatch(key):
            kept[key] = array[screened[f"{key.rsplit('_', 1)[0]}_generator"] != "spade"]
        elif not gated:
            kept[key] = array
    return kept


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


SECTIONS = (  # id, which is the template's name, and title
    ("segmentation_grid", "Real images × synthetic images"),
    ("segmentation_pictures", "Images and masks"),
    ("segmentation_outlines", "Outlines found on unseen images"),
    ("privacy", "Privacy screening"),
    ("gate", "Quality gate"),
    ("gans", "GANs"),
    ("audit", "Leakage audit"),
    ("data", "Data"),
    ("config", "Configuration and versions"),
)
ARM_NOTES = {
    "real": "Real images only: the floor.",
    "real+classic": "Real images and classic augmentation.",
    "real+classic+joint": "With image and mask drawn together by one GAN.",
    "real+classic+spade": "With images painted over classic variations of real masks.",
    "real+classic+gated": "With pairs of the tested arm's generator that passed the quality gate.",
}
KEYS = ("title", "created", "data", "verdict", "cells", "gans", "audit", "config", "versions")


def check_segmentation(raw: dict[str, Any]) -> dict[str, Any]:
    """The summary as it is; ValueError where it lacks something."""
    for key in KEYS:
        if key not in raw:
            raise ValueError(f"summary.json has no '{key}'; run the chain lesion_segmentation again.")
    return raw


def synthetic_arms(summary: dict[str, Any]) -> list[str]:
    """The arms with synthetic images, in the order of the grid."""
    return list(dict.fromkeys(cell["arm"] for cell in summary["cells"] if cell["ratio"]))


def dose_rows(summary: dict[str, Any], arm: str) -> list[Any]:
    """The rows of the dose figure for one synthetic arm; ratio 0 is the comparator."""
    against, rows = summary["verdict"]["against"], []
    for cell in summary["cells"]:
        if cell["arm"] not in (arm, against):
            continue
        gap = (
            cell["difference"]
            if cell["arm"] == arm and cell["difference"]
            else dict.fromkeys(("estimate", "low", "high"), 0.0)
        )
        differences = {"estimate": gap["estimate"], "difference_low": gap["low"], "difference_high": gap["high"]}
        rows.append({"real_fraction": cell["real_fraction"], "ratio": cell["ratio"], **cell["dice"], **differences})
    return rows


def _figures(summary: dict[str, Any]) -> dict[str, str]:
    out = {}
    for arm in synthetic_arms(summary):
        rows = dose_rows(summary, arm)
        out[f"{arm} value"] = dose_figure(rows, "dice", difference=False)
        out[f"{arm} difference"] = dose_figure(rows, "dice", difference=True)
    return divs(out)


def _context(summary: dict[str, Any], arrays: Arrays, screened: Arrays, shareable: bool) -> dict[str, Any]:
    from plotly.offline import get_plotlyjs

    return {
        **head(summary, shareable),
        "sections": SECTIONS,
        "css": (TEMPLATES / "style.css").read_text(encoding="utf-8"),
        "plotly_js": get_plotlyjs(),
        "figures": _figures(summary),
        "synthetic_arms": synthetic_arms(summary),
        "notes": ARM_NOTES,
        "grids": grids(arrays),
        "outlines": outlines(arrays),
        "pairs": pair_galleries(screened),
        "strips": gate_strips(screened),
        "has_pictures": bool(arrays),
        "config_text": json.dumps(summary["config"], indent=2, ensure_ascii=False),
    }


def cells_csv(summary: dict[str, Any]) -> str:
    """The grid as CSV: a line for each share of the patients, arm and amount; scores as fractions and pixels."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = ("dice", "surface_distance", "hausdorff_95")
    scores = [f"{name}{part}" for name in names for part in ("", "_low", "_high")]
    writer.writerow(
        ["real_fraction", "arm", "ratio", "n_real", "n_classic", "n_gan", *scores, "difference", "low", "high"]
    )
    for cell in summary["cells"]:
        found = [cell[name][key] for name in names for key in ("value", "low", "high")]
        gap = cell["difference"] or {}
        row = [cell[key] for key in ("real_fraction", "arm", "ratio", "n_real", "n_classic", "n_gan")]
        writer.writerow([*row, *found, *(gap.get(key, "") for key in ("estimate", "low", "high"))])
    return text.getvalue()


def segmentation_files(raw: dict[str, Any], results: Path, *, shareable: bool) -> dict[str, str]:
    """Name -> text of report.html, report.csv (the grid), report.json and cards; ValueError for an incomplete summary.

    Shareable: no remark that may quote a case table, no real image, and of the synthetic ones what `shareable_pictures`
    and `load_screened` leave.
    """
    summary, arrays = check_segmentation(raw), load_pictures(results / "pictures.npz")
    rows = summary.get("privacy", [])
    if shareable:
        summary, arrays = shareable_summary(raw), shareable_pictures(arrays, rows)
    screened = load_screened(results / "samples.npz", rows, shareable=shareable)
    screened = _without_painted(screened, summary) if shareable else screened
    return {
        "report.html": render("report.html.j2", _context(summary, arrays, screened, shareable)),
        "report.csv": cells_csv(summary),
        "report.json": json.dumps({**summary, "shareable": shareable}, indent=1, ensure_ascii=False),
        **cards_of(summary),
    }
