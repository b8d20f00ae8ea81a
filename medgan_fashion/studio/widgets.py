"""What all pages share: who is there, a guard around every page, marked pictures, tables, text that is never markup."""

import io
import logging
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy import Engine
from streamlit.runtime.scriptrunner import RerunException, StopException

from medgan_fashion.report.pictures import Tile
from medgan_fashion.studio.runs import Run, find_runs
from medgan_fashion.studio.settings import Settings, read_settings
from medgan_fashion.studio.store.database import open_database
from medgan_fashion.studio.store.people import is_person, new_person

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


LOG = logging.getLogger("medgan_fashion.studio")
NOTE = "Pictures drawn here are synthetic: made by a computer, never for diagnosis."
NOT_KEPT = "That was not kept: please try again."
SHOWN = 320  # pixels of a shown picture's longer side
_KEY = re.compile(r"[0-9a-f]{32}")
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&^=])")


@dataclass(frozen=True)
class Visit:
    """One run of a page: the settings, the database, the runs that can be shown, and who is looking."""

    settings: Settings
    engine: Engine
    runs: tuple[Run, ...]
    person: str

    def of(self, kind: str) -> list[Run]:
        """The runs of that kind."""
        return [run for run in self.runs if run.kind == kind]


def plain(text: object) -> str:
    """Text from a table or a person, for Streamlit's Markdown: shown letter by letter, on one line, never as markup."""
    return _MARKUP.sub(r"\\\1", " ".join(str(text).split()))


@st.cache_resource(show_spinner=False)
def database(url: str) -> Engine:
    """One engine for the process."""
    return open_database(url)


def _who(engine: Engine) -> str:
    """The person of this browser: by the key in the address, which survives a refresh, or a new one."""
    for key in (st.query_params.get("me"), st.session_state.get("me")):
        if key and _KEY.fullmatch(key) and is_person(engine, key):
            break
    else:
        key = new_person(engine)
    st.session_state["me"] = key
    if st.query_params.get("me") != key:
        st.query_params["me"] = key
    return key


@contextmanager
def excused(where: str, lost: str = "Nothing you said is lost: reload the page to go on.") -> Iterator[None]:
    """Whatever goes wrong inside becomes a sentence for the visitor and a line in the log, never a stack trace."""
    try:
        yield
    except (RerunException, StopException):
        raise
    except ValueError as error:
        LOG.warning("%s: %s", where, error, exc_info=True)
        st.error(f"That did not work: {plain(error)}", icon=":material/error:")
    except Exception:
        number = secrets.token_hex(3)
        LOG.exception("%s: incident %s", where, number)
        st.error(
            f"Something went wrong on our side. {lost} (If it stays, name incident {number}.)", icon=":material/error:"
        )


def guarded(part: Callable[..., None]) -> Callable[..., None]:
    """A part of a page that is drawn on its own (a fragment), excused."""

    @wraps(part)
    def drawn(*given: Any) -> None:
        with excused(part.__name__):
            part(*given)

    return drawn


def doing(action: Callable[..., Any], *given: Any, **named: Any) -> Callable[..., None]:
    """What a button does: the action with those arguments, then the button's own; excused, because it runs before the
    page does."""

    def act(*more: Any) -> None:
        with excused(getattr(action, "__name__", "a button"), NOT_KEPT):
            action(*given, *more, **named)

    return act


def _visit() -> Visit:
    settings = read_settings()
    engine = database(settings.url)
    return Visit(settings, engine, tuple(find_runs(settings)), _who(engine))


@contextmanager
def page(title: str, *, synthetic: bool = True) -> Iterator[Visit]:
    """A page's frame: title, note, who is there; excused.

    `synthetic` False leaves the note out: page 4 must not say which pictures are made up.
    """
    st.title(title)
    if synthetic:
        st.caption(f":material/info: {NOTE}")
    visit = None
    with excused(title):
        visit = _visit()
    if visit is None:
        st.stop()  # there is nobody to show the rest to
    with excused(title):
        yield visit


@contextmanager
def folded(title: str, key: str, icon: str) -> Iterator[bool]:
    """A part that is folded away, and drawn only while it is open: what nobody sees costs every click its time."""
    part = st.expander(title, key=key, icon=icon, on_change="rerun")
    with part:
        yield bool(part.open)


def lasting(key: str) -> str:
    """What was chosen under that key, on whatever page; empty where nothing was."""
    return str(st.session_state.get(f"lasting-{key}", ""))


def lasting_choice(label: str, options: list[str], key: str, words: Callable[[str], str] = str) -> str:
    """A choice that lasts from page to page: Streamlit forgets that of a widget which a page does not draw."""

    def remember() -> None:
        st.session_state[f"lasting-{key}"] = st.session_state[key]

    at = options.index(lasting(key)) if lasting(key) in options else 0
    return str(st.selectbox(label, options, index=at, key=key, format_func=words, on_change=remember))


def choose_run(runs: list[Run], what: str) -> Run | None:
    """The only run, or the one that the visitor picks; None, and a sentence, where there is none."""
    if not runs:
        st.info(f"There is no {what} to show yet.", icon=":material/hourglass_empty:")
        return None
    if len(runs) == 1:
        return runs[0]
    names = [run.name for run in runs]
    return runs[names.index(lasting_choice("Run", names, f"run-{what}"))]


@lru_cache(maxsize=512)
def _encoded(pixels: bytes, shape: tuple[int, ...], side: int) -> bytes:
    array = np.frombuffer(pixels, dtype=np.uint8).reshape(shape)
    picture = Image.fromarray(array[0] if len(array) == 1 else array.transpose(1, 2, 0))
    scale = side / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    buffer = io.BytesIO()
    picture.resize(size, Image.Resampling.BICUBIC).save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def png(image: NDArray[Any], side: int = SHOWN) -> bytes:
    """A PNG, `side` pixels on its longer side, of a picture (C, H, W), uint8 or float in [0, 1]."""
    if image.dtype != np.uint8:
        image = (np.clip(image, 0, 1) * 255).round().astype(np.uint8)
    return _encoded(np.ascontiguousarray(image).tobytes(), image.shape, side)


def show(image: NDArray[Any], alt: str, caption: str | None = None, side: int = SHOWN) -> None:
    """A picture (C, H, W) as wide as its column, with a text for who cannot see it; neither text is read as markup."""
    st.image(
        png(image, side),
        caption=None if caption is None else plain(caption),
        width="stretch",
        alt=alt,
        output_format="PNG",
    )


# ---------------------------------------------------------------------------------------------------------------------
# Tables, figures and tiles as the pages show them: no word is markup, and each has a text for who cannot see it.


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
