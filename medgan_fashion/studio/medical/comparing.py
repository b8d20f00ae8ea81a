"""Two ablations side by side: whether their data are the same, what they found, what was set differently."""

from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from medgan_fashion.medical.results.schema import Summary
from medgan_fashion.report.numbers import NONE, metric_name
from medgan_fashion.report.summaries import without_paths
from medgan_fashion.studio.medical.study import data_hash, gap_text, role
from medgan_fashion.studio.runs import Run
from medgan_fashion.studio.widgets import plain, table

# ---------------------------------------------------------------------------------------------------------------------
# Two ablations side by side: whether their data are the same, what they found, what was set differently.
#
# No statistics: figures are each run's own, and nothing is tested between the runs.


DATA_KEYS = ("name", "classes", "patients", "lesions", "images", "per_class", "views", "external", "grouping")
UNTESTED = (
    "Nothing is tested between the two runs: a run repeated with other seeds would also give other figures, "
    "so look at the intervals before a difference."
)


@dataclass(frozen=True)
class Both:
    """Something of two runs, in words."""

    what: str
    first: str
    second: str


@dataclass(frozen=True)
class Side:
    """One run's answer."""

    verdict: str
    sentence: str
    question: str


@dataclass(frozen=True)
class Comparison:
    """Two runs side by side.

    Args:
        data: "same" images, "different" ones, or "unknown": the same by all that the runs say, or cut differently.
        sentences: what may be concluded; the first says whether the runs can be compared.
        facts: what differs between the data.
        arms: each arm's difference to its run's comparator.
        config: dotted keys that were set differently, without paths.
    """

    data: Literal["same", "different", "unknown"]
    sentences: tuple[str, ...]
    facts: tuple[Both, ...]
    verdicts: tuple[Side, Side]
    arms: tuple[Both, ...]
    config: tuple[Both, ...]


def _flat(value: Any, where: str = "") -> dict[str, Any]:
    """Dotted keys of nested mappings; a list is one value."""
    if not isinstance(value, dict):
        return {where: value}
    return {k: v for key, item in value.items() for k, v in _flat(item, f"{where}.{key}".lstrip(".")).items()}


def _counts(row: dict[str, Any]) -> str:
    """A mapping on one line; one that begins with a name says it first: cyst: 12 patients, 20 images."""
    (_, name), *rest = row.items()
    if isinstance(name, str):
        return f"{name}: {', '.join(f'{shown(value)} {key}' for key, value in rest)}"
    return ", ".join(f"{shown(value)} {key}" for key, value in row.items())


def shown(value: Any) -> str:
    """A plain value in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, dict) and value:
        return _counts(value)
    if isinstance(value, list) and value:
        return ("; " if isinstance(value[0], dict) else ", ").join(shown(item) for item in value)
    return "none" if value is None or value in ({}, []) else str(value)


def config_differences(first: dict[str, Any], second: dict[str, Any]) -> tuple[Both, ...]:
    """What two configurations say differently, by dotted key; a dash where one does not have the key."""
    flat, found = (_flat(first), _flat(second)), []
    for key in sorted(flat[0].keys() | flat[1].keys()):
        if key in flat[0] and key in flat[1] and flat[0][key] == flat[1][key]:
            continue
        both = (shown(without_paths(side[key])) if key in side else NONE for side in flat)
        found.append(Both(key, *both))
    return tuple(found)


def _facts(first: Summary, second: Summary) -> tuple[Both, ...]:
    """What is said differently of the data; an older run may not have said all of it."""
    pairs = ((key, first["data"].get(key), second["data"].get(key)) for key in DATA_KEYS)
    told = ((key, a, b) for key, a, b in pairs if (a or None) != (b or None))
    return tuple(Both(key.replace("_", " "), shown(without_paths(a)), shown(without_paths(b))) for key, a, b in told)


def _same_data(
    facts: tuple[Both, ...], cut_alike: bool, hashes: tuple[str, str]
) -> Literal["same", "different", "unknown"]:
    if facts:
        return "different"
    if all(hashes):
        if hashes[0] == hashes[1]:
            return "same"
        return "different" if cut_alike else "unknown"
    return "unknown"


def _data_sentence(data: str, facts: tuple[Both, ...], cut_alike: bool) -> str:
    if facts:
        what = ", ".join(fact.what for fact in facts)
        return (
            f"These two runs are not comparable, because their data differ ({what}): a difference between their "
            "results may come from the data alone."
        )
    if data == "different":
        return (
            "These two runs are not comparable, because their data differ: names and counts agree, but the images "
            "are others. A difference between their results may come from the data alone."
        )
    if data == "same":
        return "Both runs studied exactly the same images, so what was set differently can be read side by side."
    if not cut_alike:
        return (
            "Name, classes, counts and grouping of the data agree, but the images were cut or scaled differently: "
            "that these are the same cases cannot be checked here."
        )
    return (
        "Name, classes, counts and grouping of the data agree; that the images are the same cannot be checked, "
        "because a run does not say which they were."
    )


def _question_sentences(first: Summary, second: Summary) -> list[str]:
    """What differs in the question itself."""
    found, (a, b) = [], (first["verdict"], second["verdict"])
    if a["metric"] != b["metric"]:
        names = f"{metric_name(a['metric'])} and {metric_name(b['metric'])}"
        found.append(f"The two verdicts are about different metrics ({names}): their numbers are not on one scale.")
    if a["against"] != b["against"]:
        found.append(
            f"The differences are to different comparators ({a['against']} and {b['against']}): "
            "they do not answer the same question."
        )
    if a["margin"] != b["margin"]:
        found.append(f"Different margins were declared ({a['margin']:g} and {b['margin']:g}).")
    return found


def _side(summary: Summary) -> Side:
    verdict = summary["verdict"]
    return Side(verdict["verdict"], verdict["sentence"], f"Does {verdict['arm']} beat {verdict['against']}?")


def _arms(first: Summary, second: Summary) -> tuple[Both, ...]:
    def of(summary: Summary) -> dict[str, str]:
        metric, out = summary["verdict"]["metric"], {}
        for arm in summary["arms"]:
            mine = role(arm["arm"], summary)
            text = mine if mine == "comparator" else gap_text(arm["difference"], metric)
            out[arm["arm"]] = f"{text}, tested" if mine == "tested" else text
        return out

    a, b = of(first), of(second)
    return tuple(Both(name, a.get(name, "not in this run"), b.get(name, "not in this run")) for name in a | b)


def compare(first: Summary, second: Summary, hashes: tuple[str, str] = ("", "")) -> Comparison:
    """The two side by side. `hashes` are of the images that each run studied (`study.data_hash`), "" for unknown:
    two sets of simulated cases may agree in every count."""
    facts = _facts(first, second)
    cut_alike = first["config"].get("image") == second["config"].get("image")
    data = _same_data(facts, cut_alike, hashes)
    sentences = [_data_sentence(data, facts, cut_alike), *_question_sentences(first, second), UNTESTED]
    return Comparison(
        data,
        tuple(sentences),
        facts,
        (_side(first), _side(second)),
        _arms(first, second),
        config_differences(first["config"], second["config"]),
    )


# ---------------------------------------------------------------------------------------------------------------------
# Two ablations beside each other on the page: whether their data are the same, verdicts, arms, what was set.


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
