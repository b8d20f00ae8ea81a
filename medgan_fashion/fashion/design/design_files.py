"""Designs on disk: plain arrays and JSON, marked as synthetic."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from medgan_fashion.fashion.design.scores import Scores
from medgan_fashion.fashion.design.search import Designed
from medgan_fashion.fashion.design.taste import Problem

_SCORES = tuple(Scores.__dataclass_fields__)


def _scores(prefix: str, scores: Scores) -> dict[str, Any]:
    return {f"{prefix}_{name}": getattr(scores, name) for name in _SCORES}


def save_designed(designed: Sequence[Designed], folder: Path) -> None:
    """Writes designs.npz and designs.json into an existing folder; pictures become uint8."""
    arrays: dict[str, Any] = {}
    for number, one in enumerate(designed):
        images = (one.images.clip(0, 1) * 255).round().astype(np.uint8)
        own = {"images": images, "z": one.z, "real": one.real}
        own |= _scores("scores", one.scores) | _scores("real_scores", one.real_scores)
        arrays |= {f"{number}_{name}": value for name, value in own.items()}
    about = [
        {"members": list(d.problem.members), "category": d.problem.category, "how": d.how, "reason": d.reason}
        for d in designed
    ]
    np.savez(folder / "designs.npz", **arrays)
    (folder / "designs.json").write_text(json.dumps({"synthetic": True, "designs": about}))


def load_designed(folder: Path) -> list[Designed]:
    """Reads what `save_designed` wrote; pictures float32 in [0, 1]."""
    about = json.loads((folder / "designs.json").read_text())["designs"]
    found = []
    with np.load(folder / "designs.npz") as arrays:
        for number, one in enumerate(about):
            own = {name: arrays[f"{number}_{name}"] for name in ("images", "z", "real")}
            scores, real = (
                Scores(**{name: arrays[f"{number}_{prefix}_{name}"] for name in _SCORES})
                for prefix in ("scores", "real_scores")
            )
            problem = Problem(tuple(one["members"]), one["category"])
            images = own["images"].astype(np.float32) / np.float32(255)
            found.append(Designed(problem, one["how"], one["reason"], images, own["z"], scores, own["real"], real))
    return found
