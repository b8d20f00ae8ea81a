"""Page 4: readers say of lesions or mammograms, one at a time and blinded, whether they are real and of which class."""

import time

import streamlit as st
from sqlalchemy import Engine

from medgan_fashion.studio.medical.reading_cases import SIDE, Sources, available, case_png, load_sources
from medgan_fashion.studio.medical.readings import (
    LONGEST_TITLE,
    Answer,
    Reader,
    Results,
    Study,
    agreement_rows,
    create_study,
    csv_text,
    figure_rows,
    find_reader,
    get_study,
    join,
    list_studies,
    may_see,
    next_case,
    progress,
    results,
    save_reading,
    unfinished_study,
)
from medgan_fashion.studio.runs import Run
from medgan_fashion.studio.waiting import ready
from medgan_fashion.studio.widgets import NOT_KEPT, Visit, choose_run, excused, page, plain

OPEN = "reader-study"  # in the session: the key of the open study, "" for the list of all
WIDTH = 740  # of image and questions side by side; on a phone they stand one below the other
SURE = {1: "1 guess", 2: "2", 3: "3", 4: "4", 5: "5 sure"}


@st.cache_resource(show_spinner=False, max_entries=8)
def sources_of(run: Run) -> Sources:
    """The run's images, listed once as long as its results stay the same."""
    return load_sources(run)


def open_study(key: str) -> None:
    """Shows that study, or with "" the list of all, from now on."""
    st.session_state[OPEN] = key
    st.rerun()


@st.cache_data(show_spinner=False, max_entries=64)
def _results(_engine: Engine, _study: Study, key: str, finished: tuple[str, ...]) -> Results:
    return results(_engine, _study)


def show_figures(found: Results) -> None:
    """Tables of figures by reader and of agreement."""
    for alias, figures in found.figures.items():
        st.markdown(f"**{plain(alias)}**, {figures.accuracy.n} images")
        st.table(figure_rows(figures), hide_index=True)
    if found.on_kind:
        st.markdown("**Agreement between readers**")
        st.table(agreement_rows(found), hide_index=True)
    st.caption(
        "In brackets: 95 % intervals (Wilson; Newcombe's method 5 for the AUC; bootstrap over images for kappa). "
        "An AUC of 0.5 and a kappa of 0 are what chance gives."
    )


def show_results(visit: Visit, study: Study) -> None:
    """What the readers who finished found; of the others only how far they are."""
    everyone = progress(visit.engine, study)
    finished = tuple(reader.id for reader in everyone if reader.done == len(study.cases))
    st.subheader("Results")
    for reader in everyone:
        if reader.id not in finished:
            st.caption(f"{plain(reader.alias)} is still reading: {reader.done} of {len(study.cases)}")
    show_figures(_results(visit.engine, study, study.id, finished))
    st.download_button(
        "Readings as CSV",
        csv_text(visit.engine, study),
        file_name=f"readings-{study.id[:8]}.csv",
        mime="text/csv",
        on_click="ignore",
    )


def ask(study: Study, position: int) -> Answer | None:
    """The form under an image; an answer once it is given and whole. Its widgets are this image's alone, so that
    nothing said of one image can be taken for another's."""
    place = f"{study.id[:8]}-{position}"
    since = st.session_state.setdefault(f"since-{place}", time.monotonic())
    with st.form(f"form-{place}", border=False):
        kind = st.segmented_control("This image is", ["real", "synthetic"], key=f"kind-{place}")
        sure = st.segmented_control("How sure?", list(SURE), format_func=lambda k: SURE[k], key=f"sure-{place}")
        named = None
        if study.asks_class:
            named = st.segmented_control("It shows", study.classes, format_func=plain, key=f"class-{place}")
        told = st.form_submit_button("Next", type="primary", key=f"next-{place}", width="stretch")
    if not told:
        return None
    if kind is None or sure is None or (study.asks_class and named is None):
        st.warning("Please answer every question above first.", icon=":material/edit:")
        return None
    return Answer(kind == "synthetic", sure, named or "", time.monotonic() - since)


