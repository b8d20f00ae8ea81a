"""From score tables to comparisons: the verdict, the table of arms, the secondary tests; whoever made the scores."""

from collections.abc import Hashable
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from medgan_fashion.evaluation.classifiers.intervals import Interval, arm_interval, difference_interval
from medgan_fashion.evaluation.classifiers.metrics import classifier_figures, reliability
from medgan_fashion.evaluation.classifiers.secondary import (
    averaged_decisions,
    delong,
    holm,
    mcnemar_clustered,
    mcnemar_exact,
    nadeau_bengio,
)
from medgan_fashion.evaluation.classifiers.verdict import smallest_detectable, verdict, verdict_sentence
from medgan_fashion.imaging.prepare.imageset import Card
from medgan_fashion.medical.config import AblationConfig
from medgan_fashion.medical.results.scores import Lesions

Key = TypeVar("Key", bound=Hashable)

# ---------------------------------------------------------------------------------------------------------------------
# Secondary looks at the primary contrast, each where its assumptions hold; none of them can change the verdict.


def p_value(interval: Interval) -> float:
    """Two-sided p of no difference, by the interval's own t distribution."""
    return float(2 * student.sf(abs(interval.estimate) / interval.se, interval.df))


def _fold_differences(arm: NDArray[np.float64], against: NDArray[np.float64], lesions: Lesions) -> NDArray[np.float64]:
    """(R, F) differences in accuracy of each fold, averaged over classifier seeds."""
    right = (arm.argmax(3) == lesions.labels).mean(1) - (against.argmax(3) == lesions.labels).mean(1)
    n_folds = int(lesions.folds.max()) + 1
    return np.array(
        [[row[folds == f].mean() for f in range(n_folds)] for row, folds in zip(right, lesions.folds, strict=True)]
    )


def secondary_tests(arm: NDArray[np.float64], against: NDArray[np.float64], lesions: Lesions) -> list[dict[str, Any]]:
    """McNemar exact and clustered on averaged decisions, DeLong, and Nadeau-Bengio over partitions."""
    first, second = (averaged_decisions(scores) == lesions.labels for scores in (arm, against))
    of_class_1, of_class_1_against = (scores.mean((0, 1))[:, 1] for scores in (arm, against))
    n_folds = int(lesions.folds.max()) + 1
    n_test = max(1, len(lesions.labels) // n_folds)
    return [
        mcnemar_exact(first, second, lesions.patients),
        mcnemar_clustered(first, second, lesions.patients),
        delong(of_class_1, of_class_1_against, lesions.labels, lesions.patients),
        nadeau_bengio(_fold_differences(arm, against, lesions), len(lesions.labels) - n_test, n_test),
    ]


# ---------------------------------------------------------------------------------------------------------------------
# The verdict of a declared contrast as the summary of every chain holds it.


class Primary(Protocol):
    """What was declared: metric, tested arm, comparator, the least effect that would matter."""

    @property
    def metric(self) -> str: ...
    @property
    def arm(self) -> str: ...
    @property
    def against(self) -> str: ...
    @property
    def margin(self) -> float: ...


def verdict_row(interval: Interval, primary: Primary, grouping: str) -> dict[str, Any]:
    """The key `verdict` of summary.json (see schema.Verdict), from the difference arm - against."""
    named = {"arm": primary.arm, "against": primary.against, "metric": primary.metric}
    return {
        "verdict": verdict(interval, primary.margin),
        "sentence": verdict_sentence(interval, primary.margin, grouping=grouping, **named),
        **named,
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
            "noise": interval.noise,
        },
    }


def gap_rows(found: dict[Key, Interval], declared: Key) -> dict[Key, dict[str, Any]]:
    """The key `difference` of summary.json for each compared place of a design; all but the declared contrast are
    Holm-adjusted together."""
    p = {place: p_value(interval) for place, interval in found.items()}
    adjusted = holm({str(place): value for place, value in p.items() if place != declared})
    return {
        place: {"estimate": i.estimate, "low": i.low, "high": i.high, "p": p[place], "p_holm": adjusted.get(str(place))}
        for place, i in found.items()
    }


FIGURES = (
    "balanced_accuracy",
    "auroc",
    "brier",
    "sensitivity_weighted",
    "specificity_weighted",
    "sensitivity_macro",
    "specificity_macro",
)


class Comparisons:
    """What `scores` say, arm by arm: probabilities (R, C, L, K) of the lesions in every repeat and classifier seed."""

    def __init__(
        self, scores: dict[str, NDArray[np.float64]], lesions: Lesions, config: AblationConfig, card: Card
    ) -> None:
        self.scores, self.lesions, self.config, self.card = scores, lesions, config, card

    def difference(self, arm: NDArray[np.float64], against: NDArray[np.float64]) -> Interval:
        """Of two score tables in the primary metric, over patients, repeats and classifier seeds."""
        metric, table = self.config.primary.metric, self.lesions
        folds = table.folds if metric == "auroc" else None
        return difference_interval(
            arm, against, table.labels, table.patients, metric, seed=self.config.seed, folds=folds
        )

    def verdict(self) -> dict[str, Any]:
        """The one pre-declared contrast."""
        primary = self.config.primary
        interval = self.difference(self.scores[primary.arm], self.scores[primary.against])
        return verdict_row(interval, primary, self.card.grouping)

    def metrics(self, scores: NDArray[np.float64]) -> dict[str, Any]:
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
            for k, name in enumerate(self.card.classes)
        ]
        return {"per_class": per_class, "confusion": np.mean([one["confusion"] for one in each], 0).tolist()}

    def _gaps(self) -> dict[str, dict[str, Any]]:
        """Every other arm against the comparator; secondary."""
        primary, against = self.config.primary, self.scores[self.config.primary.against]
        found = {arm: self.difference(s, against) for arm, s in self.scores.items() if arm != primary.against}
        return gap_rows(found, primary.arm)

    def arms(self, pools: dict[str, dict[str, float]], updates: int | None) -> list[dict[str, Any]]:
        """The table of arms. `pools`: an arm's training images by source, mean over folds; `updates` of one
        classifier, None where nobody told."""
        gaps, n_folds = self._gaps(), int(self.lesions.folds.max()) + 1
        return [
            {
                "arm": arm,
                **{f"n_{source}": n for source, n in pools[arm].items()},
                "pool": sum(pools[arm].values()),
                "updates": updates,
                "runs": scores.shape[0] * scores.shape[1] * n_folds,
                **self.metrics(scores),
                "difference": gaps.get(arm),
            }
            for arm, scores in self.scores.items()
        ]

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
