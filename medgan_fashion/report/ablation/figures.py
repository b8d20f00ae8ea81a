"""Figures of the ablation's report: the verdict's interval, arms, benefit against amount, classes, calibration, KID."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from medgan_fashion.medical.results.schema import Arm, Calibration, Dose, Judge, Spread, Verdict
from medgan_fashion.report.charts import (
    COMPARATOR,
    LINE,
    OTHER,
    SERIES,
    SOFT,
    TESTED,
    Values,
    bars,
    dots,
    new_figure,
    times,
)
from medgan_fashion.report.numbers import metric_name, metric_value

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


@dataclass(frozen=True)
class Interval:
    """Positions in percent of the drawing's width; None where the study could not estimate it."""

    margin: float
    estimate: float | None
    low: float | None
    high: float | None
    zero: float = 50.0


def interval(verdict: Verdict) -> Interval:
    """Where to draw the verdict's interval: zero in the middle, so that its side shows at a glance."""
    known = (verdict["estimate"], verdict["low"], verdict["high"])
    reach = 1.45 * max(abs(v) for v in (*known, verdict["margin"], 0.01) if v is not None)
    estimate, low, high = (None if v is None else round(50 + 50 * v / reach, 2) for v in known)
    return Interval(round(50 + 50 * verdict["margin"] / reach, 2), estimate, low, high)


def _look(arm: str, verdict: Verdict) -> dict[str, Any]:
    """Colour and symbol of an arm: the tested arm a blue diamond, the comparator an orange circle."""
    if arm == verdict["arm"]:
        return {"color": TESTED, "size": 12, "symbol": "diamond"}
    return {"color": COMPARATOR if arm == verdict["against"] else OTHER, "size": 11, "symbol": "circle"}


def _unit(metric: str) -> tuple[float, str]:
    """Factor and axis title of a metric: percent, except the Brier score."""
    return (1, metric_name(metric)) if metric == "brier" else (100, f"{metric_name(metric)}, %")


def arms_figure(arms: list[Arm], verdict: Verdict) -> Figure:
    """The primary metric of every arm with its 95 % interval, from top to bottom as in the table."""
    metric = verdict["metric"]
    factor, title = _unit(metric)
    figure = new_figure(80 + 40 * len(arms), title)
    for arm in arms:
        look, score = _look(arm["arm"], verdict), arm["metrics"][metric]
        value, low, high = (times([score[k]], factor) for k in ("value", "low", "high"))
        label = escape(arm["arm"]) if look["color"] == OTHER else f"<b>{escape(arm['arm'])}</b>"
        said = [metric_value(score[k], metric) for k in ("value", "low", "high")]
        dots(
            figure,
            value,
            [label],
            arm["arm"],
            look["color"],
            {
                "marker": look,
                "error_x": bars(value, low, high, look["color"]),
                "hovertemplate": f"{said[0]} ({said[1]} to {said[2]})<extra></extra>",
                "showlegend": False,
            },
        )
        if arm["arm"] == verdict["against"] and value[0] is not None:
            figure.add_vline(x=value[0], line={"color": COMPARATOR, "width": 1, "dash": "dot"})
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure


def _dose_line(figure: Figure, values: list[Values], x: list[float], name: str, colour: str) -> None:
    """Add one line with its intervals; `values` are the points, lower and upper bounds."""
    style = {
        "mode": "lines+markers",
        "marker": {"size": 8, "color": colour},
        "line": {"color": colour, "width": 2},
        "error_y": bars(values[0], values[1], values[2], colour),
        "hovertemplate": "%{y:.3g}<extra>%{fullData.name}</extra>",
    }
    dots(figure, x, values[0], name, colour, style)


def dose_figure(dose: list[Dose], metric: str, difference: bool) -> Figure:
    """Metric, or its difference to ratio 0, against synthetic per real images; a line per real fraction."""
    keys = ("estimate", "difference_low", "difference_high") if difference else ("value", "low", "high")
    factor, title = _unit(metric)
    title = ("Difference, points" if factor == 100 else "Difference") if difference else title
    figure = new_figure(360, "synthetic images per real image", title)
    ratios = sorted({d["ratio"] for d in dose})
    fractions = sorted({d["real_fraction"] for d in dose}, reverse=True)
    for i, fraction in enumerate(fractions):
        rows = [d for d in dose if d["real_fraction"] == fraction and d[keys[0]] is not None]
        rows.sort(key=lambda d: d["ratio"])
        shift = 0.07 * (i - (len(fractions) - 1) / 2)  # lines' intervals stand beside each other
        x = [ratios.index(d["ratio"]) + shift for d in rows]
        values = [times([d[k] for d in rows], factor) for k in keys]
        _dose_line(figure, values, x, f"{100 * fraction:g} % of the reals", SERIES[i % len(SERIES)])
    figure.update_xaxes(tickvals=list(range(len(ratios))), ticktext=[f"{r:g}" for r in ratios])
    figure.update_layout(showlegend=True)
    if difference:
        figure.add_hline(y=0, line={"color": SOFT, "width": 1})
    return figure


