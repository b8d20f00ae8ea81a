"""A finished ablation's comparisons: the verdict, the table of arms, the dose figure, the secondary tests."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.evaluation.calibration import reliability
from medgan_fashion.evaluation.classification import binary_auroc, classifier_figures
from medgan_fashion.evaluation.intervals import Interval, arm_interval, difference_interval
from medgan_fashion.evaluation.secondary import holm
from medgan_fashion.evaluation.verdict import smallest_detectable, verdict, verdict_sentence
from medgan_fashion.imaging.prepare import Prepared
from medgan_fashion.medical.ablation_config import AblationConfig
from medgan_fashion.medical.contrasts import p_value, secondary_tests
from medgan_fashion.medical.findings import counts
from medgan_fashion.medical.plan import Cell, Plan
from medgan_fashion.medical.scores import Lesions, arm_scores, external_scores, lesion_table

FIGURES = (
    "balanced_accuracy",
    "auroc",
    "brier",
    "sensitivity_weighted",
    "specificity_weighted",
    "sensitivity_macro",
    "specificity_macro",
)


def _known_auroc(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> float | None:
    """Mean one-against-rest AUROC over the classes that another hospital's cohort happens to have; None for one."""
    present = np.unique(labels)
    if len(present) < 2:
        return None
    return float(np.mean([binary_auroc(probabilities[:, k], labels == k) for k in present]))


