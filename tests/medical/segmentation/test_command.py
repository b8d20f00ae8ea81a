"""`run lesion_segmentation` as a person at a terminal has it."""

from pathlib import Path

import pytest

from medgan_fashion.cli.main import main

SMALL = ["image.size=[16,16]", "folds=2", "repeats=1", "phantom_patients=12"]
SMALL += ["segmenter.depth=2", "segmenter.updates=4"]


def _run(tmp_path: Path, *words: str, small: list[str] = SMALL) -> int:
    settings = [word for setting in small for word in ("--set", setting)]
    return main(["run", "lesion_segmentation", "--out", str(tmp_path / "run"), "--processes", "1", *settings, *words])


def test_a_dry_run_says_what_it_would_cost_and_trains_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(tmp_path, "--dry-run") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "12 patients" in said
    assert "8 GANs, 48 U-Nets; about" in said
    assert "2 joint GANs x" in said
    assert not (tmp_path / "run" / "stages" / "train_pairs").exists()


def test_refusals_are_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "cases.csv"
    table.write_text("image,label,patient\nnowhere.png,a,p\n")
    for words, said in (
        (["--data", "nowhere.csv"], "no case table at nowhere.csv"),
        (["--data", f"films={table}"], "has no input 'films'"),
        (["--data", str(table)], "rows of cases.csv cannot be used"),
        (["--set", "segmenter.updatez=3"], "unknown key 'segmenter.updatez'"),
    ):
        assert _run(tmp_path, *words) == 2
        error = capsys.readouterr().err
        assert said in error
        assert error.count("\n") == 1
