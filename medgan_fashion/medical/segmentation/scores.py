"""From finished U-Nets to the table of cells: Dice and outline distances with patient intervals, and the verdict."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.classifiers.intervals import Interval, arm_interval, difference_interval
from medgan_fashion.evaluation.classifiers.secondary import holm
from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.medical.results.comparisons import p_value, verdict_row
from medgan_fashion.medical.segmentation.config import SCORES, SYNTHETIC, SegmentationConfig
from medgan_fashion.medical.segmentation.plan import SegmentationPlan, SegmentCell

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
