"""How numbers are written in the report: percent and percent points with one decimal, and words for names."""

from __future__ import annotations

from math import floor, isfinite, log10

NONE = "–"
MINUS = "−"
METRIC_NAMES = {
    "balanced_accuracy": "Balanced accuracy",
    "auroc": "AUROC",
    "brier": "Brier score",
    "dice": "Dice",
    "sensitivity_weighted": "Sensitivity, weighted",
    "specificity_weighted": "Specificity, weighted",
    "sensitivity_macro": "Sensitivity, macro",
    "specificity_macro": "Specificity, macro",
}
ARM_NOTES = {
    "real": "Real images only: the floor.",
    "real+oversampled": "Real images repeated: a difference to “real” is noise.",
    "real+classic": "Real images and classic augmentation.",
    "real+gan": "Real and GAN images, without classic augmentation.",
    "real+classic+gan": "Real, classic and GAN images.",
    "gan-only": "GAN images only: trained on synthetic, tested on real.",
    "real+classic+shuffled": "GAN images with shuffled labels: must not help.",
    "real+classic+gated": "As the tested arm, with GAN images that passed the quality gate.",
    "balanced+classic": "Rare classes filled up with classic images: every class has an equal share.",
    "balanced+classic+gan": "The same shares, rare classes first filled up with GAN images of theirs.",
    "real+held-back": "As many fresh real images instead of GAN images: what more patients would bring.",
}


def decimal(value: float | None, digits: int = 1) -> str:
    """`value` with `digits` decimals and a true minus sign; a dash for None, NaN and infinity."""
    if value is None or not isfinite(value):
        return NONE
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", MINUS)


def percent(value: float | None) -> str:
    """A share in [0, 1] as percent with one decimal, without the sign %."""
    return decimal(None if value is None else 100 * value)


def points(value: float | None) -> str:
    """A signed difference of shares in percent points with one decimal: +2.1."""
    text = percent(value)
    return text if text[0] in (NONE, MINUS) or text == "0.0" else f"+{text}"


def metric_value(value: float | None, metric: str) -> str:
    """A metric as the report shows it: the Brier score with three decimals, every other one in percent."""
    return decimal(value, 3) if metric == "brier" else percent(value)


def metric_points(value: float | None, metric: str) -> str:
    """A signed difference in a metric, in percent points (for the Brier score: with three decimals)."""
    if metric != "brier":
        return points(value)
    text = decimal(value, 3)
    return text if text[0] in (NONE, MINUS) or text == "0.000" else f"+{text}"


def p_value(value: float | None) -> str:
    """A p value with three decimals, or `< 0.001`."""
    return "< 0.001" if value is not None and value < 0.001 else decimal(value, 3)


def count(value: float | None) -> str:
    """A count, thin spaces between thousands; a mean over folds that is not whole keeps one decimal."""
    if value is None or not isfinite(value):
        return NONE
    text = f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 1000 else f"{value:,.1f}"
    return text.replace(",", "\u202f").replace("-", MINUS)


def significant(value: float | None, digits: int = 3) -> str:
    """A number of unknown size with `digits` significant digits."""
    if value is None or not isfinite(value):
        return NONE
    places = digits - 1 - (floor(log10(abs(value))) if value else 0)
    return decimal(value, min(max(places, 0), 8))


def root(variance: float | None) -> float | None:
    """Standard deviation of a variance component, whose estimate may fall below zero."""
    return None if variance is None else max(variance, 0.0) ** 0.5


def duration(seconds: float | None) -> str:
    """Seconds as hours, minutes or seconds, whichever reads best."""
    if seconds is None or not isfinite(seconds):
        return NONE
    if seconds >= 5400:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def metric_name(metric: str) -> str:
    """The metric's name in words."""
    return METRIC_NAMES.get(metric, metric.replace("_", " "))


def arm_note(arm: str) -> str:
    """One sentence on what the arm is for; empty for an arm that the protocol does not name."""
    return ARM_NOTES.get(arm, "")


FILTERS = {
    f.__name__: f
    for f in (decimal, percent, points, metric_value, metric_points, p_value, count, significant, duration)
} | {"metric_name": metric_name, "arm_note": arm_note, "root": root}
