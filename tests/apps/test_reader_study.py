"""Page 4 as two readers see it: blinded to the end, and nothing lost in the middle."""

import json
import re
import shutil
from pathlib import Path

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from medgan_fashion.studio.medical.readings import Study, list_studies, progress
from medgan_fashion.studio.settings import Settings
from medgan_fashion.studio.store.database import open_database
from medgan_fashion.studio.store.schema import readings
from tests.apps.tiny_study import shared_study

N = 12
PAGE = Path(__file__).resolve().parents[2] / "apps" / "reader_study.py"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shared_study(tmp_path_factory)


@pytest.fixture
def settings(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of a studio of its own, in the environment."""
    made = Settings(home=str(tmp_path / "home"), runs=(str(run),))
    for name, value in made.environment().items():
        monkeypatch.setenv(name, value)
    return made


def _open(me: str = "") -> AppTest:
    page = AppTest.from_file(str(PAGE), default_timeout=30)
    if me:
        page.query_params["me"] = me
    page.run()
    assert not page.exception
    return page


def _me(page: AppTest) -> str:
    given = page.query_params["me"]
    return given[0] if isinstance(given, list) else given


def _press(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click()
    page.run()
    assert not page.exception
    return page


def _start(page: AppTest, n: int = N, title: str = "Can you *tell*?") -> AppTest:
    page.text_input[0].set_value(title)
    page.number_input[0].set_value(n)
    return _press(page, "Start the study")


def _join(page: AppTest, alias: str) -> AppTest:
    page.text_input[0].set_value(alias)
    return _press(page, "Start reading")


def _place(page: AppTest) -> str:
    bars = page.get("progress")
    return bars[0].proto.text if bars else ""


def _answer(page: AppTest, *values: object) -> AppTest:
    for control, value in zip(page.segmented_control, values, strict=True):
        control.set_value(value)
    return _press(page, "Next")


def _studies(settings: Settings) -> list[Study]:
    return list_studies(open_database(settings.url), "tiny")


def _texts(page: AppTest) -> str:
    return " ".join(str(one.value) for one in (*page.markdown, *page.caption, *page.error, *page.warning))


def test_two_readers_read_a_study_and_see_results_at_the_end(settings: Settings) -> None:
    one, two = _start(_open()), _open()
    _press(two, "Open the study")
    _join(one, "Ada")
    _join(two, "=Grace*")
    for at in range(1, N + 1):
        for page, values in ((one, ("real", 5, "cyst")), (two, (("real", "synthetic")[at % 2], 1 + at % 5, "cyst"))):
            assert _place(page) == f"{at} of {N}"
            assert "Results" not in [header.value for header in page.subheader]
            _answer(page, *values)
        if at == 5:  # one reloads, in a browser that remembers nothing but the address
            one = _open(_me(one))
    page = _press(_press(one, "All studies"), "Open the study")
    assert "Results" in [header.value for header in page.subheader]
    assert r"\=Grace\*" in _texts(page)
    tables = [table.value for table in page.table]
    assert len(tables) == 3
    assert tables[0].iloc[0].tolist() == ["Real or synthetic: right", "50% (25% to 75%)"]
    assert "none: one and the same answer" in tables[2].iloc[0]["Kappa"]
    assert page.get("download_button")
    assert [reader.done for reader in progress(open_database(settings.url), _studies(settings)[0])] == [N, N]


def test_every_answer_is_kept_as_given_and_the_widgets_are_empty_again(settings: Settings) -> None:
    page = _answer(_join(_start(_open()), "Ada"), "synthetic", 4, "metastasis")
    assert [control.value for control in page.segmented_control] == [None, None, None]
    with open_database(settings.url).connect() as connection:
        (row,) = connection.execute(select(readings)).all()
    assert (row.position, row.synthetic, row.confidence, row.label) == (1, True, 4, "metastasis")


def test_half_an_answer_is_none(settings: Settings) -> None:
    page = _join(_start(_open()), "Ada")
    page.segmented_control[0].set_value("real")
    _press(page, "Next")
    assert "answer every question" in page.warning[0].value
    assert _place(page) == f"1 of {N}"
    assert page.segmented_control[0].value == "real"


def test_nothing_on_the_page_tells_real_from_synthetic(settings: Settings) -> None:
    page, seen = _join(_start(_open()), "Ada"), {}
    cases = {case.id: case for case in _studies(settings)[0].cases}
    for at in range(1, N + 1):
        (image,) = page.image[0].proto.imgs
        assert image.alt == f"image {at}"
        assert re.search(r"/media/[0-9a-f]+\.png$", image.url)
        shown = " ".join(str(getattr(node, "proto", "")) for node in page.main)
        assert "This image is" in shown
        assert not [case for case in cases if case in shown]  # not even the opaque ids
        words = re.sub(r"\d+", "", _texts(page))
        _answer(page, "real", 1, "cyst")
        with open_database(settings.url).connect() as connection:
            read = connection.execute(select(readings.c.case).where(readings.c.position == at)).scalar_one()
        seen.setdefault(cases[read].synthetic, set()).add(words)
    assert seen[True] == seen[False]
    assert "Some of these images may be synthetic" in next(iter(seen[True]))


def test_the_starter_sees_results_when_somebody_has_finished(settings: Settings) -> None:
    starter, reader = _start(_open()), _open()
    _join(_press(reader, "Open the study"), "Ada")
    assert not starter.table
    for _ in range(N):
        _answer(reader, "real", 3, "cyst")
    assert reader.success[0].value.startswith("You read every image")
    late = _open()
    _join(_press(late, "Open the study"), "Grace")
    assert not late.table
    starter.run()
    assert len(starter.table) == 1
    assert f"Grace is still reading: 0 of {N}" in _texts(starter)
    assert not _press(_open(), "Open the study").table  # of a stranger


@pytest.mark.parametrize(
    ("n", "title", "words"), [(1000, "t", "1000 images cannot"), (7, "t", "7 images cannot"), (N, " ", "the title is")]
)
def test_a_study_that_cannot_be_gets_a_sentence(settings: Settings, n: int, title: str, words: str) -> None:
    page = _start(_open(), n, title)
    assert words in page.error[0].value
    assert _studies(settings) == []


def test_an_empty_or_taken_name_gets_a_sentence(settings: Settings) -> None:
    page = _join(_start(_open()), "   ")
    assert "your name for this study is empty" in page.error[0].value
    _join(page, "Ada")
    other = _join(_press(_open(), "Open the study"), "ada")
    assert "take another name" in other.error[0].value


def test_studies_of_one_title_are_two(settings: Settings) -> None:
    page = _open()
    _press(_start(page), "All studies")
    _press(_start(page), "All studies")
    assert page.selectbox[0].options == [f"{k}. Can you *tell*? ({N} images)" for k in (2, 1)]


def test_a_run_without_images_says_what_to_do(settings: Settings, run: Path, tmp_path: Path) -> None:
    older = tmp_path / "older"
    (older / "results").mkdir(parents=True)
    shutil.copy(run / "results" / "summary.json", older / "results")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in Settings(home=settings.home, runs=(str(older),)).environment().items():
            patch.setenv(name, value)
        page = _open()
    assert "run the same command again" in page.error[0].value


def test_a_study_whose_images_changed_or_went_can_be_left(settings: Settings, run: Path, tmp_path: Path) -> None:
    page = _join(_start(_open()), "Ada")
    moved = tmp_path / "tiny"
    shutil.copytree(run, moved)
    listed = moved / "results" / "images.json"
    listed.write_text(json.dumps(json.loads(listed.read_text()) | {"more": 1}))
    with pytest.MonkeyPatch.context() as patch:
        for runs, words in (((str(moved),), "holds other images"), ((), "is not shown")):
            for name, value in Settings(home=settings.home, runs=runs).environment().items():
                patch.setenv(name, value)
            again = _open(_me(page))
            assert words in again.error[0].value
            assert not again.image
        _press(again, "All studies")
        assert "There is no study yet, so we are making a sample" in again.info[0].value
