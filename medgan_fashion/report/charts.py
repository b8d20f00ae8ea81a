"""The look that all plotly figures of the report share."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

INK, SOFT, LINE, CLEAR = "#1f2a33", "#5d6b76", "#dde3e8", "rgba(0,0,0,0)"
TESTED, COMPARATOR, OTHER = "#1d5f91", "#b4641b", "#87939d"
SERIES = (TESTED, "#2f8f83", COMPARATOR, "#7c3aa0", "#6b7680", "#a33b4a")
FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'

Values = list[float | None]


def new_figure(height: int, x: str, y: str = "") -> Figure:
    """An empty figure, `height` pixels high, with axis titles `x` and `y` (plain text, escaped here)."""
    from plotly.graph_objects import Figure

    figure = Figure()
    axis = {
        "gridcolor": LINE,
        "zerolinecolor": LINE,
        "linecolor": LINE,
        "automargin": True,
        "fixedrange": True,
    }
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 14, "t": 10, "b": 8},
        font={"family": FONT, "size": 13, "color": INK},
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        xaxis={"title": {"text": escape(x), "standoff": 10}, **axis},
        yaxis={"title": {"text": escape(y), "standoff": 10}, **axis},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "xanchor": "left", "x": 0},
        hoverlabel={"bgcolor": "white", "font": {"family": FONT}},
        dragmode=False,
    )
    return figure


def to_div(figure: Figure, name: str) -> str:
    """The figure as a `<div>` with the id `figure-name`; plotly's script must stand once in the page."""
    from plotly.io import to_html

    return to_html(
        figure,
        config={"displayModeBar": False, "responsive": True, "scrollZoom": False},
        include_plotlyjs=False,
        include_mathjax=False,
        full_html=False,
        default_width="100%",
        div_id=f"figure-{name}",
    )


def divs(figures: dict[str, Figure]) -> dict[str, str]:
    """Every figure as a `<div>`; its id is its name with hyphens."""
    return {name: to_div(figure, name.replace("_", "-")) for name, figure in figures.items()}


def times(values: Values, factor: float) -> Values:
    """Every value times `factor`; what is missing stays missing."""
    return [None if v is None else factor * v for v in values]


def bars(values: Values, lows: Values, highs: Values, colour: str) -> dict[str, Any]:
    """Plotly's error bars from low to high; none where a bound is missing."""
    up: list[float] = []
    down: list[float] = []
    for value, low, high in zip(values, lows, highs, strict=True):
        up.append(0.0 if value is None or low is None or high is None else high - value)
        down.append(0.0 if value is None or low is None or high is None else value - low)
    return {"array": up, "arrayminus": down, "symmetric": False, "color": colour, "thickness": 2, "width": 0}


def dots(figure: Figure, x: list, y: list, name: str, colour: str, style: dict[str, Any]) -> None:
    """Add markers to the figure; `name` is plain text, `style` goes over the defaults of the trace."""
    from plotly.graph_objects import Scatter

    trace = {"mode": "markers", "marker": {"color": colour, "size": 11}, "name": escape(name)} | style
    figure.add_trace(Scatter(x=x, y=y, **trace))
