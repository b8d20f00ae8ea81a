"""What the page Ablation shows of a segmentation run: the grid in words, its curves, images with their outlines."""

from pathlib import Path
from typing import Any

import streamlit as st

from medgan_fashion.report.ablation.figures import dose_figure
from medgan_fashion.report.ablation.page import verdict_block
from medgan_fashion.report.numbers import NONE, count, decimal, p_value
from medgan_fashion.report.segmentation import (
    ARM_NOTES,
    Arrays,
    check_segmentation,
    dose_rows,
    grids,
    load_pictures,
    outlines,
    synthetic_arms,
)
from medgan_fashion.report.summaries import read_summary
from medgan_fashion.studio.medical.study import Row, estimate_text, gap_text
from medgan_fashion.studio.runs import Run
from medgan_fashion.studio.widgets import chart, plain, table, tiles_in_row


def read_segmentation(folder: Path) -> dict[str, Any]:
    """The checked summary of a segmentation run's folder; ValueError where it is absent or incomplete."""
    return check_segmentation(read_summary(folder / "results" / "summary.json"))


def _role(cell: dict[str, Any], summary: dict[str, Any]) -> str:
    """What a cell of the grid is in the verdict: tested, comparator, or nothing."""
    primary = summary["config"]["primary"]
    if cell["real_fraction"] != primary["real_fraction"]:
        return ""
    tested = cell["arm"] == primary["arm"] and cell["ratio"] == primary["ratio"]
    return "tested" if tested else "comparator" if cell["arm"] == primary["against"] else ""


def _who(cell: dict[str, Any]) -> Row:
    per_real = f"{cell['ratio']:g}" if cell["ratio"] else NONE
    return {"Patients": f"{100 * cell['real_fraction']:g} %", "Arm": cell["arm"], "Synthetic per real": per_real}


def _pixels(estimate: dict[str, Any], digits: int) -> str:
    value, low, high = (decimal(estimate[key], digits) for key in ("value", "low", "high"))
    return f"{value} ({low} to {high})"


def cell_rows(summary: dict[str, Any]) -> list[Row]:
    """A row for each share of the patients, arm and amount: Dice, difference to the comparator, distances in pixels."""
    rows = []
    for cell in summary["cells"]:
        gap, role = cell["difference"], _role(cell, summary)
        declared = gap is not None and role == "tested"
        p = None if gap is None else gap["p"] if declared else gap["p_holm"]
        found = {
            "Role": role or NONE,
            "Dice": estimate_text(cell["dice"], "dice"),
            "Difference": gap_text(gap, "dice"),
            "p, Holm": f"{p_value(p)}, declared" if declared else p_value(p),
            "Distance of outlines": _pixels(cell["surface_distance"], 2),
            "95 % Hausdorff": _pixels(cell["hausdorff_95"], 1),
        }
        rows.append(_who(cell) | found)
    return rows


def cell_pools(summary: dict[str, Any]) -> list[Row]:
    """What the U-Nets of each cell were trained on, mean over folds."""
    keys = {"Real": "n_real", "Classic": "n_classic", "GAN": "n_gan", "U-Nets": "runs"}
    return [_who(cell) | {title: count(cell[key]) for title, key in keys.items()} for cell in summary["cells"]]


def _grid(summary: dict[str, Any]) -> None:
    st.subheader("Real images × synthetic images")
    st.write("The same U-Net is trained for every row; only the declared contrast decides the verdict.")
    for arm in synthetic_arms(summary):
        st.markdown(f"**{plain(arm)}**  \n{plain(ARM_NOTES.get(arm, ''))}")
        rows = dose_rows(summary, arm)
        for column, difference in zip(st.columns(2), (False, True), strict=True):
            with column:
                what = "Difference in Dice to the comparator" if difference else "Dice"
                chart(dose_figure(rows, "dice", difference=difference), f"{what} against synthetic images, {arm}")
    table(cell_rows(summary), "Segmentation scores by share of the patients, arm and amount")
    st.caption(
        "Dice in percent, differences in percent points, distances in pixels of the images as trained, with 95 % "
        "intervals. All but the tested row are secondary: the best of them is no verdict."
    )
    with st.expander("What each row was trained on"):
        table(cell_pools(summary), "Images in each training pool by source")


def _pictures(summary: dict[str, Any], arrays: Arrays) -> None:
    st.subheader("Images and masks")
    if not arrays:
        st.write("This run saved no pictures, so there is nothing to look at here.")
        return
    st.caption(
        "Each image stands beside itself with its mask's outline in green. Synthetic images have a violet frame and "
        "the word SYNTHETIC inside the picture."
    )
    for grid in grids(arrays):
        with st.expander(f"{plain(grid['share'])} % of the training patients", expanded=True):
            for row in grid["rows"]:
                st.markdown(f"**{plain(row['words'])}**")
                tiles_in_row(row["tiles"])
    if found := outlines(arrays):
        verdict = summary["verdict"]
        st.subheader("Outlines found on unseen images")
        st.write(
            "From the tested arm's worst to its best: green is the reader's outline, blue "
            f"{plain(verdict['arm'])}, orange {plain(verdict['against'])}."
        )
        tiles_in_row(found)


@st.cache_data(max_entries=4, show_spinner=False)
def _read(folder: str, stamp: float) -> tuple[dict[str, Any], Arrays]:
    """Summary and pictures, read once for every time they were written."""
    return read_segmentation(Path(folder)), load_pictures(Path(folder) / "results" / "pictures.npz")


def show_segmentation(run: Run) -> dict[str, Any]:
    """A segmentation run from its verdict down to its pictures; returns the summary, for what all ablations share."""
    summary, arrays = _read(str(run.folder), run.stamp)
    st.html(verdict_block(summary))
    _grid(summary)
    _pictures(summary, arrays)
    return summary
