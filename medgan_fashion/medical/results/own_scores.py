"""What a run's own classifiers give the comparisons: score tables, pools, the dose figure."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from medgan_fashion.imaging.prepare.imageset import ImageSet
from medgan_fashion.medical.config import AblationConfig
from medgan_fashion.medical.design import Cell, Plan
from medgan_fashion.medical.results.comparisons import Comparisons
from medgan_fashion.medical.results.scores import arm_scores, lesion_table


def _cells(plan: Plan, arm: str) -> list[Cell]:
    return [cell for cell in plan.cells if cell.arm == arm and not cell.dose]


def own_comparisons(run: Path, images: ImageSet, config: AblationConfig, plan: Plan) -> Comparisons:
    """The comparisons of the run's own classifiers."""
    scores = {arm: arm_scores(plan, images, run, _cells(plan, arm)) for arm in config.arms}
    return Comparisons(scores, lesion_table(images, plan.partitions), config, images.card)


def pools(run: Path, plan: Plan, arms: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Training images of each arm by source, mean over its classifiers."""
    found = {
        arm: [json.loads((c.task.folder(run) / "pool.json").read_text()) for c in _cells(plan, arm)] for arm in arms
    }
    return {
        arm: {kind: float(np.mean([pool[kind] for pool in each])) for kind in ("real", "classic", "gan")}
        for arm, each in found.items()
    }


def dose(run: Path, images: ImageSet, plan: Plan, made: Comparisons) -> list[dict[str, Any]]:
    """Benefit against the amount of synthetic data, at each share of the real patients."""
    cells = [c for c in plan.cells if c.dose]
    out = []
    for fraction in dict.fromkeys(c.real_fraction for c in cells):
        here = [c for c in cells if c.real_fraction == fraction]
        base = arm_scores(plan, images, run, [c for c in here if c.ratio == 0])
        for ratio in dict.fromkeys(c.ratio for c in here):
            scores = arm_scores(plan, images, run, [c for c in here if c.ratio == ratio])
            found = made.metrics(scores)["metrics"][made.config.primary.metric]
            gap = made.difference(scores, base) if ratio else None
            out.append(
                {
                    "real_fraction": fraction,
                    "ratio": ratio,
                    **found,
                    "estimate": gap.estimate if gap else 0.0,
                    "difference_low": gap.low if gap else 0.0,
                    "difference_high": gap.high if gap else 0.0,
                }
            )
    return out
