"""Parts of the summary that are read, not computed: data, image figures, GANs, gates, synthetic sets, versions."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.imaging.prepare.prepare import Prepared
from medgan_fashion.medical.config import AblationConfig
from medgan_fashion.medical.design import Plan, TrainingSet
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


def gans(plan: Plan, run: Path, config: AblationConfig) -> list[dict[str, Any]]:
    """Every GAN: what it saw, how its weights were selected, whether an alarm stopped it."""
    return [_gan(part, gan, run, config) for part in plan.training_sets for gan in part.materials.gans]


def _gan(part: TrainingSet, gan: Task, run: Path, config: AblationConfig) -> dict[str, Any]:
    about = json.loads((gan.folder(run) / "gan.json").read_text())
    label = gan.inputs["label"]
    return {
        "name": ", ".join(["GAN", *filter(None, [part.purpose]), *([] if label is None else [f"class {label}"])]),
        "recipe": config.gan.recipe,
        "fold": part.fold,
        "repeat": part.repeat,
        "images_seen": about["images_seen"],
        "alarm": about["alarm"],
        "selected": about["selected"],
        "training_rows": about["training_rows"],
        "training_images": about["images"],
        "classes": about["classes"],
        "seconds": json.loads((gan.folder(run) / "stage.json").read_text())["seconds"],
    }


# ---------------------------------------------------------------------------------------------------------------------
# What a finished run's gates found: rows of the summary and strips of pictures.


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


# ---------------------------------------------------------------------------------------------------------------------
# The synthetic sets of a finished ablation, for their data cards: what is in each, and which models drew it.


def _model_hash(gan: Task, run: Path) -> str:
    with (gan.folder(run) / "model.safetensors").open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def synthetic_sets(plan: Plan, run: Path) -> list[dict[str, Any]]:
    """One row per fold's own set (see `SyntheticSet` in schema.py); those of dose figures have none."""
    rows = []
    for part in plan.training_sets:
        if part.purpose:
            continue
        made, classes = part.materials.synthetic, part.materials.gans
        folder = made.folder(run)
        labels = np.load(folder / "labels.npy")
        about = json.loads((folder / "provenance.json").read_text())
        fold = json.loads((part.materials.training.folder(run) / "fold.json").read_text())
        counted = np.bincount(labels, minlength=len(fold["classes"])).tolist()
        shape = np.load(folder / "images.npy", mmap_mode="r").shape[1:]
        rows.append(
            {
                "repeat": part.repeat,
                "fold": part.fold,
                "images": len(labels),
                "shape": list(shape),
                "per_class": [{"class": c, "images": n} for c, n in zip(fold["classes"], counted, strict=True)],
                "models": [{"name": gan.key, "sha256": _model_hash(gan, run)} for gan in classes],
                "made_by": [] if classes else about["models"],
                "training_rows": about["training_rows"],
            }
        )
    return rows
