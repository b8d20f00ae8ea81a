"""Somebody else's predictions through the run's own comparison: same contrast, same rule, same report."""

import hashlib
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from medgan_fashion.base.files import write_whole
from medgan_fashion.medical.outside.predictions import read_predictions
from medgan_fashion.medical.results.checklist import checklist
from medgan_fashion.medical.results.comparisons import Comparisons
from medgan_fashion.medical.results.schema import check_summary
from medgan_fashion.medical.results.scores import lesion_table
from medgan_fashion.medical.study.finished import OpenRun

SOURCES = ("n_real", "n_classic", "n_gan")
KEPT = ("sites", "per_class")  # of the external cohort, beside its counts


def _own_summary(run: Path) -> dict[str, Any]:
    path = run / "results" / "summary.json"
    if not path.is_file():
        raise ValueError(
            f"{run} is not finished: its own figures and audit go into the report; run the chain on it first"
        )
    return json.loads(path.read_text(encoding="utf-8"))


def _read_only_tests(name: str, made: Comparisons) -> dict[str, Any]:
    counted = sum(scores.shape[0] * scores.shape[1] * scores.shape[2] for scores in made.scores.values())
    detail = f"{counted} scores of {name} checked; what the model was trained on elsewhere cannot be seen from here"
    return {"check": "predictions are of the test rows of their own fold only", "passed": True, "detail": detail}


def _external(own: dict[str, Any] | None) -> dict[str, Any] | None:
    """Who the external cohort was; what the run's own classifiers scored there is not this model's."""
    return None if own is None else {key: value for key, value in own.items() if isinstance(value, int) or key in KEPT}


def _whose(model: str, predictions: Path, seeds: int) -> dict[str, Any]:
    digest = hashlib.sha256(predictions.read_bytes()).hexdigest()
    return {"name": model, "file": predictions.name, "sha256": digest, "seeds": seeds}


def compared(opened: OpenRun, predictions: Path, model: str) -> dict[str, Any]:
    """The summary of a run with the classifier of `predictions` in the place of its own (see medical/results/schema.py).

    What only the run's own classifiers could say (dose, the external cohort's figures, updates) is left out. `model`
    says in words whose classifier it is. ValueError for predictions that do not fit, or a run that is not finished.
    """
    own = _own_summary(opened.folder)
    scores = read_predictions(predictions, opened)
    made = Comparisons(scores, lesion_table(opened.images, opened.plan.partitions), opened.config, opened.images.card)
    pools = {arm["arm"]: {name[2:]: arm[name] for name in SOURCES} for arm in own["arms"]}
    summary = own | {
        "title": f"{own['title']}: {model}",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "classifier": _whose(model, predictions, next(iter(scores.values())).shape[1]),
        "data": own["data"] | {"external": _external(own["data"]["external"])},
        "verdict": made.verdict(),
        "arms": made.arms(pools, None),
        "dose": [],
        "tests": made.tests(),
        "calibration": made.calibration(),
        "audit": [*own["audit"], _read_only_tests(predictions.name, made)],
    }
    summary["checklist"] = checklist(summary)
    summary["config"] = {k: v for k, v in own["config"].items() if k != "classifier"}
    check_summary(summary)
    return summary


def write_compared(opened: OpenRun, summary: dict[str, Any], out: Path) -> None:
    """Writes OUT/results/summary.json beside the run's pictures; ValueError where `out` holds a run's own results."""
    results = out / "results"
    if (out / "declared.json").exists():
        raise ValueError(f"{out} is a run folder, whose own results would be lost; choose another --out")
    results.mkdir(parents=True, exist_ok=True)
    samples = opened.folder / "results" / "samples.npz"
    if samples.is_file():
        write_whole(results / "samples.npz", lambda part: shutil.copyfile(samples, part))
    write_whole(results / "summary.json", lambda part: part.write_text(json.dumps(summary, indent=1)))