def class_figure(arms: list[Arm], verdict: Verdict, kind: str) -> Figure:
    """Sensitivity or specificity (`kind`) of each class: comparator and tested arm joined by a line."""
    scores = {a["arm"]: {c["class"]: c[kind] for c in a["per_class"]} for a in arms}  # type: ignore[literal-required]
    before, after = scores[verdict["against"]], scores[verdict["arm"]]
    figure = new_figure(120 + 46 * len(before), f"{kind.capitalize()}, %")
    for name in before:
        x, line = times([before[name], after.get(name)], 100), {"color": LINE, "width": 5}
        style = {"mode": "lines", "line": line, "hoverinfo": "skip", "showlegend": False}
        dots(figure, x, [escape(name)] * 2, name, LINE, style)
    for arm in dict.fromkeys((verdict["against"], verdict["arm"])):
        x, y = times(list(scores[arm].values()), 100), [escape(name) for name in scores[arm]]
        look = _look(arm, verdict)
        style = {"marker": look, "hovertemplate": "%{x:.1f}<extra>%{fullData.name}</extra>"}
        dots(figure, x, y, arm, look["color"], style)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure


def calibration_figure(calibration: list[Calibration], verdict: Verdict) -> Figure:
    """Share of right decisions against stated confidence; arms other than the two compared start hidden."""
    figure = new_figure(430, "stated confidence, %", "right decisions, %")
    diagonal = {"mode": "lines", "line": {"color": SOFT, "width": 1, "dash": "dot"}, "hoverinfo": "skip"}
    dots(figure, [0, 100], [0, 100], "perfect", SOFT, diagonal)
    for row in sorted(calibration, key=lambda c: c["arm"] not in (verdict["arm"], verdict["against"])):
        look, most = _look(row["arm"], verdict), max([*row["n"], 1])
        sizes = [6 + 12 * (n / most) ** 0.5 for n in row["n"]]
        style = {
            "mode": "lines+markers",
            "marker": look | {"size": sizes, "opacity": 1},
            "line": {"color": look["color"], "width": 2},
            "customdata": row["n"],
            "hovertemplate": "%{y:.1f} % right at %{x:.1f} %, n = %{customdata}",
            "visible": "legendonly" if look["color"] == OTHER else True,
        }
        x, y = times(row["confidence"], 100), times(row["accuracy"], 100)
        dots(figure, x, y, row["arm"], look["color"], style)
    figure.update_xaxes(range=[0, 102])
    figure.update_yaxes(range=[0, 102])
    return figure


# ---------------------------------------------------------------------------------------------------------------------
# Figures on the images: KID of the synthetic images beside its floors.


KINDS = {  # how each set is named, coloured and drawn
    "train": ("real, training fold", COMPARATOR, "circle"),
    "synthetic": ("synthetic", TESTED, "diamond"),
    "blurred": ("real, blurred", OTHER, "square"),
    "noisy": ("real, with noise", OTHER, "x"),
}


def _reach(spread: Spread | None, sds: int) -> float | None:
    """Mean plus `sds` standard deviations, times 1000."""
    if spread is None or spread["mean"] is None or (sds and spread["sd"] is None):
        return None
    return 1000 * (spread["mean"] + sds * (spread["sd"] or 0))


def _edge(judge: list[Judge]) -> float | None:
    """Where the axis ends: beside what matters, however far away the noisy reals lie; None where nothing is known."""
    kinds = ("synthetic", "train", "blurred")
    ends = [_reach(j["kid"][kind], 1) for j in judge for kind in kinds]  # type: ignore[literal-required]
    known = [end for end in ends if end is not None]
    return 3 * max(*known, 1.0) if known else None


def kid_figure(judge: list[Judge]) -> Figure:
    """KID x 1000 to the held-out reals per fold, of each set, with one standard deviation."""
    figure, edge = new_figure(140 + 42 * len(judge), "KID × 1000"), _edge(judge)
    places = [f"fold {j['fold'] + 1}, repeat {j['repeat'] + 1}" for j in judge]
    for kind, (name, colour, symbol) in KINDS.items():
        spreads: list[Spread | None] = [j["kid"][kind] for j in judge]  # type: ignore[literal-required]
        mean, low, high = ([_reach(s, sds) for s in spreads] for sds in (0, -1, 1))
        if all(m is None for m in mean):
            continue
        beyond = [m is not None and edge is not None and m > edge for m in mean]
        shown = [edge if far else m for m, far in zip(mean, beyond, strict=True)]
        low, high = ([None if far else v for v, far in zip(values, beyond, strict=True)] for values in (low, high))
        style = {
            "marker": {
                "color": colour,
                "size": 11,
                "symbol": ["triangle-right" if far else symbol for far in beyond],
            },
            "error_x": bars(shown, low, high, colour),
            "customdata": mean,
            "hovertemplate": "%{customdata:.1f}<extra>%{fullData.name}</extra>",
        }
        dots(figure, shown, places, name, colour, style)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure
