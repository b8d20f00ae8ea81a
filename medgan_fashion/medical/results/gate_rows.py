"""What a finished run's gates found: rows of the summary and strips of pictures."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.medical.design import Plan


def gate_rows(plan: Plan, run: Path) -> list[dict[str, Any]]:
    """The summary's `gate`: one row per fold's own training set."""
    return [
        {"repeat": part.repeat, "fold": part.fold}
        | json.loads((part.materials.gated.folder(run) / "gate.json").read_text())
        for part in plan.training_sets
        if part.materials.gated is not None and not part.purpose
    ]


def gate_samples(plan: Plan, run: Path) -> dict[str, NDArray[np.uint8]]:
    """The strips of the first repeat, as samples.npz holds them."""
    samples: dict[str, NDArray[np.uint8]] = {}
    for part in plan.training_sets:
        if part.materials.gated is not None and not part.purpose and part.repeat == 0:
            with np.load(part.materials.gated.folder(run) / "strips.npz") as arrays:
                samples |= {f"f{part.fold}_{key}": arrays[key] for key in arrays.files}
    return samples
