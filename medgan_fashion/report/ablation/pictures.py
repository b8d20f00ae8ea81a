"""Strips of what a quality gate accepted and rejected: synthetic images only, each marked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from medgan_fashion.report.pictures import Arrays, tile

KINDS = {  # in samples.npz -> in words
    "accepted": "Accepted",
    "label": "Rejected: the training fold's classifier calls another class",
    "artefact": "Rejected: artefact",
    "realism": "Rejected: too far from the real images of its class",
    "near_copy": "Rejected: near copy of a training image",
    "quota": "Rejected: too many like it",
}
KEY = re.compile(r"f(\d+)_gate_(" + "|".join(KINDS) + ")")


def load_strips(path: Path) -> Arrays:
    """The strips in `samples.npz`; an empty dictionary where there are none."""
    if not path.exists():
        return {}
    with np.load(path, allow_pickle=False) as stored:
        return {key: stored[key] for key in stored.files if KEY.fullmatch(key)}


def shareable_strips(arrays: Arrays) -> Arrays:
    """Without near copies, which may show a patient."""
    return {key: array for key, array in arrays.items() if not key.endswith("_near_copy")}


def gate_strips(arrays: Arrays) -> list[dict[str, Any]]:
    """By fold, a strip of tiles for each kind that has pictures."""
    by_fold: dict[int, dict[str, Any]] = {}
    for key, images in arrays.items():
        if (found := KEY.fullmatch(key)) and len(images):
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
