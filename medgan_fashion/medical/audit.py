"""The leakage audit: what could have let test patients into training, looked for in what was really used."""

import json
from itertools import combinations
from pathlib import Path

import numpy as np

from medgan_fashion.imaging.imageset import ImageSet
from medgan_fashion.imaging.near_duplicates import duplicate_groups
from medgan_fashion.medical.plan import Plan
from medgan_fashion.medical.summary import AuditItem
from medgan_fashion.runs.folds import load_fold


def _item(check: str, problems: list[str], fine: str) -> AuditItem:
    return {"check": check, "passed": not problems, "detail": "; ".join(problems[:5]) or fine}


def _patients(images: ImageSet, plan: Plan) -> AuditItem:
    problems = []
    for repeat, folds in enumerate(plan.partitions):
        for a, b in combinations(range(int(folds.max()) + 1), 2):
            both = np.intersect1d(images.groups[folds == a], images.groups[folds == b])
            problems += [f"{images.card.pseudonyms[g]} in folds {a} and {b} of repeat {repeat}" for g in both]
    shared = np.intersect1d(images.groups[images.external], images.groups[~images.external])
    problems += [f"{images.card.pseudonyms[g]} in both cohorts" for g in shared]
    what = "patient" if images.card.grouping == "patient" else f"group ({images.card.grouping})"
    return _item(f"no {what} on both sides of a split", problems, f"{len(plan.partitions)} partitions checked")


def same_picture_groups(images: ImageSet) -> list[str]:
    """Rows that show the same picture under two patients, in words; pixels are compared, not names.

    An exact copy is found by content; a near copy by its difference hash. Both are leaks if a split divides them.
    """
    same = duplicate_groups(list(images.view()))
    found = []
    for group in np.unique(same):
        rows = np.flatnonzero(same == group)
        if len(np.unique(images.groups[rows])) > 1:
            found.append("rows " + ", ".join(str(r) for r in images.rows[rows][:6]))
    return found


def _pictures(images: ImageSet) -> AuditItem:
    problems = [f"{words} look alike under different patients" for words in same_picture_groups(images)]
    return _item("no near-duplicate picture under two patients", problems, f"{len(images.labels)} crops compared")


def _rows(images: ImageSet, plan: Plan, run: Path) -> AuditItem:
    """Every training fold really holds the rows that its key says, and none of its test fold's pixels."""
    problems = []
    for (repeat, fold), materials in plan.materials.items():
        trained = load_fold(materials.training.folder(run))
        stored = ImageSet.load(materials.rows.folder)
        if trained.training_rows != stored.content_hash()[:20]:
            problems.append(f"fold {fold} of repeat {repeat} was altered after it was stored")
        test = images.images[plan.partitions[repeat] == fold]
        seen = {image.tobytes() for image in np.asarray(stored.images)}
        if any(image.tobytes() in seen for image in test):
            problems.append(f"a test picture of fold {fold}, repeat {repeat} lies in its training rows")
    return _item(
        "training folds hold their own rows and no test picture",
        problems,
        f"{len(plan.materials)} folds re-read",
    )


def _synthetic(plan: Plan, run: Path) -> AuditItem:
    problems = []
    for (repeat, fold), materials in plan.materials.items():
        about = json.loads((materials.synthetic.folder(run) / "provenance.json").read_text())
        if about["training_rows"] != load_fold(materials.training.folder(run)).training_rows or not about["synthetic"]:
            problems.append(f"synthetic images of fold {fold}, repeat {repeat} come from other rows")
    return _item(
        "every GAN saw its own fold's training rows only",
        problems,
        f"{len(plan.materials)} sets of synthetic images traced",
    )


def audit(images: ImageSet, plan: Plan, run: Path) -> list[AuditItem]:
    """All checks; each says what it looked at."""
    return [_patients(images, plan), _pictures(images), _rows(images, plan, run), _synthetic(plan, run)]
