"""What a reader study found: figures of the readers who finished, their agreement, and a CSV of every reading."""

import csv
import io
from dataclasses import dataclass

from sqlalchemy import Engine, select

from medgan_fashion.evaluation.classifiers.readers import Agreement, Figure, ReaderFigures, agreements, reader_figures
from medgan_fashion.studio.medical.reading_cases import Case
from medgan_fashion.studio.medical.readings import Answer, Study, find_reader, is_starter, progress
from medgan_fashion.studio.store.schema import readings
from medgan_fashion.studio.widgets import plain

COLUMNS = (
    *("study", "reader", "position", "case", "truth", "answer", "confidence", "true class", "answered class"),
    "seconds",
)
NAMES = {
    "accuracy": "Real or synthetic: right",
    "sensitivity": "Synthetic called synthetic",
    "specificity": "Real called real",
    "auc": "AUC of confidence",
    "classes": "Class: right",
    "classes_real": "Class of real ones: right",
    "classes_synthetic": "Class of synthetic ones: right",
}
_FORMULA = tuple("=+-@\t\r＝＋－＠")  # a spreadsheet would run what begins so


@dataclass(frozen=True)
class Reading:
    """One answer with its truth."""

    position: int
    case: Case
    answer: Answer


@dataclass(frozen=True)
class Results:
    """Figures by reader, and agreement on real-or-synthetic and on the class ([] where none was asked)."""

    figures: dict[str, ReaderFigures]
    on_kind: list[Agreement]
    on_class: list[Agreement]


def may_see(engine: Engine, study: Study, person: str) -> bool:
    """Whether results are shown to this person: to readers who read everything, and to who started the study once
    somebody has, unless they are still reading it themselves."""
    mine = find_reader(engine, study, person)
    if mine:
        return mine.done == len(study.cases)
    return is_starter(study, person) and any(other.done == len(study.cases) for other in progress(engine, study))


def finished_readings(engine: Engine, study: Study) -> dict[str, list[Reading]]:
    """Alias -> readings in the order they were made, of the readers who read everything."""
    cases = {case.id: case for case in study.cases}
    answered = (readings.c.synthetic, readings.c.confidence, readings.c.label, readings.c.seconds)
    found: dict[str, list[Reading]] = {}
    with engine.connect() as connection:
        for reader in progress(engine, study):
            if reader.done < len(cases):
                continue
            mine = select(readings.c.position, readings.c.case, *answered).where(readings.c.reader == reader.id)
            rows = connection.execute(mine.order_by(readings.c.position)).all()
            # two who took one name in the same instant stay two
            alias = reader.alias if reader.alias not in found else f"{reader.alias} ({reader.id[:6]})"
            found[alias] = [Reading(at, cases[case], Answer(*answer)) for at, case, *answer in rows]
    return found


def _figures(study: Study, read: list[Reading]) -> ReaderFigures:
    right = [reading.answer.label == study.classes[reading.case.label] for reading in read]
    return reader_figures(
        [reading.case.synthetic for reading in read],
        [reading.answer.synthetic for reading in read],
        [reading.answer.confidence for reading in read],
        right if study.asks_class else None,
    )


def results(engine: Engine, study: Study) -> Results:
    """The figures of all who finished."""
    found = finished_readings(engine, study)
    kinds = {alias: {r.case.id: r.answer.synthetic for r in read} for alias, read in found.items()}
    named = {alias: {r.case.id: r.answer.label for r in read} for alias, read in found.items()}
    return Results(
        {alias: _figures(study, read) for alias, read in found.items()},
        agreements(kinds, study.seed),
        agreements(named, study.seed) if study.asks_class else [],
    )


def _cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula (OWASP: CSV injection)."""
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def csv_text(engine: Engine, study: Study) -> str:
    """Every reading of those who finished, a row each under COLUMNS."""
    buffer, kind = io.StringIO(), {True: "synthetic", False: "real"}
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow(COLUMNS)
    for alias, read in finished_readings(engine, study).items():
        for reading in read:
            case, answer = reading.case, reading.answer
            told = (_cell(study.classes[case.label]), _cell(answer.label), f"{answer.seconds:.1f}")
            which = (_cell(study.title), _cell(alias), reading.position, case.id)
            table.writerow([*which, kind[case.synthetic], kind[answer.synthetic], answer.confidence, *told])
    return buffer.getvalue()


def _words(figure: Figure, *, percent: bool) -> str:
    """For a table: value and interval, or why there is none."""

    def number(value: float) -> str:
        return f"{value:.0%}" if percent else f"{value:.2f}"

    if figure.value is None:
        return f"none: {figure.reason}"
    if figure.low is None or figure.high is None:
        return f"{number(figure.value)}, no interval: {figure.reason}"
    return f"{number(figure.value)} ({number(figure.low)} to {number(figure.high)})"


def figure_rows(figures: ReaderFigures) -> list[dict[str, str]]:
    """One reader's table; class figures where a class was asked."""
    names = [name for name in NAMES if figures.classes.n or not name.startswith("classes")]
    rows = [{"Figure": NAMES[name], "Value": _words(getattr(figures, name), percent=name != "auc")} for name in names]
    if figures.p is not None:
        rows.append({"Figure": "p against guessing (exact binomial)", "Value": f"{figures.p:.2g}"})
    return rows


def agreement_rows(found: Results) -> list[dict[str, str]]:
    """The table of agreement; names of readers are escaped, for Markdown."""
    return [
        {
            "Readers": "all" if len(one.readers) > 2 else plain(" and ".join(one.readers)),
            "On": question,
            "Images": str(one.kappa.n),
            "Kappa": _words(one.kappa, percent=False),
        }
        for question, agreed in (("real or synthetic", found.on_kind), ("class", found.on_class))
        for one in agreed
    ]
