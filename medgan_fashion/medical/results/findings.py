"""Parts of the summary that are read, not computed: data, image figures, GANs, gates, synthetic sets, versions."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.imaging.prepare.prepare import Prepared
from medgan_fashion.medical.design import Generator, Plan, TrainingSet
from medgan_fashion.runs.engine.stage import Task


def counts(images: ImageSet) -> dict[str, int]:
    return {
        "patients": len(np.unique(images.groups)),
        "lesions": len(np.unique(images.lesions)),
        "images": len(images.labels),
    }


def view_counts(images: ImageSet) -> list[dict[str, Any]]:
    """Images of every View Position; [] where no view is known."""
    names, per_view = images.card.view_positions, np.bincount(images.view_positions)
    found = [{"view": names[at] or "unknown", "images": int(n)} for at, n in enumerate(per_view) if n]
    return [] if len(found) == 1 and found[0]["view"] == "unknown" else found


def data_section(name: str, prepared: Prepared, case_word: str) -> dict[str, Any]:
    """Who was in the study, class by class and view by view, what was left out, and what the reader remarked."""
    images = prepared.images
    mine, outside = (
        images.take(np.flatnonzero(~images.external)),
        images.take(np.flatnonzero(images.external)),
    )
    per_class = [
        {"class": label, **counts(mine.take(np.flatnonzero(mine.labels == k)))}
        for k, label in enumerate(images.card.classes)
    ]
    return {
        "name": name,
        "classes": list(images.card.classes),
        **counts(mine),
        "per_class": per_class,
        "grouping": images.card.grouping,
        "case_word": case_word,
        "views": view_counts(mine),
        "skipped": [{"row": row, "reason": reason} for row, reason in prepared.skipped],
        "notes": [{"row": row, "note": note} for row, note in prepared.notes],
        "external": counts(outside) if len(outside.labels) else None,
    }


def judgements(plan: Plan, run: Path) -> list[dict[str, Any]]:
    """Image figures per fold; precision and its kin are the synthetic images'."""
    out = []
    for (repeat, fold), task in plan.judgements.items():
        found = json.loads((task.folder(run) / "figures.json").read_text())
        for name in ("precision", "recall", "density", "coverage"):
            found[name] = found[name]["synthetic"]
        fid = found.pop("fid")
        found |= {"fid": fid["synthetic"] if fid else None, "fid_note": found.pop("fid_reason")}
        out.append({"repeat": repeat, "fold": fold, **found})
    return out


def gans(plan: Plan, run: Path, recipe: Callable[[str], str]) -> list[dict[str, Any]]:
    """Every GAN: what it saw, how its weights were selected, whether an alarm stopped it. `recipe` names a generator's
    row."""
    return [
        _gan(part, made, gan, run) | {"recipe": recipe(made.name)}
        for part in plan.training_sets
        for made in part.materials.generators
        for gan in made.gans
    ]


def _gan(part: TrainingSet, made: Generator, gan: Task, run: Path) -> dict[str, Any]:
    folder, accepted = gan.folder(run), made.synthetic.folder(run) / "accepted.json"
    about = json.loads((folder / "gan.json").read_text())
    row = {
        "name": part.gan_name(made, gan),
        "generator": made.name,
        "fold": part.fold,
        "repeat": part.repeat,
        "real_fraction": part.real_fraction,
        "training_images": about["images"],
        "seconds": json.loads((folder / "stage.json").read_text())["seconds"],
    }
    row |= {key: about[key] for key in ("images_seen", "alarm", "selected", "training_rows", "classes")}
    # of a generator whose images are not all used: how many were drawn for those that are
    return row | ({"accepted": json.loads(accepted.read_text())} if accepted.is_file() else {})


# ---------------------------------------------------------------------------------------------------------------------
# What a finished run's gates found: rows of the summary and strips of pictures.


def gate_rows(plan: Plan, run: Path) -> list[dict[str, Any]]:
    """The summary's `gate`: one row per fold's own training set."""
    return [
        {"repeat": part.repeat, "fold": part.fold} | json.loads((gated.folder(run) / "gate.json").read_text())
        for part in plan.whole
        if (gated := part.materials.gated) is not None
    ]


def gate_samples(plan: Plan, run: Path) -> dict[str, NDArray[np.uint8]]:
    """The strips of the first repeat, as samples.npz holds them."""
    samples: dict[str, NDArray[np.uint8]] = {}
    for part in plan.whole:
        if (gated := part.materials.gated) is not None and part.repeat == 0:
            with np.load(gated.folder(run) / "strips.npz") as arrays:
                samples |= {f"f{part.fold}_{key}": arrays[key] for key in arrays.files}
    return samples


# ---------------------------------------------------------------------------------------------------------------------
# The synthetic sets of a finished ablation, for their data cards: what is in each, and which models drew it.


def _model_hash(gan: Task, run: Path) -> str:
    with (gan.folder(run) / "model.safetensors").open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def synthetic_sets(plan: Plan, run: Path) -> list[dict[str, Any]]:
    """One row per fold's own set of each generator (see `SyntheticSet` in schema.py); those of dose figures have
    none."""
    return [_set_row(part, made, run) for part in plan.whole for made in part.materials.generators]


def _set_row(part: TrainingSet, made: Generator, run: Path) -> dict[str, Any]:
    folder = made.synthetic.folder(run)
    labels, pairs = np.load(folder / "labels.npy"), (folder / "masks.npy").exists()
    about = json.loads((folder / "provenance.json").read_text())
    fold = json.loads((part.materials.training.folder(run) / "fold.json").read_text())
    names = ["image with mask"] if pairs else fold["classes"]
    counted = np.bincount(labels, minlength=len(names)).tolist()
    return {
        "repeat": part.repeat,
        "fold": part.fold,
        "generator": made.name,
        "images": len(labels),
        "shape": list(np.load(folder / "images.npy", mmap_mode="r").shape[1:]),
        "per_class": [{"class": c, "images": n} for c, n in zip(names, counted, strict=True)],
        "models": [{"name": gan.key, "sha256": _model_hash(gan, run)} for gan in made.gans],
        "made_by": [] if made.gans else about["models"],
        "training_rows": about["training_rows"],
    }
