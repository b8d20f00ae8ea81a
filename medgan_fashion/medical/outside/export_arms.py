"""Writes what every arm of a run trains and is tested on, as files and one list, for somebody else's classifier."""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from inspect import signature
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.base.files import write_whole
from medgan_fashion.medical.arms.pools import Part, arm_pool
from medgan_fashion.medical.design import Cell, TrainingSet
from medgan_fashion.medical.study.finished import OpenRun, check_done
from medgan_fashion.runs.engine.stage import Task
from medgan_fashion.runs.stages.folds import load_fold

# ---------------------------------------------------------------------------------------------------------------------
# Pictures kept as files for other programs: each content once, under its own hash, synthetic ones flagged.


WHITE = 65535


def _save_grey(path: Path, grey: NDArray[np.uint16], synthetic: bool) -> None:
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    flag = PngInfo()
    if synthetic:
        flag.add_text("SyntheticData", "YES")
    write_whole(path, lambda part: Image.fromarray(grey).save(part, format="png", pnginfo=flag))


def _save_array(path: Path, image: NDArray[np.float32]) -> None:
    def write(part: Path) -> None:
        with part.open("wb") as file:  # given a name, numpy would add .npy to it
            np.save(file, image)

    write_whole(path, write)


def keep_picture(out: Path, folder: str, image: NDArray[np.float32], *, synthetic: bool) -> str:
    """Writes an image (C, H, W) in [0, 1] below `out` unless it is there; returns its path relative to `out`.

    One channel: a 16-bit grey PNG, 0 to 65535, with SyntheticData=YES in its text where it is synthetic. More
    channels: the float32 array as .npy.
    """
    if len(image) == 1:
        grey = np.rint(np.clip(image[0], 0, 1) * WHITE).astype(np.uint16)
        name = f"{folder}/{hashlib.sha256(grey.tobytes()).hexdigest()[:20]}.png"
    else:
        grey, image = None, np.ascontiguousarray(image, dtype=np.float32)
        name = f"{folder}/{hashlib.sha256(image.tobytes()).hexdigest()[:20]}.npy"
    path = out / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        if grey is None:
            _save_array(path, image)
        else:
            _save_grey(path, grey, synthetic)
    return name


COLUMNS = ("repeat", "fold", "arm", "seed", "split", "file", "times", "case", "label", "source", "patient")
REAL = ("real", "held-back")
README = """What each arm of this study trains and is tested on
====================================================

The folders images/real and images/classic hold PATIENTS' DATA: regions of real pictures, and real pictures turned,
shifted and shaded. They fall under the same rules as the pictures they were cut from; share them no further.
Folders whose name begins with images/synthetic hold generated pictures; each PNG says SyntheticData=YES in its text.

PNG: 16-bit grey, 0 to 65535 stands for 0 to 1. NPY: float32 (channels, height, width) in 0 to 1.

arms.csv, one row for each image of a list:
  repeat, fold, arm, seed   which list; all count from 1. Test rows hold for every seed and leave it empty.
  split     train or test. Train on nothing but the train rows of one list; score all its test rows.
  file      the picture. A picture that several lists share is one file.
  times     how often the list holds it.
  case      the row of the case table (1 = the first after the header); empty for images that were made.
  label     what the arm trains on; arms with shuffled labels have other ones here on purpose.
  source    real, held-back, classic, gan, ...
  patient   pseudonym, also of the patient that a classic image was made from; empty for generated images. Keep the
            images of one patient together when you hold some back inside a training list.

The list of a seed is, in its order, what the study's own classifier of that seed trained on.
Write predictions.csv with the columns repeat, fold, arm, seed, case and one probability for each class, named
exactly like it, and compare them with:  medgan-fashion compare predictions.csv --run RUN
"""


@dataclass(frozen=True)
class Exported:
    """How much was written: lists (one for each repeat, fold, arm and seed), rows of arms.csv, files."""

    lists: int
    rows: int
    files: int


def _pool_inputs(task: Task, run: Path) -> dict[str, Any]:
    """A classifier's inputs, as far as they say what it trains on."""
    wanted = signature(arm_pool).parameters
    return {name: value for name, value in task.resolved(run).items() if name in wanted}


def _place(part: TrainingSet, images: Any, n_tested: int) -> dict[str, NDArray[np.int64]]:
    """Rows of the image set behind a fold's training rows and its held-back rows, in the fold's order."""
    development = np.flatnonzero(~images.external)
    return {"real": np.setdiff1d(development, part.unseen), "held-back": part.unseen[n_tested:]}