class Comparisons:
    """Reads one finished run."""

    def __init__(self, run: Path, prepared: Prepared, config: AblationConfig, plan: Plan) -> None:
        self.run, self.prepared, self.config, self.plan = run, prepared, config, plan
        self.images = prepared.images
        self.lesions: Lesions = lesion_table(self.images, plan.partitions)
        self.scores = {arm: self._scores(self._cells(arm)) for arm in config.arms}

    def _cells(self, arm: str) -> list[Cell]:
        return [cell for cell in self.plan.cells if cell.arm == arm and not cell.dose]

    def _scores(self, cells: list[Cell]) -> Any:
        return arm_scores(self.plan, self.images, self.run, cells)

    def _difference(self, arm: Any, against: Any) -> Interval:
        metric, table = self.config.primary.metric, self.lesions
        folds = table.folds if metric == "auroc" else None
        return difference_interval(
            arm, against, table.labels, table.patients, metric, seed=self.config.seed, folds=folds
        )

    def verdict(self) -> dict[str, Any]:
        """The one pre-declared contrast."""
        primary = self.config.primary
        interval = self._difference(self.scores[primary.arm], self.scores[primary.against])
        words = verdict_sentence(
            interval,
            primary.margin,
            arm=primary.arm,
            against=primary.against,
            metric=primary.metric,
            grouping=self.images.card.grouping,
        )
        return {
            "verdict": verdict(interval, primary.margin),
            "sentence": words,
            "metric": primary.metric,
            "arm": primary.arm,
            "against": primary.against,
            "estimate": interval.estimate,
            "low": interval.low,
            "high": interval.high,
            "margin": primary.margin,
            "smallest_detectable": smallest_detectable(interval.se, interval.df),
            "covers": list(interval.covers),
            "df": interval.df,
            "components": {
                "patients": interval.components["patients"],
                "repeats": interval.se**2 - interval.components["patients"],
            },
        }

    def _metrics(self, scores: Any) -> dict[str, Any]:
        """Means over all classifiers; the interval where the metric has one."""
        table, flat = self.lesions, scores.reshape(-1, *scores.shape[2:])
        each = [classifier_figures(one, table.labels) for one in flat]
        out: dict[str, Any] = {
            name: {"value": float(np.mean([one[name] for one in each])), "low": None, "high": None} for name in FIGURES
        }
        for metric in ("balanced_accuracy", "auroc", "sensitivity_weighted"):
            folds = table.folds if metric == "auroc" else None
            found = arm_interval(scores, table.labels, table.patients, metric, seed=self.config.seed, folds=folds)
            # a share: with few repeats the interval would reach beyond what a share can be
            out[metric] = {"value": found.estimate, "low": max(found.low, 0.0), "high": min(found.high, 1.0)}
        return {"metrics": out, **self._per_class(each)}

    def _per_class(self, each: list[dict[str, Any]]) -> dict[str, Any]:
        recall, rejection = (np.mean([one[k] for one in each], 0) for k in ("sensitivity", "specificity"))
        per_class = [
            {"class": name, "sensitivity": float(recall[k]), "specificity": float(rejection[k])}
            for k, name in enumerate(self.images.card.classes)
        ]
        return {"per_class": per_class, "confusion": np.mean([one["confusion"] for one in each], 0).tolist()}

    def _gaps(self) -> dict[str, dict[str, Any]]:
        """Every other arm against the comparator, Holm-adjusted together; secondary."""
        primary = self.config.primary
        found = {
            a: self._difference(s, self.scores[primary.against]) for a, s in self.scores.items() if a != primary.against
        }
        p = {arm: p_value(interval) for arm, interval in found.items()}
        adjusted = holm({arm: value for arm, value in p.items() if arm != primary.arm})
        return {
            arm: {
                "estimate": i.estimate,
                "low": i.low,
                "high": i.high,
                "p": p[arm],
                "p_holm": adjusted.get(arm),
            }
            for arm, i in found.items()
        }

    def arms(self) -> list[dict[str, Any]]:
        """The table of arms."""
        gaps, out = self._gaps(), []
        for arm, scores in self.scores.items():
            cells = self._cells(arm)
            pools = [json.loads((c.task.folder(self.run) / "pool.json").read_text()) for c in cells]
            n = {f"n_{kind}": float(np.mean([pool[kind] for pool in pools])) for kind in ("real", "classic", "gan")}
            row = {
                "arm": arm,
                **n,
                "pool": sum(n.values()),
                "updates": self.config.classifier.updates,
                "runs": len(cells),
            }
            out.append({**row, **self._metrics(scores), "difference": gaps.get(arm)})
        return out

    def dose(self) -> list[dict[str, Any]]:
        """Benefit against the amount of synthetic data, at each share of the real patients."""
        cells = [c for c in self.plan.cells if c.dose]
        out = []
        for fraction in dict.fromkeys(c.real_fraction for c in cells):
            here = [c for c in cells if c.real_fraction == fraction]
            base = self._scores([c for c in here if c.ratio == 0])
            for ratio in dict.fromkeys(c.ratio for c in here):
                scores = self._scores([c for c in here if c.ratio == ratio])
                found = self._metrics(scores)["metrics"][self.config.primary.metric]
                gap = self._difference(scores, base) if ratio else None
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

    def calibration(self) -> list[dict[str, Any]]:
        """Reliability of the two primary arms over all their classifiers."""
        labels, out = self.lesions.labels, []
        for arm in (self.config.primary.against, self.config.primary.arm):
            flat = self.scores[arm].reshape(-1, *self.scores[arm].shape[2:])
            out.append({"arm": arm, **reliability(flat.reshape(-1, flat.shape[-1]), np.tile(labels, len(flat)))})
        return out

    def tests(self) -> list[dict[str, Any]]:
        """Secondary tests of the primary contrast, each with its assumptions or why it was not done."""
        primary = self.config.primary
        return secondary_tests(self.scores[primary.arm], self.scores[primary.against], self.lesions)

    def external(self) -> dict[str, Any] | None:
        """The external cohort's AUROC per arm, by each arm's mean classifier."""
        if not self.images.external.any():
            return None
        figures = {arm: _known_auroc(*external_scores(self.images, self.run, self._cells(arm))) for arm in self.scores}
        return {**counts(self.images.take(np.flatnonzero(self.images.external))), "auroc": figures}
