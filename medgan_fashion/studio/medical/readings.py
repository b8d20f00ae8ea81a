"""Reader studies: who reads what in which order, every answer on disk before the next image, and what was found."""

import csv
import hashlib
import io
import secrets
import time
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, func, insert, select
from sqlalchemy.exc import IntegrityError

from medgan_fashion.evaluation.classifiers.readers import Agreement, Figure, ReaderFigures, agreements, reader_figures
from medgan_fashion.studio.medical.reading_cases import Case, Sources, choose_cases, reading_order
from medgan_fashion.studio.runs import Run
from medgan_fashion.studio.store.people import LONGEST
from medgan_fashion.studio.store.schema import readers, readings, studies
from medgan_fashion.studio.widgets import plain

LONGEST_TITLE = 120
LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True)
class Study:
    """A study: its cases in its own order, the class names that their labels index, the seed that they and the
    readers' orders follow from, the stamp of the images they were chosen among, and a hash of who started it."""

    id: str
    run: str
    title: str
    cases: tuple[Case, ...]
    classes: tuple[str, ...]
    seed: int
    stamp: str
    starter: str

    @property
    def asks_class(self) -> bool:
        """Whether there is a class to name."""
        return len(self.classes) > 1


@dataclass(frozen=True)
class Reader:
    """One reader of one study, and how many of its images were read."""

    id: str
    alias: str
    done: int


@dataclass(frozen=True)
class Answer:
    """What a reader says of one image: confidence from 1, a guess, to 5, sure; `label` is "" where none is asked."""

    synthetic: bool
    confidence: int
    label: str
    seconds: float


def _clean(text: str, what: str, longest: int) -> str:
    """One line of printable letters; ValueError where nothing is left, or too much."""
    kept = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not kept:
        raise ValueError(f"{what} is empty: write something that others will recognise")
    if len(kept) > longest:
        raise ValueError(f"{what} is {len(kept)} letters long: shorten it to {longest}")
    return kept


def _starter(study: str, person: str) -> str:
    """Recognises who started a study without keeping their key, which a forgotten person takes along."""
    return hashlib.sha256(f"{study} {person}".encode()).hexdigest()


def is_starter(study: Study, person: str) -> bool:
    """Whether this person started the study."""
    return study.starter == _starter(study.id, person)


def create_study(engine: Engine, person: str, run: Run, sources: Sources, title: str, n: int, seed: int) -> Study:
    """A new study of n images of the run; ValueError for a title, number or seed that cannot be."""
    if not 0 <= seed <= LARGEST_SEED:
        raise ValueError(f"seed {seed} must lie between 0 and {LARGEST_SEED}: any number there will do")
    key, title = secrets.token_hex(16), _clean(title, "the title", LONGEST_TITLE)
    cases = choose_cases(sources, n, seed, key)
    settings = {"seed": seed, "classes": sources.classes, "stamp": sources.stamp, "starter": _starter(key, person)}
    row = {"id": key, "run": run.name, "title": title, "settings": settings, "created": time.time()}
    with engine.begin() as connection:
        connection.execute(insert(studies).values(**row, cases=[asdict(case) for case in cases]))
    return Study(key, run.name, title, tuple(cases), sources.classes, seed, sources.stamp, settings["starter"])


def _study(row: Row[Any]) -> Study:
    about = row.settings
    cases = tuple(Case(**case) for case in row.cases)
    known = (about["seed"], about["stamp"], about["starter"])
    return Study(row.id, row.run, row.title, cases, tuple(about["classes"]), *known)


def list_studies(engine: Engine, run: str) -> list[Study]:
    """The studies of a run, the newest first."""
    with engine.connect() as connection:
        rows = connection.execute(
            select(studies).where(studies.c.run == run).order_by(studies.c.created.desc(), studies.c.id)
        )
        return [_study(row) for row in rows]


def get_study(engine: Engine, key: str) -> Study | None:
    """The study of that key."""
    with engine.connect() as connection:
        row = connection.execute(select(studies).where(studies.c.id == key)).first()
    return _study(row) if row else None


