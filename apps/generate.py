"""Page 6, Generate: pictures from any model of the runs, in a grid and as a labelled zip to take away."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from medgan_fashion.evaluation.screening.thresholds import BLOCKED
from medgan_fashion.gan import Model, load_model
from medgan_fashion.runs.stages.privacy_cards import find_card, in_words, release_note
from medgan_fashion.studio.generate.archive import Drawn, Order, draw_grid, make_archive, most_images
from medgan_fashion.studio.generate.models import Listed, list_models
from medgan_fashion.studio.runs import Run
from medgan_fashion.studio.waiting import ready
from medgan_fashion.studio.widgets import LOG, page, plain

MOST = 64  # pictures of the grid


@st.cache_resource(max_entries=3, show_spinner="Opening the model")
def model_of(path: str, stamp: float) -> Model:
    """The model, opened once per process for every time its file was written."""
    return load_model(path)


@st.cache_data(max_entries=8, show_spinner=False)
def models_of(runs: tuple[Run, ...]) -> tuple[list[Listed], list[str]]:
    """The models of the runs, looked for again when a run's results were written again."""
    models, damaged = list_models(runs)
    for sentence in damaged:
        LOG.warning("Generate: %s", sentence)
    return models, damaged


@st.cache_data(max_entries=32, show_spinner="Drawing")
def grid_of(listed: Listed, order: Order) -> list[Drawn]:
    """The pictures in their frames."""
    return draw_grid(model_of(str(listed.path), listed.stamp), listed, order)


@st.cache_data(max_entries=32, show_spinner=False)
def screening_of(path: str, stamp: float, runs: tuple[Run, ...]) -> dict[str, Any]:
    """What the privacy card says of a model, read again when its file or a run's results were written again."""
    return release_note(find_card(Path(path)), despite=False)


def say_privacy(listed: Listed, runs: tuple[Run, ...]) -> bool:
    """What the screening of a medical model found; returns whether it blocks what leaves the page."""
    if listed.kind != "medical":
        return False
    note = screening_of(str(listed.path), listed.stamp, runs)
    words = in_words(note)
    said = f"{plain(words[0].upper() + words[1:])}."
    if note["outcome"] == BLOCKED:
        st.error(said, icon=":material/block:")
    else:
        st.caption(said)
    return note["outcome"] == BLOCKED


def ask_class(listed: Listed) -> str | None:
    """A class, or None for all of them."""
    if not listed.conditional:
        return None
    words = ("all classes evenly", *listed.classes)
    number = st.selectbox("Class", range(len(words)), format_func=lambda k: words[k], key=f"class-{listed.name}")
    return listed.classes[number - 1] if number else None


def ask(listed: Listed) -> Order:
    """What is to be drawn."""
    left, right = st.columns(2)
    with left:
        label = ask_class(listed)
        n = int(st.number_input("Number of pictures", 1, min(MOST, most_images(listed.shape)), 16, key="n"))
    with right:
        seed = int(
            st.number_input("Seed", 0, 2**31 - 1, 0, key="seed", help="The same seed draws the same pictures again.")
        )
        variety = 1.0
        if listed.truncatable:
            about = "1 draws from everything that the model can; less stays nearer to its average picture."
            variety = st.slider("Variety", 0.1, 1.0, 1.0, 0.05, key="variety", help=about)
    return Order(n, label, seed, variety)


def show_grid(listed: Listed, order: Order) -> None:
    """The pictures side by side, as many in a row as there is room for."""
    with st.container(horizontal=True):
        for one in grid_of(listed, order):
            st.image(one.tile.src, caption=plain(one.caption), alt=one.tile.alt, width=one.tile.width)


def ask_despite(listed: Listed) -> bool:
    """Whether pictures of a blocked model are taken away all the same."""
    about = "Take them away although the privacy screening blocked this model; the data card will say so"
    return st.checkbox(about, key=f"despite-{listed.name}")


def offer(listed: Listed, order: Order, blocked: bool) -> None:
    """The zip, made only when it is asked for, so that no other click waits for it."""
    st.subheader("Take them away")
    st.write("A zip with the pictures in a folder per class, their labels, and a data card that says what they are.")
    left, right = st.columns(2)
    most = most_images(listed.shape)
    n = int(left.number_input("Pictures in the zip", 1, most, order.n, key=f"zip-n-{order.n}"))
    kinds = {"PNG": "png", "DICOM": "dicom"} if listed.kind == "medical" else {"PNG": "png"}
    about = "DICOM files are flagged as synthetic and have SYNTHETIC burned into a corner; PNG files are flagged."
    kind = right.selectbox("Files", list(kinds), key=f"zip-kind-{listed.kind}", help=about)
    wanted = Order(n, order.label, order.seed, order.variety, "dicom" if kinds[kind] == "dicom" else "png")
    if blocked:
        wanted = replace(wanted, despite_privacy=ask_despite(listed))
    key = (listed, wanted)
    held = blocked and not wanted.despite_privacy
    if st.button("Prepare download", icon=":material/inventory_2:", disabled=held):
        with st.spinner("Drawing and packing"):
            st.session_state["archive"] = (key, make_archive(listed, wanted))
    made = st.session_state.get("archive")
    if made and made[0] == key:
        name = f"synthetic_{'all' if wanted.label is None else 'class'}_seed{wanted.seed}_{n}_{kinds[kind]}.zip"
        st.download_button(
            f"Download {n} synthetic pictures ({len(made[1]) / 2**20:.1f} MB)",
            made[1],
            name,
            "application/zip",
            type="primary",
            icon=":material/download:",
            on_click="ignore",
        )


with page("Generate") as visit:
    models, damaged = models_of(visit.runs)
    for sentence in damaged:
        st.warning(plain(sentence))
    if models:
        names = [listed.name for listed in models]
        chosen = models[names.index(st.selectbox("Model", names, key="model"))]
        for warning in chosen.warnings:
            st.warning(f"{plain(warning)}.", icon=":material/warning:")
        if not chosen.conditional and chosen.classes:
            st.caption(f"This model draws {plain(', '.join(chosen.classes))} only.")
        blocked = say_privacy(chosen, visit.runs)
        wanted = ask(chosen)
        show_grid(chosen, wanted)
        offer(chosen, wanted, blocked)
    elif ready(visit, "garments", "model"):
        st.info("There is no model to draw with yet.", icon=":material/hourglass_empty:")
