"""Pictures for benchmarks/defence.py: digits, a case table or a folder of classes, in parts that share nobody."""

import gzip
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medgan_fashion.imaging.cases.config import ImageConfig
from medgan_fashion.imaging.cases.table import read_case_table
from medgan_fashion.imaging.discover.make_cases import make_cases
from medgan_fashion.imaging.prepare.folds import patient_folds
from medgan_fashion.imaging.prepare.imageset import ImageSet, centre
from medgan_fashion.imaging.prepare.intensity import fit_intensity
from medgan_fashion.imaging.prepare.prepare import prepare_cases

SIZE = (32, 32)
IDX = "train-images-idx3-ubyte.gz"


@dataclass(frozen=True)
class Part:
    """Images (N, C, H, W) in [0, 1], classes (N,), lesions (N, H, W) bool or None."""

    images: Tensor
    labels: Tensor
    lesions: Tensor | None = None

    def first(self, n: int) -> "Part":
        """The first n of them."""
        return Part(self.images[:n], self.labels[:n], None if self.lesions is None else self.lesions[:n])


@dataclass(frozen=True)
class Study:
    """Three parts, and the epsilons (L-inf, in units of [0, 1]) to attack with; `l2` for pairs on the manifold."""

    train: Part
    held: Part
    test: Part
    epsilons: tuple[float, ...]
    l2: float


def idx(path: Path) -> NDArray[np.uint8]:
    """An idx.gz file as an array."""
    raw = gzip.decompress(path.read_bytes())
    shape = [int.from_bytes(raw[4 + 4 * i : 8 + 4 * i], "big") for i in range(raw[3])]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(shape)


def digits(folder: Path, n: int) -> Study:
    """n to train on and 2,000 more of the idx files, in the order in which they lie there."""
    images = torch.from_numpy(idx(folder / IDX)[: n + 2000, None] / 255).float()
    labels = torch.from_numpy(idx(folder / IDX.replace("images-idx3", "labels-idx1"))[: n + 2000].astype(np.int64))
    places = (slice(n), slice(n, n + 1000), slice(n + 1000, n + 2000))
    train, held, test = (Part(images[place], labels[place]) for place in places)
    return Study(train, held, test, (0.05, 0.1, 0.2, 0.3), 1.5)


def boxes(table: Path, images: ImageSet) -> NDArray[np.bool_] | None:
    """(N, H, W) whether the middle of a view's pixel lies in its row's box; None where a row has none."""
    of_row = {case.row: case.box for case in read_case_table(table).cases}
    found = [of_row[int(row)] for row in images.rows]
    if any(box is None for box in found):
        return None
    height, width = images.images.shape[2:]
    y, x = np.mgrid[:height, :width] + 0.5
    places = np.einsum("nij,jhw->nihw", images.to_source, np.stack([x, y, np.ones_like(x)]))
    left, top, wide, high = np.array(found).T[:, :, None, None]
    inside = (np.abs(places[:, 0] - left - wide / 2) <= wide / 2) & (np.abs(places[:, 1] - top - high / 2) <= high / 2)
    return centre(inside, images.card.size)


def lesions_of(table: Path, config: ImageConfig, images: ImageSet) -> NDArray[np.bool_] | None:
    """The rows' masks on their views, else their boxes, else None."""
    if all(case.mask for case in read_case_table(table).cases) and config.roi == "lesion":
        masks = prepare_cases(table, replace(config, masks=True)).images
        if np.array_equal(masks.rows, images.rows) and masks.masks is not None:
            return centre(masks.masks[:, 0], config.size) > 0.5
    return boxes(table, images)


def cases(table: Path, whole: bool = False) -> Study:
    """A case table in five folds of groups: one to test on, one to set the threshold on, three to train on."""
    placed = any(c.box or c.circle or c.mask for c in read_case_table(table).cases)
    # room around the lesion: its contrast is to be measured against a ring
    config = ImageConfig(size=SIZE, margin=0.5, roi="lesion" if placed and not whole else "whole")
    every = prepare_cases(table, config).images
    own = every.take(~every.external)
    folds = patient_folds(own.labels, own.groups, 5, 0, classes=own.card.classes)
    fitted = fit_intensity(own.take(folds > 1).images, config.intensity, SIZE)
    lesions = lesions_of(table, config, own)

    def part(chosen: NDArray[np.bool_]) -> Part:
        views = torch.from_numpy(fitted.apply(centre(own.images[chosen], SIZE)))
        marked = None if lesions is None else torch.from_numpy(lesions[chosen].copy())
        return Part(views, torch.from_numpy(own.labels[chosen]), marked)

    return Study(part(folds > 1), part(folds == 1), part(folds == 0), (1 / 255, 2 / 255, 4 / 255, 8 / 255), 0.5)


def read_study(path: Path, n: int, whole: bool = False) -> Study:
    """idx digits (n to train on), a case table, or a folder with one folder per class and, if any, YOLO
    boxes; `whole` pictures instead of crops around lesions."""
    if (path / IDX).exists():
        return digits(path, n)
    if path.is_file():
        return cases(path, whole)
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "cases.csv"
        # a box file lies beside its picture and has its name
        boxed = any(text.with_suffix(end).exists() for text in path.rglob("*.txt") for end in (".jpg", ".png"))
        make_cases(path, table, boxes="yolo" if boxed else "none")
        return cases(table, whole)
