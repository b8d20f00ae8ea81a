"""Somebody else's predictions, checked row by row, through the run's own comparison: same contrast, rule, report."""

import csv
import hashlib
import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.base.files import write_whole
from medgan_fashion.base.sheets import read_rows
from medgan_fashion.medical.results.checklist import checklist
from medgan_fashion.medical.results.comparisons import Comparisons
from medgan_fashion.medical.results.schema import check_summary
from medgan_fashion.medical.results.scores import lesion_table, load_scores, score_table
from medgan_fashion.medical.study.finished import OpenRun, check_done

# ---------------------------------------------------------------------------------------------------------------------
# Somebody's predictions for the arms of a run: read from a CSV, checked row by row, made into score tables.


PLACE = ("repeat", "fold", "arm", "seed", "case")
TOLERANCE = 1e-3  # of a row's sum: scores are often written with four digits
Scores = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Row:
    """One prediction: the row of the CSV (1 = the first after the header), where it belongs, its scores (K,)."""

    number: int
    repeat: int
    fold: int
    arm: str
    seed: str
    at: int  # row of the image set
    scores: tuple[float, ...]


def write_predictions(path: Path, opened: OpenRun) -> int:
    """Writes the predictions of the run's own classifiers, all digits; returns how many rows."""
    images, cells = opened.images, [cell for cell in opened.plan.cells if not cell.dose]
    check_done(opened.folder, [cell.task for cell in cells], "--own-predictions")
    rows = []
    for cell in cells:
        tested = images.rows[opened.plan.partitions[cell.repeat] == cell.fold]
        place = [cell.repeat + 1, cell.fold + 1, cell.arm, cell.learner + 1]
        scores = load_scores(opened.folder, cell).astype(np.float64)
        rows += [[*place, int(case), *map(repr, map(float, row))] for case, row in zip(tested, scores, strict=True)]

    def write(part: Path) -> None:
        with part.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([[*PLACE, *images.card.classes], *rows])

    write_whole(path, write)
    return len(rows)


class _Reader:
    """Checks the rows of one file against the run that they are for."""

    def __init__(self, name: str, opened: OpenRun) -> None:
        self.name, self.run, self.classes = name, opened, opened.images.card.classes
        self.at = {int(row): i for i, row in enumerate(opened.images.rows)}

    def header(self, columns: list[str]) -> None:
        """ValueError for a column that is missing or unknown."""
        missing = [c for c in (*PLACE[1:], *self.classes) if c not in columns]
        unknown = [c for c in columns if c not in (*PLACE, *self.classes)]
        if missing:
            raise ValueError(
                f"{self.name} lacks the column {missing[0]!r}; it needs {', '.join(PLACE[1:])} and one column of "
                f"probabilities for each class: {', '.join(self.classes)}"
            )
        if unknown:
            raise ValueError(
                f"{self.name} has the column {unknown[0]!r}, which is no class of the run ({', '.join(self.classes)}); "
                "rename it or take it out"
            )

    def _wrong(self, number: int, what: str) -> ValueError:
        return ValueError(f"row {number} of {self.name} {what}")

    def _count(self, number: int, key: str, text: str, most: int) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise self._wrong(number, f"has {key} {text!r}; the run has {key}s 1 to {most}, as in arms.csv")
        return int(text) - 1

    def _scores(self, number: int, row: dict[str, str]) -> tuple[float, ...]:
        try:
            scores = tuple(float(row[name]) for name in self.classes)
        except ValueError:
            raise self._wrong(number, "has a score that is no number; write one like 0.25 for every class") from None
        if not np.isfinite(scores).all() or min(scores) < 0:
            raise self._wrong(number, "has a score that is not finite or below 0; give probabilities, not logits")
        if abs(sum(scores) - 1) > TOLERANCE:
            raise self._wrong(number, f"has scores that sum to {sum(scores):.4g}; give probabilities that sum to 1")
        return scores

    def row(self, number: int, row: dict[str, str]) -> Row:
        """One checked row; ValueError says what is wrong with it."""
        config, arm = self.run.config, row["arm"]
        repeat = self._count(number, "repeat", row.get("repeat", "1"), config.repeats)
        fold = self._count(number, "fold", row["fold"], config.folds)
        if arm not in config.arms:
            raise self._wrong(number, f"has the arm {arm!r}; the run has {', '.join(config.arms)}")
        if not row["seed"]:
            raise self._wrong(number, "has no seed; number the trainings of each arm and fold, from 1")
        case = row["case"]
        at = self.at.get(int(case)) if case.isdecimal() else None
        if at is None or self.run.images.external[at]:
            raise self._wrong(number, f"has the case {case!r}, which the run did not test; take cases from arms.csv")
        tested_in = int(self.run.plan.partitions[repeat][at])
        if tested_in != fold:
            raise self._wrong(
                number,
                f"scores case {case} in fold {fold + 1}, which may have trained on it: a leak; "
                f"score it with the model of fold {tested_in + 1} of repeat {repeat + 1}",
            )
        return Row(number, repeat, fold, arm, row["seed"], at, self._scores(number, row))


