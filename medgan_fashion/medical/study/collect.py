"""Collects a finished study into results/summary.json, images.json and the report's pictures."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from medgan_fashion.base.files import write_whole
from medgan_fashion.base.plain import to_plain
from medgan_fashion.imaging.prepare.prepare import Prepared
from medgan_fashion.medical.config import StudyConfig
from medgan_fashion.medical.design import Plan
from medgan_fashion.medical.results.audit import audit
from medgan_fashion.medical.results.checklist import checklist
from medgan_fashion.medical.results.findings import data_section, gans, gate_rows, gate_samples, synthetic_sets
from medgan_fashion.medical.results.schema import check_summary
from medgan_fashion.medical.results.screening import keep_cards, pair_samples, privacy_rows
from medgan_fashion.medical.study.tasks import task_of
from medgan_fashion.runs.engine.declare import versions


def collect(run: Path, name: str, prepared: Prepared, config: StudyConfig, plan: Plan) -> dict[str, Any]:
    """Writes RUN/results: summary.json, images.json and the pictures, and returns the summary."""
    images, task = prepared.images, task_of(config)
    own, data = task.results(run, images, plan), data_section(name, prepared, config.case_word)
    summary: dict[str, Any] = {
        "title": config.title,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "data": data | {"external": own.pop("external", data["external"])},
        **own,
        "audit": audit(images, plan, run),
        "gans": gans(plan, run, task.recipe),
        "synthetic_sets": synthetic_sets(plan, run),
        "privacy": privacy_rows(plan.privacy, run),
        "gate": gate_rows(plan, run),
        "config": to_plain(config),
        "versions": versions("albumentations", "monai", "pydicom"),
    }
    if "arms" in summary:  # the standards are written for models that classify
        summary["checklist"] = checklist(summary)
        check_summary(summary)
    keep_cards(plan.privacy, run)
    pictures = task.pictures(run, images, plan)
    pictures["samples.npz"] = (
        pictures.get("samples.npz", {}) | pair_samples(plan.privacy, run) | gate_samples(plan, run)
    )
    _write(run / "results", summary, image_folders(run, prepared, plan), pictures)
    return summary


def _write(results: Path, summary: dict[str, Any], places: dict[str, Any], pictures: dict[str, Any]) -> None:
    """The summary last: where it lies, the run is finished."""
    results.mkdir(parents=True, exist_ok=True)
    for name, arrays in pictures.items():
        write_whole(results / name, lambda path, arrays=arrays: _save_arrays(path, arrays))
    for name, content in (("images.json", places), ("summary.json", summary)):
        text = json.dumps(content, indent=1)
        write_whole(results / name, lambda path, text=text: path.write_text(text))


def image_folders(run: Path, prepared: Prepared, plan: Plan) -> dict[str, Any]:
    """Where the images of the first repeat lie: class names, and for each fold the folders, relative to the run, of
    its training rows, its test rows and the synthetic images that its test rows are judged beside."""
    judged = [(fold, task) for (repeat, fold), task in plan.judgements.items() if repeat == 0]
    folds = [
        {"fold": fold}
        | {kind: str(task.inputs[kind].folder(run).relative_to(run)) for kind in ("training", "test", "synthetic")}
        for fold, task in judged
    ]
    return {"classes": list(prepared.images.card.classes), "folds": folds}


def _save_arrays(path: Path, arrays: dict[str, Any]) -> None:
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)