class _Writer:
    """The rows of arms.csv, list after list; pictures go to their files on the way."""

    def __init__(self, opened: OpenRun, out: Path) -> None:
        self.opened, self.out, self.files = opened, out, set[str]()
        self.rows = 0
        self.parts = {(p.repeat, p.fold): p for p in opened.plan.training_sets if not p.purpose}

    def _who(self, at: NDArray[np.int64]) -> list[str]:
        card = self.opened.images.card
        return [card.pseudonyms[group] for group in self.opened.images.groups[at]]

    def _keep(self, source: str, image: NDArray[np.float32]) -> str:
        synthetic = source not in (*REAL, "classic")
        folder = (
            f"images/synthetic_{source}" if synthetic else "images/classic" if source == "classic" else "images/real"
        )
        name = keep_picture(self.out, folder, image, synthetic=synthetic)
        self.files.add(name)
        return name

    def _part(self, part: Part, at: dict[str, NDArray[np.int64]]) -> Iterator[list[Any]]:
        """file, times, case, label, source, patient of each image, in order of first appearance."""
        rows, first, times = np.unique(part.rows, return_index=True, return_counts=True)
        order = np.argsort(first)
        rows, times, classes = rows[order], times[order], self.opened.images.card.classes
        origin = at[part.source][rows] if part.source in REAL else None
        if part.images.made_from is not None:
            origin = at["real"][part.images.made_from[rows]]
        patients = [""] * len(rows) if origin is None else self._who(origin)
        for i, row in enumerate(rows):
            case = int(self.opened.images.rows[at[part.source][row]]) if part.source in REAL else ""
            label = classes[int(part.images.labels[row])]
            file = self._keep(part.source, part.images.images[row])
            yield [file, int(times[i]), case, label, part.source, patients[i]]

    def train(self, cell: Cell) -> Iterator[list[Any]]:
        """The training list of one classifier."""
        opened, key = self.opened, (cell.repeat, cell.fold)
        n_tested = int((opened.plan.partitions[cell.repeat] == cell.fold).sum())
        at = _place(self.parts[key], opened.images, n_tested)
        place = [cell.repeat + 1, cell.fold + 1, cell.arm, cell.learner + 1, "train"]
        for part in arm_pool(**_pool_inputs(cell.task, opened.folder)).parts:
            for row in self._part(part, at):
                yield [*place, *row]

    def test(self, cell: Cell) -> Iterator[list[Any]]:
        """The test rows of a fold, as its training fold's intensity map shows them."""
        images = self.opened.images
        at = np.flatnonzero(self.opened.plan.partitions[cell.repeat] == cell.fold)
        views = load_fold(cell.task.inputs["test"].folder(self.opened.folder)).views
        place = [cell.repeat + 1, cell.fold + 1, cell.arm, "", "test"]
        for view, row, patient in zip(views, at, self._who(at), strict=True):
            label = images.card.classes[int(images.labels[row])]
            yield [*place, self._keep("real", view), 1, int(images.rows[row]), label, "real", patient]

    def lists(self, cells: list[Cell]) -> Iterator[list[Any]]:
        """All rows; the test rows of an arm's fold stand behind its first seed's training rows."""
        for cell in cells:
            for row in chain(self.train(cell), self.test(cell) if cell.learner == 0 else ()):
                self.rows += 1
                yield row


def export_arms(opened: OpenRun, out: Path) -> Exported:
    """Writes OUT/arms.csv, the pictures below OUT/images and OUT/README.txt; the list comes last.

    ValueError where `out` holds a list already, or the run has not made all images yet.
    """
    if (out / "arms.csv").exists():
        raise ValueError(f"{out} already holds arms.csv; choose another --out")
    cells = [cell for cell in opened.plan.cells if not cell.dose]
    check_done(opened.folder, [need for cell in cells for need in cell.task.needs()], "export-arms")
    out.mkdir(parents=True, exist_ok=True)
    write_whole(out / "README.txt", lambda part: part.write_text(README, encoding="utf-8"))
    writer = _Writer(opened, out)

    def write(path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(COLUMNS)
            table.writerows(writer.lists(cells))

    write_whole(out / "arms.csv", write)
    return Exported(len(cells), writer.rows, len(writer.files))
