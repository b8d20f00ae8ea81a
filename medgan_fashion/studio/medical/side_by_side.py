"""Two ablations beside each other on the page: whether their data are the same, verdicts, arms, what was set."""

import streamlit as st

from medgan_fashion.medical.results.schema import Summary
from medgan_fashion.studio.medical.comparing import Both, compare
from medgan_fashion.studio.medical.study import data_hash
from medgan_fashion.studio.runs import Run
from medgan_fashion.studio.tables import table
from medgan_fashion.studio.widgets import plain

COLOURS = {"helps": "green", "hurts": "red", "no evidence of help": "blue", "too few cases to tell": "orange"}


def _both(found: tuple[Both, ...], what: str, runs: tuple[Run, Run], alt: str) -> None:
    first, second = (f"{place}: {run.name}" for place, run in zip(("First", "Second"), runs, strict=True))
    table([{what: one.what, first: one.first, second: one.second} for one in found], alt)


def side_by_side(runs: tuple[Run, Run], summaries: tuple[Summary, Summary]) -> None:
    """Two runs, the first on the left."""
    found = compare(*summaries, (data_hash(runs[0].folder), data_hash(runs[1].folder)))
    say = {"same": st.success, "different": st.error, "unknown": st.warning}[found.data]
    say(plain(found.sentences[0]))
    for column, run, side in zip(st.columns(2), runs, found.verdicts, strict=True):
        with column, st.container(border=True):
            st.caption(f"{plain(run.name)}: {plain(side.question)}")
            st.markdown(f"### :{COLOURS[side.verdict]}[{plain(side.verdict.capitalize())}]")
            st.write(plain(side.sentence))
    for sentence in found.sentences[1:]:
        st.write(plain(sentence))
    st.subheader("Difference of each arm to its run's comparator")
    _both(found.arms, "Arm", runs, "Differences of the arms in both runs")
    if found.facts:
        st.subheader("How the data differ")
        _both(found.facts, "Data", runs, "What differs between the data")
    st.subheader("What was set differently")
    if found.config:
        _both(found.config, "Setting", runs, "Settings that differ")
    else:
        st.write("Nothing: both runs have the same configuration.")
