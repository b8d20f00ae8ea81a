"""Studies, readers and readings in the database, and what comes out of them."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, update

from medgan_fashion.runs.stages.folds import Fold
from medgan_fashion.runs.stages.images import Synthetic
from medgan_fashion.studio.medical.reading_cases import Source, Sources
from medgan_fashion.studio.medical.readings import (
    Answer,
    Reader,
    Study,
    agreement_rows,
    create_study,
    csv_text,
    figure_rows,
    find_reader,
    get_study,
    is_starter,
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
from medgan_fashion.studio.store.database import open_database
from medgan_fashion.studio.store.people import forget_person, new_person
from medgan_fashion.studio.store.schema import readers

RUN = Run(Path("nowhere"), "nowhere", "ablation", 0.0)
CLASSES = ("cyst", "=1+1")


def _sources(classes: tuple[str, ...] = CLASSES) -> Sources:
    """Two folds of 12 images without content."""
    labels, size = np.arange(12) % len(classes), (4, 4)
    pixels = np.zeros((12, 1, 4, 4), dtype=np.float32)
    held_out = Fold(
        pixels, labels, labels, np.arange(12), np.ones(12, np.float32), 0 * labels, size, classes, ("",), "rows"
    )
    return Sources((Source(held_out, Synthetic(pixels, labels, 0 * labels)),) * 2, classes, "stamp")


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_database(f"sqlite:///{tmp_path / 'studio.db'}")


@pytest.fixture
def starter(engine: Engine) -> str:
    return new_person(engine)


@pytest.fixture
def study(engine: Engine, starter: str) -> Study:
    return create_study(engine, starter, RUN, _sources(), " A\ttitle\x00 ", 12, 5)


def _answer(study: Study, synthetic: bool = True, confidence: int = 3) -> Answer:
    return Answer(synthetic, confidence, study.classes[0] if study.asks_class else "", 1.5)


def _read(engine: Engine, study: Study, reader: Reader, n: int, *, right: bool = False) -> None:
    for _ in range(n):
        following = next_case(engine, study, reader)
        assert following
        said = following[1].synthetic if right else True
        assert save_reading(engine, study, reader, following[1].id, _answer(study, said))


def test_a_study_is_kept_whole(engine: Engine, study: Study, starter: str) -> None:
    assert study.title == "A title"
    assert get_study(engine, study.id) == study
    assert list_studies(engine, "nowhere") == [study]
    assert (list_studies(engine, "elsewhere"), get_study(engine, "none")) == ([], None)
    assert is_starter(study, starter)
    assert not is_starter(study, new_person(engine))
    assert starter not in repr(study)


def test_two_readers_go_their_own_ways_and_on_where_they_were(engine: Engine, study: Study) -> None:
    one, two = (join(engine, study, new_person(engine), name) for name in ("Ada", "Grace"))
    _read(engine, study, one, 5)
    _read(engine, study, two, 2)
    assert [(r.alias, r.done) for r in progress(engine, study)] == [("Ada", 5), ("Grace", 2)]
    position, case = next_case(engine, study, one) or (0, None)
    assert position == 6
    assert case == (next_case(engine, study, replace(one, done=99)) or (0, None))[1]  # the database says it
    _read(engine, study, one, 7)
    assert next_case(engine, study, one) is None


def test_the_first_reading_of_an_image_stays(engine: Engine, study: Study) -> None:
    reader = join(engine, study, new_person(engine), "Ada")
    _, case = next_case(engine, study, reader) or (0, study.cases[0])
    assert save_reading(engine, study, reader, case.id, _answer(study, True, 5))
    assert not save_reading(engine, study, reader, case.id, _answer(study, False, 1))
    _read(engine, study, reader, 11)
    row = next(r for r in csv.DictReader(io.StringIO(csv_text(engine, study))) if r["case"] == case.id)
    assert (row["answer"], row["confidence"], row["position"]) == ("synthetic", "5", "1")


def test_many_clicks_at_once_are_one_reading(engine: Engine, study: Study) -> None:
    person = new_person(engine)
    with ThreadPoolExecutor(8) as pool:
        joined = list(pool.map(lambda _: join(engine, study, person, "Ada"), range(8)))
        assert len({reader.id for reader in joined}) == 1
        _, case = next_case(engine, study, joined[0]) or (0, study.cases[0])
        saved = list(pool.map(lambda _: save_reading(engine, study, joined[0], case.id, _answer(study)), range(8)))
    assert sum(saved) == 1
    assert progress(engine, study)[0].done == 1


def test_who_comes_back_is_the_reader_they_were(engine: Engine, study: Study) -> None:
    person = new_person(engine)
    assert find_reader(engine, study, person) is None
    assert unfinished_study(engine, person) is None
    reader = join(engine, study, person, "  Ada \u202e  Lovelace ")
    assert reader.alias == "Ada Lovelace"
    _read(engine, study, reader, 1)
    assert join(engine, study, person, "Other") == replace(reader, done=1)
    assert unfinished_study(engine, person) == study
    _read(engine, study, reader, 11)
    assert unfinished_study(engine, person) is None


@pytest.mark.parametrize(("alias", "words"), [(" \t\x00", "empty"), ("x" * 81, "shorten it to 80"), ("ADA", "another")])
def test_names_that_cannot_be(engine: Engine, study: Study, alias: str, words: str) -> None:
    join(engine, study, new_person(engine), "Ada")
    with pytest.raises(ValueError, match=words):
        join(engine, study, new_person(engine), alias)


@pytest.mark.parametrize(
    ("title", "n", "seed", "words"),
    [("", 12, 0, "title is empty"), ("t", 13, 0, "even number"), ("t", 12, -1, "seed"), ("t" * 121, 12, 0, "shorten")],
)
def test_studies_that_cannot_be(engine: Engine, starter: str, title: str, n: int, seed: int, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        create_study(engine, starter, RUN, _sources(), title, n, seed)
    assert list_studies(engine, "nowhere") == []


def test_answers_that_were_not_offered_are_refused(engine: Engine, study: Study) -> None:
    reader, case = join(engine, study, new_person(engine), "Ada"), study.cases[0].id
    for bad in (Answer(True, 6, "cyst", 0.0), Answer(True, 3, "wart", 0.0), Answer(True, 3, "", 0.0)):
        with pytest.raises(ValueError, match="not one of those offered"):
            save_reading(engine, study, reader, case, bad)
    with pytest.raises(ValueError, match="not of this study"):
        save_reading(engine, study, reader, "0" * 16, _answer(study))
    assert progress(engine, study)[0].done == 0


def test_results_are_for_those_who_read_to_the_end(engine: Engine, study: Study, starter: str) -> None:
    persons = [new_person(engine) for _ in range(3)]
    readers = [join(engine, study, person, name) for person, name in zip(persons, "abc", strict=True)]
    _read(engine, study, readers[0], 11)
    assert not any(may_see(engine, study, person) for person in (*persons, starter, new_person(engine)))
    _read(engine, study, readers[0], 1)
    _read(engine, study, readers[1], 3)
    assert [may_see(engine, study, person) for person in (*persons, starter)] == [True, False, False, True]
    assert not may_see(engine, study, new_person(engine))
    assert list(results(engine, study).figures) == ["a"]
    join(engine, study, starter, "starter")
    assert not may_see(engine, study, starter)  # now a reader, who must not know yet


def test_figures_and_agreement_of_two_readers(engine: Engine, study: Study) -> None:
    for name, right in (("Ada", True), ("Grace", False), ("Mary", True)):
        _read(engine, study, join(engine, study, new_person(engine), name), 12, right=right)
    found = results(engine, study)
    ada, grace = found.figures["Ada"], found.figures["Grace"]
    assert (ada.accuracy.value, ada.auc.value, ada.classes.value) == (1.0, 1.0, 0.5)
    assert (grace.accuracy.value, grace.sensitivity.value, grace.specificity.value) == (0.5, 1.0, 0.0)
    assert (ada.p, grace.p) == (pytest.approx(2 / 2**12), pytest.approx(1.0))
    assert [one.readers for one in found.on_kind][-1] == ("Ada", "Grace", "Mary")
    rows = agreement_rows(found)
    assert len(rows) == 8
    assert rows[0]["Readers"] == "Ada and Grace"
    assert "none: one and the same answer" in rows[0]["Kappa"]
    assert any(row["Value"].startswith("100% (76% to 100%)") for row in figure_rows(ada))


def test_two_who_took_one_name_at_once_stay_two(engine: Engine, study: Study) -> None:
    for name in ("Ada", "Grace"):
        _read(engine, study, join(engine, study, new_person(engine), name), 12)
    with engine.begin() as connection:
        connection.execute(update(readers).values(alias="Ada"))
    assert len(results(engine, study).figures) == 2
    assert len({row.split(",")[1] for row in csv_text(engine, study).splitlines()[1:]}) == 2


def test_a_single_class_is_not_asked(engine: Engine, starter: str) -> None:
    study = create_study(engine, starter, RUN, _sources(("mass",)), "t", 12, 0)
    _read(engine, study, join(engine, study, new_person(engine), "Ada"), 12)
    found = results(engine, study)
    assert (found.on_class, found.figures["Ada"].classes.n) == ([], 0)
    assert not any("Class" in row["Figure"] for row in figure_rows(found.figures["Ada"]))


def test_the_csv_has_a_row_for_every_reading_and_no_formula(engine: Engine, starter: str) -> None:
    study = create_study(engine, starter, RUN, _sources(), "@title, with a comma", 12, 0)
    _read(engine, study, join(engine, study, new_person(engine), "=HYPERLINK(1)"), 12)
    _read(engine, study, join(engine, study, new_person(engine), "unfinished"), 3)
    rows = list(csv.DictReader(io.StringIO(csv_text(engine, study))))
    assert [int(row["position"]) for row in rows] == list(range(1, 13))
    assert {row["reader"] for row in rows} == {"'=HYPERLINK(1)"}
    assert {row["study"] for row in rows} == {"'@title, with a comma"}
    assert {row["true class"] for row in rows} == {"cyst", "'=1+1"}
    assert {row["seconds"] for row in rows} == {"1.5"}
    truth = {case.id: case.synthetic for case in study.cases}
    assert all((row["truth"] == "synthetic") == truth[row["case"]] for row in rows)
    assert starter not in csv_text(engine, study)


def test_who_is_forgotten_takes_their_readings_along(engine: Engine, study: Study, starter: str) -> None:
    person = new_person(engine)
    reader = join(engine, study, person, "Ada")
    _read(engine, study, reader, 12)
    forget_person(engine, person)
    forget_person(engine, starter)
    assert (progress(engine, study), csv_text(engine, study).count("\n")) == ([], 1)
    with pytest.raises(Exception, match="FOREIGN KEY"):
        save_reading(engine, study, reader, study.cases[0].id, _answer(study))