def _unique(rows: Iterable[Row], name: str) -> dict[tuple[Any, ...], Row]:
    """By arm, seed, repeat and case; ValueError for the second of two."""
    found: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        first = found.setdefault((row.arm, row.seed, row.repeat, row.at), row)
        if first is not row:
            raise ValueError(
                f"row {row.number} of {name} scores what row {first.number} scores already (same case, fold, arm, "
                "seed and repeat); leave one of them out"
            )
    return found


def _in_order(seeds: Iterable[str]) -> list[str]:
    """Seeds as numbers where all are numbers, so that 10 comes after 9."""
    found = list(dict.fromkeys(seeds))
    return sorted(found, key=int) if all(seed.isdecimal() for seed in found) else sorted(found)


def _seeds(rows: Iterable[Row], name: str, opened: OpenRun) -> tuple[list[str], list[str]]:
    """The arms that the file has, in the run's order, and its seeds; ValueError where arms are not alike."""
    per_arm: dict[str, list[str]] = {}
    for row in rows:
        per_arm.setdefault(row.arm, []).append(row.seed)
    primary = opened.config.primary
    for key, arm in (("arm", primary.arm), ("comparator", primary.against)):
        if arm not in per_arm:
            raise ValueError(f"{name} has no row of {arm}, the {key} of the declared comparison; add its predictions")
    seeds = _in_order(per_arm[primary.arm])
    for arm, each in per_arm.items():
        if (other := _in_order(each)) != seeds:
            raise ValueError(
                f"{name} has seeds {', '.join(other)} of {arm} but {', '.join(seeds)} of {primary.arm}; train every "
                "arm with the same seeds"
            )
    return [arm for arm in opened.config.arms if arm in per_arm], seeds


def read_predictions(path: Path, opened: OpenRun) -> Scores:
    """Score tables (R, C, L, K) of each arm that the file has, slices averaged per lesion.

    The CSV has one row for each test case of each fold, arm and seed: columns `case` (row of the case table), `fold`,
    `arm`, `seed`, where there are several `repeat`, and a probability for each class under its name.

    ValueError names the first row that does not fit, or what is missing.
    """
    columns, table = read_rows(path)
    reader = _Reader(path.name, opened)
    reader.header(columns)
    rows = [reader.row(number, row) for number, row in enumerate(table, start=1)]
    found = _unique(rows, path.name)
    arms, seeds = _seeds(rows, path.name, opened)
    return {arm: _table(arm, seeds, found, path.name, opened) for arm in arms}


def _table(
    arm: str, seeds: list[str], found: dict[tuple[Any, ...], Row], name: str, opened: OpenRun
) -> NDArray[np.float64]:
    def scores(repeat: int, fold: int, seed: str) -> NDArray[np.float64]:
        tested = np.flatnonzero(opened.plan.partitions[repeat] == fold)
        for at in tested:
            if (arm, seed, repeat, int(at)) not in found:
                where = f"fold {fold + 1} of repeat {repeat + 1}"
                raise ValueError(f"{name} lacks case {opened.images.rows[at]} of {arm}, seed {seed}, {where}; add it")
        return np.array([found[arm, seed, repeat, int(at)].scores for at in tested])

    parts = (
        (repeat, fold, c, scores(repeat, fold, seed))
        for repeat in range(opened.config.repeats)
        for fold in range(opened.config.folds)
        for c, seed in enumerate(seeds)
    )
    return score_table(opened.images, opened.plan.partitions, len(seeds), parts)


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
    """The summary of a run with the classifier of `predictions` in the place of its own (medical/results/schema.py).

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
