"""Figures and words of the garments' report: rankings, designs, realism, known utility, planted inversions."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from medgan_fashion.report.charts import (
    COMPARATOR,
    LINE,
    OTHER,
    SERIES,
    SOFT,
    TESTED,
    bars,
    dots,
    new_figure,
    times,
)
from medgan_fashion.report.numbers import FILTERS, MINUS, NONE, decimal

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


# ---------------------------------------------------------------------------------------------------------------------
# Words of the garments' report: what recommenders and ways to come by a picture are called, and what they are for.


RECOMMENDERS = {
    "random": ("Random order", "Knows nothing: what every other one must beat."),
    "popularity": ("Popularity", "The same best sellers for everybody."),
    "item_knn": ("Item neighbours", "What others bought together with this customer's purchases."),
    "als": ("ALS", "Factors of the table of purchases; sees no picture."),
    "bpr": ("BPR", "Learns from purchases which of two garments is preferred; sees no picture."),
    "vbpr": ("VBPR", "As BPR, with fixed features of the pictures."),
    "dvbpr": ("DVBPR", "Learns to look at the pictures while it learns tastes."),
}
ARMS = {
    "designs": ("Designs", "Drawn for the customer: the search with all its guards."),
    "best real items": ("Best real items", "What the recommenders put first among garments that the customer lacks."),
    "random drawings": ("Random drawings", "Drawn for nobody: what the GAN gives without a search."),
    "pixel ascent": ("Pixel ascent", "Negative control: a photo's pixels changed to please one recommender."),
    "catalogue's optimum": ("Catalogue's optimum", "The item that truly suits best: what perfect advice could sell."),
}
HOW = {"searched": "", "random draw": "Best of random drawings", "none": "No acceptable design"}
ANSWERS = {"faithful": "yes", "closest we can draw": "nearly", "cannot": "cannot"}


def _title(table: dict[str, tuple[str, str]], name: str) -> str:
    return table[name][0] if name in table else name.replace("_", " ")


def recommender(name: str) -> str:
    """A recommender's name in words."""
    return _title(RECOMMENDERS, name)


def recommender_note(name: str) -> str:
    """What the recommender does, in one sentence; empty for an unknown one."""
    return RECOMMENDERS.get(name, ("", ""))[1]


def arm(name: str) -> str:
    """A way to come by a picture, in words."""
    return _title(ARMS, name)


def arm_sentence(name: str) -> str:
    """What that way is for, in one sentence; empty for an unknown one."""
    return ARMS.get(name, ("", ""))[1]


def signed(value: float | None, digits: int = 2) -> str:
    """A number with its sign, +1.25 or −0.30; a dash for None and for what is not finite."""
    text = decimal(value, digits)
    return text if text[0] in (NONE, MINUS) or not float(text) else f"+{text}"


def whole_percent(value: float | None) -> str:
    """A share in [0, 1] as whole percent, without the sign %."""
    return decimal(None if value is None else 100 * value, 0)


WORDS = FILTERS | {f.__name__: f for f in (recommender, recommender_note, arm, arm_sentence, signed, whole_percent)}


Rows = list[dict[str, Any]]
SETTINGS = {
    "warm": ("warm: bought next", TESTED, "circle"),
    "cold": ("cold: never seen in training", COMPARATOR, "diamond"),
}
ARM_COLOURS = {"designs": TESTED, "best real items": COMPARATOR}


def _lines_down(figure: Figure, names: list[str]) -> None:
    """Names of the rows 0, 1 .. from top to bottom."""
    figure.update_yaxes(tickvals=list(range(len(names))), ticktext=[escape(n) for n in names], showgrid=False)
    figure.update_yaxes(range=[len(names) - 0.5, -0.5], zeroline=False)


def ranking_figure(rows: Rows, metric: str, title: str) -> Figure:
    """A metric of every recommender with its 95 % interval, warm and cold side by side."""
    names = list(dict.fromkeys(row["model"] for row in rows))
    figure = new_figure(110 + 40 * len(names), title)
    for setting, (said, colour, symbol) in SETTINGS.items():
        mine = [row for row in rows if row["setting"] == setting]
        if not mine:
            continue
        value, low, high = ([row[metric + end] for row in mine] for end in ("", "_low", "_high"))
        y = [names.index(row["model"]) + (0.14 if setting == "cold" else -0.14) for row in mine]
        style = {
            "marker": {"color": colour, "size": 10, "symbol": symbol},
            "error_x": bars(value, low, high, colour),
            "hovertemplate": "%{x:.3f}<extra>%{fullData.name}</extra>",
        }
        dots(figure, value, y, said, colour, style)
    if metric == "auc":
        figure.add_vline(x=0.5, line={"color": SOFT, "width": 1, "dash": "dot"})
    _lines_down(figure, [recommender(name) for name in names])
    figure.update_layout(showlegend=True)
    return figure


