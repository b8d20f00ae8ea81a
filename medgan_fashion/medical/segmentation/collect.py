"""From finished U-Nets to results/summary.json: overlap and outlines with patient intervals, the verdict."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.base.files import write_whole
from medgan_fashion.base.plain import to_plain
from medgan_fashion.evaluation.classifiers.intervals import Interval, arm_interval, difference_interval
from medgan_fashion.evaluation.classifiers.secondary import holm
from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.imaging.prepare.prepare import Prepared
from medgan_fashion.medical.results.audit import Audited, audit_sets
from medgan_fashion.medical.results.comparisons import p_value, verdict_row
from medgan_fashion.medical.results.findings import data_section
from medgan_fashion.medical.segmentation.config import SCORES, SYNTHETIC, SegmentationConfig
from medgan_fashion.medical.segmentation.plan import PairSet, SegmentationPlan, SegmentCell
from medgan_fashion.runs.engine.declare import versions
from medgan_fashion.runs.stages.folds import load_fold

# ---------------------------------------------------------------------------------------------------------------------
# From finished U-Nets to the table of cells: Dice and outline distances with patient intervals, and the verdict.


Place = tuple[float, str, float]  # share of the patients, arm, ratio


class SegmentationScores:
    """Reads one finished run. A score table is (R, C, N, 1): repeats, U-Net seeds, tested images."""

    def __init__(self, run: Path, images: ImageSet, config: SegmentationConfig, plan: SegmentationPlan) -> None:
        self.run, self.config, self.plan = run, config, plan
        self.grouping = images.card.grouping
        self.tested = np.flatnonzero(~images.external)
        self.patients = images.groups[self.tested]
        self.places: dict[Place, list[SegmentCell]] = {}
        for cell in plan.cells:
            self.places.setdefault((cell.real_fraction, cell.arm, cell.ratio), []).append(cell)

    def table(self, cells: Sequence[SegmentCell], score: str) -> NDArray[np.float64]:
        """Scores of one place of the design, folds joined."""
        seeds = max(cell.segmenter_seed for cell in cells) + 1
        found = np.full((len(self.plan.partitions), seeds, len(self.tested), 1), np.nan)
        for cell in cells:
            rows = np.flatnonzero(self.plan.partitions[cell.repeat] == cell.fold)
            at = np.searchsorted(self.tested, rows)
            found[cell.repeat, cell.segmenter_seed, at, 0] = np.load(cell.task.folder(self.run) / f"{score}.npy")
        return found

    def _arm(self, cells: Sequence[SegmentCell], score: str) -> dict[str, float]:
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
        ratio = (place[2] or chosen.ratio) if chosen.against in SYNTHETIC else 0.0
        found = (place[0], chosen.against, ratio)
        return None if place == found else found

    @property
    def primary(self) -> tuple[Place, Place]:
        """The declared contrast."""
        chosen = self.config.primary
        place: Place = (chosen.real_fraction, chosen.arm, chosen.ratio if chosen.arm in SYNTHETIC else 0.0)
        against = (chosen.real_fraction, chosen.against, chosen.ratio if chosen.against in SYNTHETIC else 0.0)
        return place, against

    def verdict(self) -> dict[str, Any]:
        """The one declared contrast, by the rule of every chain."""
        return verdict_row(self.difference(*self.primary), self.config.primary, self.grouping)

    def _gaps(self) -> dict[Place, Interval]:
        return {place: self.difference(place, other) for place in self.places if (other := self._against(place))}

    def cells(self) -> list[dict[str, Any]]:
        """The grid: every place with its pool, scores and difference to the comparator; all but the declared contrast
        Holm-adjusted together."""
        gaps = self._gaps()
        p = {place: p_value(interval) for place, interval in gaps.items()}
        adjusted = holm({str(place): value for place, value in p.items() if place != self.primary[0]})
        out = []
        for place, cells in self.places.items():
            pools = [json.loads((cell.task.folder(self.run) / "pool.json").read_text()) for cell in cells]
            gap = gaps.get(place)
            row: dict[str, Any] = {
                f"n_{kind}": float(np.mean([pool[kind] for pool in pools])) for kind in ("real", "classic", "gan")
            }
            row |= {score: self._arm(cells, score) for score in SCORES}
            row["difference"] = gap and {
                **{key: getattr(gap, key) for key in ("estimate", "low", "high")},
                "p": p[place],
                "p_holm": adjusted.get(str(place)),
            }
            out.append({"real_fraction": place[0], "arm": place[1], "ratio": place[2], "runs": len(cells), **row})
        return out


# ---------------------------------------------------------------------------------------------------------------------
# Collects a finished segmentation ablation into results/summary.json and pictures.npz.


SHOWN = 8  # pictures of a kind in the report


def _audited(plan: SegmentationPlan) -> list[Audited]:
    return [
        Audited(
            part.name,
            part.materials.rows,
            part.materials.training,
            tuple(part.materials.synthetic.values()),
            part.unseen,
        )
        for part in plan.sets
    ]


def _gans(run: Path, part: PairSet) -> list[dict[str, Any]]:
    """Every GAN of a training set: what it saw, and how many of its masks were as large as a real one."""
    out = []
    for name, gan in part.materials.gans.items():
        folder = gan.folder(run)
        about = json.loads((folder / "gan.json").read_text())
        drawn = json.loads((part.materials.synthetic[name].folder(run) / "accepted.json").read_text())
        kept = {key: about[key] for key in ("images_seen", "alarm", "selected", "training_rows")}
        out.append(
            {
                "generator": name,
                "name": f"{name} GAN of {part.name}",
                "repeat": part.repeat,
                "fold": part.fold,
                "real_fraction": part.real_fraction,
                **kept,
                "training_images": about["images"],
                "accepted": drawn,
                "seconds": json.loads((folder / "stage.json").read_text())["seconds"],
            }
        )
    return out


def _bytes(images: NDArray[Any]) -> NDArray[np.uint8]:
    return (np.clip(np.asarray(images), 0, 1) * 255).round().astype(np.uint8)


def _pictures(run: Path, plan: SegmentationPlan, scores: SegmentationScores) -> dict[str, NDArray[np.uint8]]:
    """Of the first fold of the first repeat: reals and synthetic pairs at each share of the patients, and test images
    with the true mask and the masks of both arms of the declared contrast; grey (M, H, W), masks 0 or 255."""
    out: dict[str, NDArray[np.uint8]] = {}
    for part in (part for part in plan.sets if part.repeat == 0 and part.fold == 0):
        fold, where = load_fold(part.materials.training.folder(run)), f"{100 * part.real_fraction:g}"
        out[f"{where}_real_images"] = _bytes(fold.views[:SHOWN, 0])
        out[f"{where}_real_masks"] = _bytes(fold.mask_views[:SHOWN, 0] > 0.5)
        for name, task in part.materials.synthetic.items():
            for kind in ("images", "masks"):
                made = np.load(task.folder(run) / f"{kind}.npy", mmap_mode="r")[:SHOWN, 0]
                out[f"{where}_{name}_{kind}"] = _bytes(made)
    first = [next(c for c in scores.places[place] if c.repeat == c.fold == 0) for place in scores.primary]
    held_out = load_fold(first[0].task.inputs["test"].folder(run))
    worst_first = np.argsort(np.load(first[0].task.folder(run) / "dice.npy"), kind="stable")
    rows = worst_first[np.linspace(0, len(worst_first) - 1, SHOWN).round().astype(int)]
    out["test_images"], out["test_masks"] = _bytes(held_out.views[rows, 0]), _bytes(held_out.mask_views[rows, 0] > 0.5)
    for key, cell in zip(("arm", "against"), first, strict=True):
        out[f"test_{key}"] = _bytes(np.load(cell.task.folder(run) / "predicted.npy")[rows])
    return out


def _save_arrays(path: Path, arrays: dict[str, Any]) -> None:
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)


def collect_segmentation(
    run: Path, name: str, prepared: Prepared, config: SegmentationConfig, plan: SegmentationPlan
) -> dict[str, Any]:
    """Writes RUN/results/pictures.npz and summary.json, the latter last: where it lies, the run is finished."""
    scores = SegmentationScores(run, prepared.images, config, plan)
    summary: dict[str, Any] = {
        "chain": config.chain,
        "title": config.title,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "data": data_section(name, prepared, "images"),
        "verdict": scores.verdict(),
        "cells": scores.cells(),
        "gans": [row for part in plan.sets for row in _gans(run, part)],
        "audit": audit_sets(prepared.images, plan.partitions, _audited(plan), run),
        "config": to_plain(config),
        "versions": versions("albumentations", "monai", "pydicom"),
    }
    results = run / "results"
    results.mkdir(parents=True, exist_ok=True)
    write_whole(results / "pictures.npz", lambda path: _save_arrays(path, _pictures(run, plan, scores)))
    write_whole(results / "summary.json", lambda path: path.write_text(json.dumps(summary, indent=1)))
    return summary
