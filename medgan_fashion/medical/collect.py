"""Collects a finished ablation into results/summary.json and samples.npz."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from medgan_fashion.gan.files import write_whole
from medgan_fashion.gan.plain import to_plain
from medgan_fashion.imaging.prepare import Prepared
from medgan_fashion.medical.ablation_config import AblationConfig
from medgan_fashion.medical.audit import audit
from medgan_fashion.medical.checklist import checklist
from medgan_fashion.medical.comparisons import Comparisons
from medgan_fashion.medical.findings import data_section, gans, judgements
from medgan_fashion.medical.plan import Plan
from medgan_fashion.medical.summary import check_summary
from medgan_fashion.runs.versions import versions


def collect(run: Path, name: str, prepared: Prepared, config: AblationConfig, plan: Plan) -> dict[str, Any]:
    """Writes RUN/results/summary.json and samples.npz, and returns the summary."""
    made = Comparisons(run, prepared, config, plan)
    data = data_section(name, prepared, config.case_word) | {"external": made.external()}
    summary: dict[str, Any] = {
        "title": config.title,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "data": data,
        "verdict": made.verdict(),
        "arms": made.arms(),
        "dose": made.dose(),
        "judge": judgements(plan, run),
        "tests": made.tests(),
        "audit": audit(prepared.images, plan, run, config.films),
        "gans": gans(plan, run, config),
        "calibration": made.calibration(),
        "config": to_plain(config),
        "versions": versions("albumentations", "monai", "pydicom"),
    }
    summary["checklist"] = checklist(summary)
    check_summary(summary)
    results = run / "results"
    results.mkdir(parents=True, exist_ok=True)
    samples: dict[str, Any] = {}
    for fold in range(config.folds):
        with np.load(plan.judgements[0, fold].folder(run) / "samples.npz") as arrays:
            samples |= {f"f{fold}_{key}": arrays[key] for key in arrays.files}
    write_whole(results / "samples.npz", lambda path: _save_arrays(path, samples))
    write_whole(results / "summary.json", lambda path: path.write_text(json.dumps(summary, indent=1)) and None)
    return summary


def _save_arrays(path: Path, arrays: dict[str, Any]) -> None:
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)
