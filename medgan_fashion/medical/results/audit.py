"""The leakage audit: what could have let test patients into training, looked for in what was really used."""

import json
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.imaging.prepare.near_copies.groups import look_alikes
from medgan_fashion.imaging.prepare.near_copies.rules import AUDIT
from medgan_fashion.medical.design import Plan
from medgan_fashion.medical.results.schema import AuditItem
from medgan_fashion.runs.stages.folds import load_fold


def _item(check: str, problems: list[str], fine: str) -> AuditItem:
    return {"check": check, "passed": not problems, "detail": "; ".join(problems[:5]) or fine}


def _patients(images: ImageSet, partitions: Sequence[NDArray[np.int64]]) -> AuditItem:
    problems = []
    for repeat, folds in enumerate(partitions):
        for a, b in combinations(range(int(folds.max()) + 1), 2):
            both = np.intersect1d(images.groups[folds == a], images.groups[folds == b])
            problems += [
                f"{images.card.pseudonyms[g]} in folds {a + 1} and {b + 1} of repeat {repeat + 1}" for g in both
            ]
    shared = np.intersect1d(images.groups[images.external], images.groups[~images.external])
    problems += [f"{images.card.pseudonyms[g]} in both cohorts" for g in shared]
    what = "patient" if images.card.grouping == "patient" else f"group ({images.card.grouping})"
    return _item(f"no {what} on both sides of a split", problems, f"{len(partitions)} partitions checked")


def _pictures(images: ImageSet) -> AuditItem:
    """Rows that show one picture under two patients, by their pixels, in any pose: a leak if a split divides them."""
    rows = images.rows
    problems = [
        f"rows {rows[a]} and {rows[b]} look alike under different patients"
        for a, b in look_alikes(images.images, images.card.size, images.groups, AUDIT)
    ]
    return _item("no near-duplicate picture under two patients", problems, f"{len(images.labels)} crops compared")


def _rows(images: ImageSet, plan: Plan, run: Path) -> AuditItem:
    """Every training set really holds the rows that its key says, and no picture that it is tested on."""
    problems = []
    for part in plan.training_sets:
        trained, stored = load_fold(part.materials.training.folder(run)), ImageSet.load(part.materials.rows.folder)
        if trained.training_rows != stored.content_hash()[:20]:
            problems.append(f"{part.name} was altered after it was stored")
        seen = {image.tobytes() for image in np.asarray(stored.images)}
        if any(image.tobytes() in seen for image in images.images[part.unseen]):
            problems.append(f"a test picture of {part.name} lies in its training rows")
    fine = f"{len(plan.training_sets)} re-read"
    return _item("training sets hold their own rows and no test picture", problems, fine)


def _synthetic(plan: Plan, run: Path) -> AuditItem:
    # not every arm's images were needed of every training set
    made = [(part, task) for part in plan.training_sets for task in part.materials.drawn if task.done(run)]
    problems = []
    for part, task in made:
        about = json.loads((task.folder(run) / "provenance.json").read_text())
        rows = load_fold(part.materials.training.folder(run)).training_rows
        if about["training_rows"] != rows or not about["synthetic"]:
            problems.append(f"synthetic images of {part.name} come from other rows")
    traced = f"{len(made)} sets of synthetic images traced"
    return _item("every GAN saw its own training rows only", problems, traced)


def _choices(plan: Plan, run: Path) -> list[AuditItem]:
    """Which ratio each inner hold-out chose, where one did."""
    chosen = [
        f"fold {fold + 1}, repeat {repeat + 1}: {json.loads((task.folder(run) / 'chosen.json').read_text())['ratio']:g}"
        for (repeat, fold), task in plan.choices.items()
    ]
    return [_item("ratios were chosen on inner hold-outs", [], "; ".join(chosen))] if chosen else []


def audit(images: ImageSet, plan: Plan, run: Path) -> list[AuditItem]:
    """All checks of a finished study; each says what it looked at."""
    looked = [_patients(images, plan.partitions), _pictures(images), _rows(images, plan, run), _synthetic(plan, run)]
    return looked + _choices(plan, run)
