"""Page 5 as a visitor meets it."""

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from medgan_fashion.studio.settings import Settings
from tests.apps.tiny_study import shared_study
from tests.report.conftest import CLASSES, make_samples, make_summary, write_run

PAGE = Path(__file__).parents[2] / "apps" / "ablation.py"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real run; no test may change it."""
    return shared_study(tmp_path_factory)


@pytest.fixture
def fabricated(tmp_path: Path) -> Path:
    """A run with every part: a dose, near copies, pictures."""
    return write_run(tmp_path / "made_up", make_summary(), make_samples())


def visit(monkeypatch: pytest.MonkeyPatch, home: Path, *runs: Path) -> AppTest:
    """The page, loaded."""
    for key, value in Settings(home=str(home), runs=tuple(map(str, runs))).environment().items():
        monkeypatch.setenv(key, value)
    return AppTest.from_file(str(PAGE), default_timeout=60).run()


def words(page: AppTest) -> str:
    """Everything that is said, without the backslashes that keep it from being markup."""
    kinds = (page.markdown, page.caption, page.subheader, page.error, page.warning, page.info, page.success)
    return "\n".join(str(one.value) for kind in kinds for one in kind).replace("\\", "")


def block(page: AppTest) -> str:
    """The verdict's HTML."""
    return page.get("html")[0].proto.body  # type: ignore[attr-defined]


def tables(page: AppTest) -> list[str]:
    """The tables' cells."""
    return [one.value.to_csv(index=False).replace("\\", "") for one in page.table]


def test_a_real_run_verdict_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny: Path) -> None:
    page = visit(monkeypatch, tmp_path, tiny)
    assert not page.exception
    assert not page.error
    summary = json.loads((tiny / "results" / "summary.json").read_text())
    assert summary["verdict"]["sentence"].split(":")[0] in block(page)
    assert "Smallest difference this study could have shown" in block(page)
    assert "data:image/svg+xml;base64," in block(page)
    assert "real+classic+gan,tested," in tables(page)[0]
    said = words(page)
    for one in ("tried one amount of synthetic images", "never for diagnosis", "Two classifier ablations are needed"):
        assert one in said
    assert len(page.get("plotly_chart")) == 1
    assert "checks that test patients stayed unseen were passed" in said


def test_every_picture_says_what_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fabricated: Path) -> None:
    page = visit(monkeypatch, tmp_path, fabricated)
    pictures = [one.proto.imgs[0] for one in page.get("image")]  # type: ignore[attr-defined]
    assert len(pictures) == 2 * 3 * 2 + 2 * 5
    assert all(one.alt for one in pictures)
    assert {one.alt.split()[0] for one in pictures} == {"real", "synthetic", "nearest"}
    said = words(page)
    assert "1 near copy of training images found in this fold" in said
    assert "similarity 0.981 · :red[**near copy**]" in said
    assert said.count("near copy**]") == 1
    page.selectbox(key="fold-made_up").set_value(1).run()
    assert not page.exception
    assert "near copy" not in words(page)


def test_the_dose_and_its_numbers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fabricated: Path) -> None:
    page = visit(monkeypatch, tmp_path, fabricated)
    assert len(page.get("plotly_chart")) == 3
    assert "the best of them is no verdict" in words(page)
    assert any("25 %,4," in one for one in tables(page))


def test_two_runs_of_other_data_are_not_comparable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny: Path, fabricated: Path
) -> None:
    page = visit(monkeypatch, tmp_path, tiny, fabricated)
    assert not page.exception
    assert "These two runs are not comparable, because their data differ" in page.error[0].value.replace("\\", "")
    assert any("real,not in this run,−12.1" in one for one in tables(page))
    page.selectbox(key="compare-1").set_value("tiny").run()
    assert "Choose two different runs." in words(page)
    page.selectbox(key="run-ablation").set_value("made_up").run()
    assert "Liver lesions &lt;fabricated&gt;" in block(page)


def test_two_runs_of_the_same_images(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny: Path) -> None:
    again = tmp_path / "again"
    (again / "results").mkdir(parents=True)
    shutil.copy(tiny / "declared.json", again)
    summary = json.loads((tiny / "results" / "summary.json").read_text())
    summary["config"]["gan"]["images_seen"] = 64
    (again / "results" / "summary.json").write_text(json.dumps(summary))
    page = visit(monkeypatch, tmp_path, tiny, again)
    assert "exactly the same images" in page.success[0].value.replace("\\", "")
    assert "gan.images_seen,32,64" in tables(page)[-1]


def test_failed_checks_are_an_alarm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    audit = [{"check": "no patient in two folds", "passed": False, "detail": "patient *7* is"}]
    run = write_run(tmp_path / "leaky", make_summary() | {"audit": audit}, None)
    page = visit(monkeypatch, tmp_path, run)
    assert "1 of 1 checks failed" in words(page)
    assert any("no patient in two folds,patient *7* is" in one for one in tables(page))
    assert "This run saved no pictures" in words(page)


def test_names_are_never_markup(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    summary: dict[str, Any] = make_summary()
    evil = "![x](https://evil.example/x.png) :red[y] <b>"
    summary["data"]["classes"] = [evil, *CLASSES[1:]]
    summary["audit"][0] |= {"check": evil, "passed": False}
    run = write_run(tmp_path / "evil", summary, make_samples())
    page = visit(monkeypatch, tmp_path, run)
    assert not page.exception
    raw = "\n".join(str(one.value) for one in page.markdown) + "".join(one.value.to_csv() for one in page.table)
    assert "![x]" not in raw
    assert ":red[y]" not in raw
    assert "<b>" not in block(page)


@pytest.mark.parametrize("text", ["{", '{"title": "old"}'])
def test_a_damaged_run_is_a_sentence_and_a_log_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    run = write_run(tmp_path / "run", make_summary(), None)
    (run / "results" / "summary.json").write_text(text)
    with caplog.at_level(logging.WARNING, "medgan_fashion.studio"):
        page = visit(monkeypatch, tmp_path, run)
    assert not page.exception
    assert page.error[0].value.startswith("That did not work: ")
    assert "Ablation: " in caplog.text


def test_pictures_of_another_study_are_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    samples = {"f0_real": np.zeros((2, 2, 8, 8), np.uint8)}
    page = visit(monkeypatch, tmp_path, write_run(tmp_path / "run", make_summary(), samples))
    assert "must have one row per class" in words(page)


def test_where_no_run_was_named_a_sample_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = visit(monkeypatch, tmp_path)
    assert not page.exception
    assert "There is no study yet, so we are making a sample" in words(page)