def _readers(engine: Engine, where: ColumnElement[bool]) -> list[tuple[str, Reader]]:
    """(study, reader) of those readers, in order of joining."""
    done = select(func.count()).where(readings.c.reader == readers.c.id).scalar_subquery()
    asked = select(readers.c.study, readers.c.id, readers.c.alias, done).where(where)
    with engine.connect() as connection:
        rows = connection.execute(asked.order_by(readers.c.created, readers.c.id)).all()
    return [(study, Reader(key, alias, n)) for study, key, alias, n in rows]


def progress(engine: Engine, study: Study) -> list[Reader]:
    """All readers of a study in order of joining."""
    return [reader for _, reader in _readers(engine, readers.c.study == study.id)]


def find_reader(engine: Engine, study: Study, person: str) -> Reader | None:
    """This person as a reader of this study; None where they did not join."""
    found = _readers(engine, (readers.c.study == study.id) & (readers.c.person == person))
    return found[0][1] if found else None


def unfinished_study(engine: Engine, person: str) -> Study | None:
    """The study that this person joined last, of those that they have not read to the end."""
    for key, reader in reversed(_readers(engine, readers.c.person == person)):
        study = get_study(engine, key)
        if study and reader.done < len(study.cases):
            return study
    return None


def join(engine: Engine, study: Study, person: str, alias: str) -> Reader:
    """Makes the person a reader under a name of their own; who joined already stays who they are.

    ValueError for a name that is empty, too long, or somebody else's in this study.
    """
    taken = [reader.alias.casefold() for reader in progress(engine, study)]
    mine = find_reader(engine, study, person)  # asked second: else a double click finds its own name taken
    if mine:
        return mine
    alias = _clean(alias, "your name for this study", LONGEST)
    if alias.casefold() in taken:
        raise ValueError(f"somebody reads this study as {alias}: take another name")
    row = {"id": secrets.token_hex(16), "study": study.id, "person": person, "alias": alias, "created": time.time()}
    try:
        with engine.begin() as connection:
            connection.execute(insert(readers).values(**row))
    except IntegrityError:  # a second click was first
        mine = find_reader(engine, study, person)
        if mine is None:
            raise
        return mine
    return Reader(row["id"], alias, 0)


def _read(engine: Engine, reader: Reader) -> set[str]:
    with engine.connect() as connection:
        return set(connection.scalars(select(readings.c.case).where(readings.c.reader == reader.id)))


def next_case(engine: Engine, study: Study, reader: Reader) -> tuple[int, Case] | None:
    """Position, from 1, and the first image in this reader's order that is not read yet; None at the end."""
    read, order = _read(engine, reader), reading_order(list(study.cases), study.seed, reader.id)
    return next(((at, case) for at, case in enumerate(order, 1) if case.id not in read), None)


def save_reading(engine: Engine, study: Study, reader: Reader, case: str, answer: Answer) -> bool:
    """Keeps a reading, on disk when this returns. The first of an image stays: False for a second one.

    ValueError for an image, a confidence or a class that the study does not have.
    """
    order = [other.id for other in reading_order(list(study.cases), study.seed, reader.id)]
    if case not in order:
        raise ValueError("that image is not of this study: reload the page")
    if not 1 <= answer.confidence <= 5 or (answer.label not in study.classes if study.asks_class else answer.label):
        raise ValueError("that answer is not one of those offered: reload the page and answer again")
    row = {"reader": reader.id, "case": case, "position": order.index(case) + 1, "created": time.time()}
    try:
        with engine.begin() as connection:
            connection.execute(insert(readings).values(**row, **asdict(answer)))
    except IntegrityError:  # the image is read, or the reader was forgotten meanwhile
        if case not in _read(engine, reader):
            raise
        return False
    return True


# ---------------------------------------------------------------------------------------------------------------------
# What a reader study found: figures of the readers who finished, their agreement, and a CSV of every reading.


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
