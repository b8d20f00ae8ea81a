"""The command `power` on a run's summary and on stated figures."""

import json
from pathlib import Path
from typing import Any

import pytest

from medgan_fashion.cli.main import main
from medgan_fashion.medical.study.finished import doubts, pilot_of, read_pilot
from tests.report.conftest import make_summary


@pytest.fixture
def run(tmp_path: Path) -> Path:
    summary = make_summary()
    summary["config"] |= {"repeats": 3}
    summary["verdict"]["components"] |= {"noise": 0.00004}
    _write(tmp_path / "run", summary)
    return tmp_path / "run"


def _write(run: Path, summary: dict[str, Any]) -> None:
    (run / "results").mkdir(parents=True, exist_ok=True)
    (run / "results" / "summary.json").write_text(json.dumps(summary))


def test_a_run_s_variances_are_taken_as_they_are(run: Path) -> None:
    pilot = pilot_of(read_pilot(run), 0.02)
    assert (pilot.patients, pilot.repeats, pilot.noise) == (0.00021, 0.00011, 0.00004)
    assert (pilot.n_patients, pilot.n_scarcest, pilot.n_repeats) == (122, 38, 3)
    spread = pilot.spread()
    assert spread.parts(122, 3) == pytest.approx((0.00021, 0.00011))
    assert spread.per_repeat == pytest.approx(0.00007 * 3)


def test_the_command_says_patients_range_and_doubts(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["power", str(run), "--difference", "0.05", "--repeats", "10"]) == 0
    said = capsys.readouterr().out
    assert "122 patients, 3 repeats; real+classic+gan against real+classic" in said
    assert "to show 5 points with 80 % power and 10 repeats: " in said
    assert "(range " in said
    assert "3 repeats   5 repeats  10 repeats" in said
    assert "never on it" in said
    assert main(["power", str(run), "--difference", "0.02", "--repeats", "2"]) == 0
    assert "no number of patients would do" in capsys.readouterr().out


def test_one_repeat_an_older_run_and_no_patients_are_told(run: Path) -> None:
    summary = read_pilot(run)
    summary["config"]["repeats"], summary["data"]["grouping"] = 1, "none"
    told = " ".join(doubts(summary, pilot_of(summary, 0.03)))
    assert "was taken as 3 points" in told
    assert "name no patients" in told
    del summary["verdict"]["components"]["noise"]
    summary["config"]["repeats"] = 3
    assert "older version" in " ".join(doubts(summary, pilot_of(summary, 0.03)))


def test_stated_figures(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--accuracy", "0.8", "--correlation", "0.5", "--repeats", "5", "--repeat-sd", "0.02"]
    assert main(["power", *words]) == 0
    said = capsys.readouterr().out
    assert "of two minds on 16.0 %" in said
    assert "to show 5 points with 80 % power and 5 repeats: 794 patients" in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "give either the folder of a finished run or --accuracy"),
        (["RUN", "--accuracy", "0.8"], "not both"),
        (["nowhere"], "does not exist"),
        (["--accuracy", "1.5"], "accuracy 1.5 must lie between 0 and 1"),
        (["--accuracy", "0.8", "--power", "1.2"], "--power 1.2 must lie between 0.025 and 1"),
        (["RUN", "--power", "0"], "--power 0 must lie between"),
        (["RUN", "--difference", "-0.1"], "--difference -0.1 must lie between 0 and 1"),
        (["RUN", "--difference", "0"], "--difference 0 must lie between 0 and 1"),
        (["--accuracy", "0.8", "--difference", "0"], "--difference 0 must lie between 0 and 1"),
        (["--accuracy", "0.8", "--difference", "5"], "0.05 stands for 5 points"),
        (["RUN", "--repeats", "0"], "--repeats 0 must be at least 1"),
        (["--accuracy", "0.8", "--repeats", "0"], "--repeats 0 must be at least 1"),
        (["RUN", "--repeat-sd", "-0.02"], "--repeat-sd -0.02 must be at least 0"),
    ],
)
def test_refusals_are_one_sentence(
    run: Path, words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["power", *(str(run) if word == "RUN" else word for word in words)]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1


def test_a_segmentation_study_has_one_group_of_patients(run: Path) -> None:
    summary = read_pilot(run) | {"chain": "lesion_segmentation"}
    assert pilot_of(summary, 0.02).n_scarcest == 122
    del summary["arms"]  # it has none
    _write(run, summary)
    assert read_pilot(run)["data"]["patients"] == 122


def test_a_run_of_garments_is_no_pilot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(tmp_path, {"chain": "garments"})
    assert main(["power", str(tmp_path)]) == 2
    assert "no verdict to plan from" in capsys.readouterr().err