def read(visit: Visit, study: Study, reader: Reader) -> None:
    """One image, and the next only when this one's reading is in the database."""
    runs = [run for run in visit.of("ablation") if run.name == study.run]
    if not runs:
        raise ValueError(f"the run {study.run} of this study is not shown by this studio: start it with that run")
    sources = sources_of(runs[0])
    if sources.stamp != study.stamp:
        raise ValueError(f"run {study.run} holds other images than this study was made of: start a new study")
    following = next_case(visit.engine, study, reader)
    if following is None:
        return
    position, case = following
    st.progress((position - 1) / len(study.cases), text=f"{position} of {len(study.cases)}")
    left, right = st.columns([3, 2])
    left.image(case_png(sources, case), width=SIDE, output_format="PNG", alt=f"image {position}")
    with right:
        answer = ask(study, position)
    if answer:
        with excused("a reading", NOT_KEPT):
            save_reading(visit.engine, study, reader, case.id, answer)
            st.rerun()


def join_form(visit: Visit, study: Study) -> None:
    """A name, and the reading begins."""
    st.write(
        f"You will see {len(study.cases)} images, one at a time. Every answer is kept at once: you can stop at any "
        "time and go on later at this address."
    )
    with st.form("join", border=False):
        alias = st.text_input("Your name in this study", help="Others see it in the results; a nickname will do.")
        if st.form_submit_button("Start reading", type="primary"):
            join(visit.engine, study, visit.person, alias)
            st.rerun()


def study_page(visit: Visit, study: Study) -> None:
    """One study: joining it, reading it, what came out."""
    st.markdown(f"**{plain(study.title)}**")
    reader, above = find_reader(visit.engine, study, visit.person), st.container()
    if st.button("All studies", icon=":material/arrow_back:"):  # there before anything can fail above it
        open_study("")
    with above:
        if reader and reader.done < len(study.cases):
            read(visit, study, reader)
        elif reader:
            st.success("You read every image. Thank you!", icon=":material/check_circle:")
    if may_see(visit.engine, study, visit.person):
        show_results(visit, study)
    if not reader:
        join_form(visit, study)


def start_form(visit: Visit, run: Run) -> None:
    """A new study of the run."""
    sources = sources_of(run)
    most = available(sources)
    st.subheader("Start a study")
    if not most:
        st.info("This run has too few images for a study.", icon=":material/info:")
        return
    st.caption(f"This run has {most} images for a study, as many of every class.")
    with st.form("start", border=False):
        title = st.text_input("Title", value=f"Reading of {run.name}"[:LONGEST_TITLE], max_chars=LONGEST_TITLE)
        n = st.number_input("Number of images", value=min(40, most), step=2)
        seed = st.number_input("Seed of the choice and the orders", value=0)
        if st.form_submit_button("Start the study", type="primary"):
            open_study(create_study(visit.engine, visit.person, run, sources, title, n, seed).id)


def all_studies(visit: Visit) -> None:
    """The studies of a run, and a new one."""
    run = choose_run(visit.of("ablation"), "finished ablation")
    if run is None:
        return
    found = list_studies(visit.engine, run.name)
    # numbered, because Streamlit finds a choice again by what it is called
    names = {s.id: f"{len(found) - at}. {s.title} ({len(s.cases)} images)" for at, s in enumerate(found)}
    if names:
        st.subheader("Read a study")
        with st.form("open", border=False):
            key = st.selectbox("Study", list(names), format_func=lambda k: names[k])
            if st.form_submit_button("Open the study", type="primary"):
                open_study(key)
    start_form(visit, run)


with page("Reader study", synthetic=False) as visit, st.container(width=WIDTH):
    st.caption("Some of these images may be synthetic. Research only, not for diagnosis.")
    key = st.session_state.get(OPEN)
    study = unfinished_study(visit.engine, visit.person) if key is None else get_study(visit.engine, key)
    if study:
        st.session_state[OPEN] = study.id
        study_page(visit, study)
    elif ready(visit, "ablation", "study"):
        all_studies(visit)
