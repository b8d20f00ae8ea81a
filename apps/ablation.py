"""Page 5, Ablation: does synthesis help this classifier? One run in full, or two side by side."""

from pathlib import Path

import streamlit as st

from medgan_fashion.medical.results.schema import AuditItem, Summary
from medgan_fashion.report.ablation.figures import arms_figure, dose_figure
from medgan_fashion.report.ablation.page import near_copies, verdict_block
from medgan_fashion.report.numbers import decimal
from medgan_fashion.report.pictures import Pair, folds, load_samples
from medgan_fashion.studio.medical.comparing import side_by_side
from medgan_fashion.studio.medical.segmentation import show_segmentation
from medgan_fashion.studio.medical.study import (
    ClassPictures,
    arms_rows,
    audit_failures,
    dose_rows,
    pairs,
    pool_rows,
    read_study,
    samples,
)
from medgan_fashion.studio.runs import Run
from medgan_fashion.studio.waiting import ready
from medgan_fashion.studio.widgets import TILE, chart, choose_run, page, plain, table, tiles_in_row

PAIR = 2 * TILE + 42  # pixels that a pair of pictures in its frame is wide


@st.cache_data(max_entries=16, show_spinner=False)
def study_of(folder: str, stamp: float) -> Summary:
    """The run's summary, read once for every time it was written."""
    return read_study(Path(folder))


@st.cache_data(max_entries=32, show_spinner=False)
def pictures_of(folder: str, stamp: float, fold: int | None) -> tuple[list[int], list[ClassPictures], list[Pair]]:
    """The folds that have pictures, and those of one fold (None: the first)."""
    summary, arrays = study_of(folder, stamp), load_samples(Path(folder) / "results" / "samples.npz")
    found = folds(arrays)
    if not found:
        return [], [], []
    chosen = found[0] if fold is None else fold
    return found, samples(summary, arrays, chosen), pairs(summary, arrays, chosen)


def show_arms(summary: Summary) -> None:
    st.subheader("Arms compared")
    st.write(
        "Every arm trains the same classifier on another pool of images; the tested arm against the comparator "
        "decides the verdict."
    )
    chart(arms_figure(summary["arms"], summary["verdict"]), "Primary metric of every arm with its 95 % interval")
    table(arms_rows(summary), "Arms: metric, difference to the comparator, p value")
    st.caption("In percent and percent points, with 95 % intervals. Only the tested arm was declared beforehand.")
    with st.expander("What each arm was trained on"):
        table(pool_rows(summary), "Images in each arm's training pool by source")


def show_dose(summary: Summary) -> None:
    dose, metric = summary.get("dose"), summary["verdict"]["metric"]
    st.subheader("Benefit against amount")
    if not dose:
        st.write("This run tried one amount of synthetic images only, so there is no curve to show.")
        return
    left, right = st.columns(2)
    with left:
        chart(dose_figure(dose, metric, difference=False), "Metric against synthetic images per real image")
    with right:
        chart(dose_figure(dose, metric, difference=True), "Difference to no synthetic images, against their amount")
    st.caption("These points are secondary: the best of them is no verdict.")
    with st.expander("The numbers"):
        table(dose_rows(summary), "Metric and difference by share of the reals and amount of synthetic images")


def show_pairs(found: list[Pair], copies: int) -> None:
    st.subheader("Nearest training images")
    if not found:
        st.write("This run saved no nearest neighbours, so copying cannot be looked at here.")
        return
    if copies:
        st.error(
            f"{copies} near {'copy' if copies == 1 else 'copies'} of training images found in this fold. "
            "Do not pass on images of this GAN: they may show a patient.",
            icon=":material/content_copy:",
        )
    st.write("Each pair is a synthetic image and the training image most like it, the most similar first.")
    with st.container(horizontal=True):
        for pair in found:
            with st.container(border=True, width=PAIR):
                tiles_in_row([tile for tile in (pair.synthetic, pair.train) if tile])
                flag = " · :red[**near copy**]" if pair.copy else ""
                st.caption(f"similarity {plain(decimal(pair.ncc, 3))}{flag}")
    st.caption(
        "Similarity is that of the best turn, mirroring, shift and zoom: 1 is the same picture but for brightness, "
        "contrast and slow shading."
    )


def show_pictures(run: Run, summary: Summary) -> None:
    """Real and synthetic pictures of a fold, and the pairs that would show copying."""
    found, _, _ = pictures_of(str(run.folder), run.stamp, None)
    st.subheader("Real and synthetic images")
    if not found:
        st.write("This run saved no pictures, so there is nothing to look at here.")
        return
    fold = found[0]
    if len(found) > 1:
        fold = st.selectbox("Fold", found, format_func=lambda one: f"Fold {one + 1}", key=f"fold-{run.name}", width=160)
    _, shown, twins = pictures_of(str(run.folder), run.stamp, fold)
    st.caption("Synthetic images have a violet frame and the word SYNTHETIC inside the picture.")
    for one in shown:
        st.markdown(f"**{plain(one.name)}**")
        for column, tiles in zip(st.columns(2), (one.real, one.synthetic), strict=True):
            with column:
                tiles_in_row(tiles)
    show_pairs(twins, near_copies(summary).get(fold, 0))


def show_audit(audit: list[AuditItem]) -> None:
    failed = audit_failures(audit)
    st.subheader("Leakage audit", anchor="audit")
    if not audit:
        st.error("No leakage check was written: nothing here shows that test patients stayed unseen.")
    elif failed:
        st.error(
            f"{len(failed)} of {len(audit)} checks failed: the verdict must not be used before they are explained."
        )
        table(failed, "Checks against leakage that failed")
    else:
        st.write(f"All {len(audit)} checks that test patients stayed unseen were passed.")


def one_run(runs: list[Run]) -> None:
    run = choose_run(runs, "ablation")
    if run is None:
        return
    if run.kind == "segmentation":
        show_audit(show_segmentation(run)["audit"])
        return
    summary = study_of(str(run.folder), run.stamp)
    st.html(verdict_block(summary))
    show_arms(summary)
    show_dose(summary)
    show_pictures(run, summary)
    show_audit(summary["audit"])


def two_runs(runs: list[Run]) -> None:
    if len(runs) < 2:
        st.info("Two classifier ablations are needed to compare: start the studio with two such run folders.")
        return
    names = [run.name for run in runs]
    columns = st.columns(2)
    chosen = [
        column.selectbox(title, names, index=i, key=f"compare-{i}")
        for i, (column, title) in enumerate(zip(columns, ("First run", "Second run"), strict=True))
    ]
    first, second = (runs[names.index(name)] for name in chosen)
    if first is second:
        st.info("Choose two different runs.")
        return
    summaries = study_of(str(first.folder), first.stamp), study_of(str(second.folder), second.stamp)
    side_by_side((first, second), summaries)


with page("Ablation") as visit:
    if ready(visit, "ablation", "study"):
        single, double = st.tabs(["One run", "Compare two runs"])
        with single:
            one_run([*visit.of("ablation"), *visit.of("segmentation")])
        with double:
            two_runs(visit.of("ablation"))
