"""Tables, figures and tiles as the pages show them: no word is markup, and each has a text for who cannot see it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from medgan_fashion.report.pictures import Tile
from medgan_fashion.studio.widgets import plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

TILE = 104  # pixels that a tile is wide


def table(rows: Sequence[Mapping[str, str]], alt: str) -> None:
    """Rows of column -> text, with the first row's columns; st.table by itself would read Markdown in them."""
    shown = [{plain(key): plain(value) for key, value in row.items()} for row in rows]
    st.table(shown, hide_index=True, hide_header=False, border="horizontal", alt=alt)


def chart(figure: "Figure", alt: str) -> None:
    """A figure of the report, on its own paper: its ink is dark in every theme."""
    figure.update_layout(paper_bgcolor="white")
    st.plotly_chart(figure, theme=None, config={"displayModeBar": False, "scrollZoom": False}, alt=alt)


def tiles_in_row(tiles: Sequence[Tile]) -> None:
    """Tiles of the report side by side, as many in a row as there is room for."""
    with st.container(horizontal=True, gap="xsmall"):
        for tile in tiles:
            st.image(tile.src, alt=tile.alt, width=TILE)
