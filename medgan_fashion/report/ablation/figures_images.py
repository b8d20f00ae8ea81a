"""Figures on the images: KID of the synthetic images beside its floors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medgan_fashion.medical.results.schema import Judge, Spread
from medgan_fashion.report.charts import COMPARATOR, OTHER, TESTED, bars, dots, new_figure

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

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