def gains_figure(arms: Rows) -> Figure:
    """Preference under the recommenders that were climbed, joined to that under the one that no search saw."""
    figure = new_figure(120 + 42 * len(arms), "preference, sd above an average garment")
    for place, row in enumerate(arms):
        style = {"mode": "lines", "line": {"color": LINE, "width": 5}, "hoverinfo": "skip", "showlegend": False}
        dots(figure, [row["climbed"], row["held_out"]], [place, place], row["name"], LINE, style)
    places = list(range(len(arms)))
    for key, said, colour, symbol in (
        ("climbed", "the recommenders that were asked", TESTED, "circle"),
        ("held_out", "second opinion", COMPARATOR, "diamond"),
    ):
        style = {"marker": {"color": colour, "size": 12, "symbol": symbol}}
        style |= {"hovertemplate": "%{x:.2f}<extra>%{fullData.name}</extra>"}
        dots(figure, [row[key] for row in arms], places, said, colour, style)
    _lines_down(figure, [arm(row["name"]) for row in arms])
    figure.update_layout(showlegend=True)
    return figure


def _trade_line(figure: Figure, rows: Rows, key: str, said: str, colour: str, factor: float = 1) -> None:
    """A figure of the designs against eta."""
    style = {
        "mode": "lines+markers",
        "marker": {"size": 9, "color": colour},
        "line": {"color": colour, "width": 2},
        "hovertemplate": "%{y:.3g}<extra>%{fullData.name}</extra>",
    }
    dots(figure, list(range(len(rows))), times([row[key] for row in rows], factor), said, colour, style)


def trade_off_figure(rows: Rows, *, realism: bool) -> Figure:
    """What each weight of realism costs in preference, or (`realism`) brings in realism."""
    figure = new_figure(330, "weight of realism, η", "share, %" if realism else "preference, sd")
    if realism:
        _trade_line(figure, rows, "realistic", "pass as garments", SERIES[1], 100)
        _trade_line(figure, rows, "quantile", "photos that are nearer", OTHER, 100)
        figure.update_yaxes(rangemode="tozero")
    else:
        _trade_line(figure, rows, "climbed", "preference", TESTED)
        _trade_line(figure, rows, "held_out", "second opinion", COMPARATOR)
    figure.update_xaxes(tickvals=list(range(len(rows))), ticktext=[f"{row['eta']:g}" for row in rows])
    figure.update_layout(showlegend=True)
    return figure


def utility_figure(means: dict[str, dict[str, float | None]]) -> Figure:
    """Mean true utility of each way to come by a picture, with its 95 % interval; 0 is the customer's ideal."""
    figure = new_figure(70 + 38 * len(means), "true utility; 0 is the customer's ideal")
    for place, (name, found) in enumerate(means.items()):
        colour = ARM_COLOURS.get(name, OTHER)
        value, low, high = ([found[key]] for key in ("estimate", "low", "high"))
        style = {
            "marker": {"color": colour, "size": 12, "symbol": "diamond" if name == "designs" else "circle"},
            "error_x": bars(value, low, high, colour),
            "hovertemplate": "%{x:.3f}<extra>%{fullData.name}</extra>",
            "showlegend": False,
        }
        dots(figure, value, [place], arm(name), colour, style)
    _lines_down(figure, [arm(name) for name in means])
    return figure


def planted_figure(planted: dict[str, Any]) -> Figure:
    """Each planted drawing's exactness after the search and without one, both sorted."""
    figure = new_figure(300, "drawings of the GAN itself, from worst to best", "exactness, dB")
    for key, said, colour in (("psnr", "with the search", TESTED), ("floor", "best of 256 random drawings", OTHER)):
        values = sorted(value for value in planted[key] if value is not None)
        style = {"marker": {"color": colour, "size": 7}, "hovertemplate": "%{y:.1f} dB<extra>%{fullData.name}</extra>"}
        dots(figure, list(range(1, len(values) + 1)), values, said, colour, style)
    figure.add_hline(y=30, line={"color": SOFT, "width": 1, "dash": "dot"})
    figure.update_layout(showlegend=True)
    return figure
