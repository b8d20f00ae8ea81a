"""Collects a finished ablation into results/summary.json, samples.npz and images.json."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from medgan_fashion.base.files import write_whole
from medgan_fashion.base.plain import to_plain
from medgan_fashion.imaging.prepare.prepare import Prepared
from medgan_fashion.medical.config import AblationConfig
from medgan_fashion.medical.design import Plan
from medgan_fashion.medical.results.audit import audit
from medgan_fashion.medical.results.checklist import checklist
from medgan_fashion.medical.results.external import external_section
from medgan_fashion.medical.results.findings import (
    data_section,
    gans,
    gate_rows,
    gate_samples,
    judgements,
    synthetic_sets,
)
from medgan_fashion.medical.results.own_scores import dose, own_comparisons, pools
from medgan_fashion.medical.results.schema import check_summary
from medgan_fashion.medical.results.screening import keep_cards, pair_samples, privacy_rows
from medgan_fashion.runs.engine.declare import versions


def collect(run: Path, name: str, prepared: Prepared, config: AblationConfig, plan: Plan) -> dict[str, Any]:
    """Writes RUN/results/summary.json, samples.npz and images.json, and returns the summary."""
    images = prepared.images
    made = own_comparisons(run, images, config, plan)
    data = data_section(name, prepared, config.case_word) | {"external": external_section(run, images, plan, config)}
    summary: dict[str, Any] = {
        "title": config.title,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "data": data,
        "verdict": made.verdict(),
        "arms": made.arms(pools(run, plan, config.arms), config.classifier.updates),
        "dose": dose(run, images, plan, made),
        "judge": judgements(plan, run),
        "tests": made.tests(),
        "audit": audit(images, plan, run, config.films),
        "gans": gans(plan, run, config),
        "synthetic_sets": synthetic_sets(plan, run),
        "privacy": privacy_rows(plan.privacy, run),
        "gate": gate_rows(plan, run),
        "calibration": made.calibration(),
        "config": to_plain(config),
        "versions": versions("albumentations", "monai", "pydicom"),
    }
    summary["checklist"] = checklist(summary)
    check_summary(summary)
    keep_cards(plan.privacy, run)
    _write(run / "results", summary, image_folders(run, prepared, plan), _samples(run, config, plan))
    return summary


def _samples(run: Path, config: AblationConfig, plan: Plan) -> dict[str, Any]:
    """The sample grids and galleries of the first repeat, fold by fold."""
    samples: dict[str, Any] = pair_samples(plan.privacy, run) | gate_samples(plan, run)
    for fold in range(config.folds):
        with np.load(plan.judgements[0, fold].folder(run) / "samples.npz") as arrays:
            samples |= {f"f{fold}_{key}": arrays[key] for key in arrays.files}
    return samples


def _write(results: Path, summary: dict[str, Any], places: dict[str, Any], samples: dict[str, Any]) -> None:
    """The summary last: where it lies, the run is finished."""
    results.mkdir(parents=True, exist_ok=True)
    write_whole(results / "samples.npz", lambda path: _save_arrays(path, samples))
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
