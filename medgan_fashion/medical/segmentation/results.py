"""From finished U-Nets to the grid: overlap and outlines with patient intervals, the verdict, the report's pictures."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.classifiers.intervals import Interval, arm_interval, difference_interval
from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.imaging.prepare.near_copies.rules import SCREEN
from medgan_fashion.medical.design import Cell, Plan
from medgan_fashion.medical.results.comparisons import gap_rows, verdict_row
from medgan_fashion.medical.segmentation.config import SCORES, SegmentationConfig
from medgan_fashion.runs.stages.copies import load_copies
from medgan_fashion.runs.stages.folds import load_fold

Place = tuple[float, str, float]  # share of the patients, arm, ratio


class SegmentationScores:
    """Reads one finished run. A score table is (R, C, N, 1): repeats, U-Net seeds, tested images."""

    def __init__(self, run: Path, images: ImageSet, config: SegmentationConfig, plan: Plan) -> None:
        self.run, self.config, self.plan = run, config, plan
        self.grouping = images.card.grouping
        self.tested = np.flatnonzero(~images.external)
        self.patients = images.groups[self.tested]
        self.places: dict[Place, list[Cell]] = {}
        for cell in plan.cells:
            self.places.setdefault((cell.real_fraction, cell.arm, cell.ratio), []).append(cell)

    def table(self, cells: Sequence[Cell], score: str) -> NDArray[np.float64]:
        """Scores of one place of the design, folds joined."""
        seeds = max(cell.learner for cell in cells) + 1
        found = np.full((len(self.plan.partitions), seeds, len(self.tested), 1), np.nan)
        for cell in cells:
            rows = np.flatnonzero(self.plan.partitions[cell.repeat] == cell.fold)
            at = np.searchsorted(self.tested, rows)
            found[cell.repeat, cell.learner, at, 0] = np.load(cell.task.folder(self.run) / f"{score}.npy")
        return found

    def _arm(self, cells: Sequence[Cell], score: str) -> dict[str, float]:
        labels = np.zeros(len(self.tested), dtype=np.int64)
        found = arm_interval(self.table(cells, score), labels, self.patients, "mean_score", seed=self.config.seed)
        most = 1.0 if score == "dice" else np.inf
        return {"value": found.estimate, "low": max(found.low, 0.0), "high": min(found.high, most)}

    def difference(self, arm: Place, against: Place, score: str = "dice") -> Interval:
        """Of the mean score of two places of the design."""
        labels = np.zeros(len(self.tested), dtype=np.int64)
        tested, reference = (self.table(self.places[place], score) for place in (arm, against))
        return difference_interval(tested, reference, labels, self.patients, "mean_score", seed=self.config.seed)

    def _against(self, place: Place) -> Place | None:
        """What a place is compared with: the comparator at the same share of the patients, a synthetic one at the same
        amount (for arms without synthetic images: at the declared one)."""
        chosen = self.config.primary
        ratio = (place[2] or chosen.ratio) if self.config.generator(chosen.against) else 0.0
        found = (place[0], chosen.against, ratio)
        return None if place == found else found

    @property
    def primary(self) -> tuple[Place, Place]:
        """The declared contrast."""
        chosen = self.config.primary
        tested, against = (
            (chosen.real_fraction, arm, chosen.ratio if self.config.generator(arm) else 0.0)
            for arm in (chosen.arm, chosen.against)
        )
        return tested, against

    def verdict(self) -> dict[str, Any]:
        """The one declared contrast, by the rule of every chain."""
        return verdict_row(self.difference(*self.primary), self.config.primary, self.grouping)

    def cells(self) -> list[dict[str, Any]]:
        """The grid: every place with its pool, scores and difference to the comparator; all but the declared contrast
        Holm-adjusted together."""
        found = {place: self.difference(place, other) for place in self.places if (other := self._against(place))}
        gaps = gap_rows(found, self.primary[0])
        out = []
        for place, cells in self.places.items():
            pools = [json.loads((cell.task.folder(self.run) / "pool.json").read_text()) for cell in cells]
            row: dict[str, Any] = {
                f"n_{kind}": float(np.mean([pool[kind] for pool in pools])) for kind in ("real", "classic", "gan")
            }
            row |= {score: self._arm(cells, score) for score in SCORES}
            row["difference"] = gaps.get(place)
            out.append({"real_fraction": place[0], "arm": place[1], "ratio": place[2], "runs": len(cells), **row})
        return out


# ---------------------------------------------------------------------------------------------------------------------
# Pictures for the report.


SHOWN = 8  # of a kind


def _bytes(images: NDArray[Any]) -> NDArray[np.uint8]:
    return (np.clip(np.asarray(images), 0, 1) * 255).round().astype(np.uint8)


def pictures(scores: SegmentationScores) -> dict[str, NDArray[Any]]:
    """Of the first fold of the first repeat: reals and synthetic pairs at each share of the patients (and which of the
    pairs are near copies), and test images with the true mask and the masks of both arms of the declared contrast; grey
    (M, H, W), masks 0 or 255."""
    out: dict[str, NDArray[Any]] = {}
    run, plan = scores.run, scores.plan
    for part in (part for part in plan.training_sets if part.repeat == 0 and part.fold == 0):
        fold, where = load_fold(part.materials.training.folder(run)), f"{100 * part.real_fraction:g}"
        out[f"{where}_real_images"] = _bytes(fold.views[:SHOWN, 0])
        out[f"{where}_real_masks"] = _bytes(fold.mask_views[:SHOWN, 0] > 0.5)
        for made in part.materials.generators:
            for kind in ("images", "masks"):
                found = np.load(made.synthetic.folder(run) / f"{kind}.npy", mmap_mode="r")[:SHOWN, 0]
                out[f"{where}_{made.name}_{kind}"] = _bytes(found)
            out[f"{where}_{made.name}_copies"] = load_copies(made.copies.folder(run)).flags(SCREEN)[:SHOWN]
    return out | _outlined(scores)


def _outlined(scores: SegmentationScores) -> dict[str, NDArray[np.uint8]]:
    run, out = scores.run, {}
    first = [next(c for c in scores.places[place] if c.repeat == c.fold == 0) for place in scores.primary]
    held_out = load_fold(first[0].task.inputs["test"].folder(run))
    worst_first = np.argsort(np.load(first[0].task.folder(run) / "dice.npy"), kind="stable")
    rows = worst_first[np.linspace(0, len(worst_first) - 1, SHOWN).round().astype(int)]
    out["test_images"], out["test_masks"] = _bytes(held_out.views[rows, 0]), _bytes(held_out.mask_views[rows, 0] > 0.5)
    for key, cell in zip(("arm", "against"), first, strict=True):
        out[f"test_{key}"] = _bytes(np.load(cell.task.folder(run) / "predicted.npy")[rows])
    return out
