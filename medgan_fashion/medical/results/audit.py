"""The leakage audit: what could have let test patients into training, looked for in what was really used."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.screening.neighbours import standardised
from medgan_fashion.imaging.prepare.duplicates import duplicate_groups
from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.medical.design import Plan
from medgan_fashion.medical.results.schema import AuditItem
from medgan_fashion.runs.engine.stage import Stored, Task
from medgan_fashion.runs.stages.folds import load_fold

SAME_FILM = 0.995  # correlation of pixels above which two films of one hash are the same


@dataclass(frozen=True)
class Audited:
    """Something that was trained: its name for a person, its rows as stored and as trained on, the synthetic images of
    its GANs, and the rows of the image set that it must not have seen."""

    name: str
    rows: Stored
    training: Task
    synthetic: tuple[Task, ...]
    unseen: NDArray[np.int64]


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


def _alike(views: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(N, N): which whole films correlate as copies do. Different breasts of one shape share a difference hash by
    their outline alone and reach 0.989; gamma 0.8 or a quarter of a pixel's shift leave a copy at 0.9955."""
    shape = standardised(views)
    return shape @ shape.T > SAME_FILM


def same_picture_groups(images: ImageSet, films: bool = False) -> list[str]:
    """Rows that show the same picture under two patients, in words; pixels are compared, not names.

    An exact copy is found by content; a near copy by its difference hash, of whole `films` also by correlation. Both
    are leaks if a split divides them.
    """
    views = images.view()
    same, found = duplicate_groups(list(views)), []
    for group in np.unique(same):
        rows = np.flatnonzero(same == group)
        others = images.groups[rows][:, None] != images.groups[rows]
        leaks = (others & _alike(views[rows]) if films else others).any(axis=1)
        if leaks.any():
            found.append("rows " + ", ".join(str(r) for r in images.rows[rows[leaks]][:6]))
    return found


def _pictures(images: ImageSet, films: bool) -> AuditItem:
    problems = [f"{words} look alike under different patients" for words in same_picture_groups(images, films)]
    return _item("no near-duplicate picture under two patients", problems, f"{len(images.labels)} crops compared")


def _rows(images: ImageSet, sets: Sequence[Audited], run: Path) -> AuditItem:
    """Every training set really holds the rows that its key says, and no picture that it is tested on."""
    problems = []
    for part in sets:
        trained = load_fold(part.training.folder(run))
        stored = ImageSet.load(part.rows.folder)
        if trained.training_rows != stored.content_hash()[:20]:
            problems.append(f"{part.name} was altered after it was stored")
        seen = {image.tobytes() for image in np.asarray(stored.images)}
        if any(image.tobytes() in seen for image in images.images[part.unseen]):
            problems.append(f"a test picture of {part.name} lies in its training rows")
    return _item("training sets hold their own rows and no test picture", problems, f"{len(sets)} re-read")


def _synthetic(sets: Sequence[Audited], run: Path) -> AuditItem:
    problems, made = [], [(part, task) for part in sets for task in part.synthetic]
    for part, task in made:
        about = json.loads((task.folder(run) / "provenance.json").read_text())
        rows = load_fold(part.training.folder(run)).training_rows
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


def audit_sets(
    images: ImageSet, partitions: Sequence[NDArray[np.int64]], sets: Sequence[Audited], run: Path, films: bool = False
) -> list[AuditItem]:
    """All checks; each says what it looked at.

    `partitions`: each image's fold (N,) in every repeat, -1 where it takes no part. `films`: the images are whole
    mammograms.
    """
    return [_patients(images, partitions), _pictures(images, films), _rows(images, sets, run), _synthetic(sets, run)]


def audit(images: ImageSet, plan: Plan, run: Path, films: bool = False) -> list[AuditItem]:
    """`audit_sets` of a lesion or mammogram ablation, and what its inner hold-outs chose."""
    sets = []
    for part in plan.training_sets:
        made, more = part.materials, (part.materials.gated, part.materials.rare)
        # not every arm's images were needed of every training set
        synthetic = (made.synthetic, *(task for task in more if task is not None and task.done(run)))
        sets.append(Audited(part.name, made.rows, made.training, synthetic, part.unseen))
    return audit_sets(images, plan.partitions, sets, run, films) + _choices(plan, run)
