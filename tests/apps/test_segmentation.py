"""Page 5 on a segmentation run: its verdict first, its grid and curves, images with their outlines."""

import json
from pathlib import Path

import pytest

from medgan_fashion.medical.study.run import run_study
from tests.apps.test_ablation import block, tables, visit, words
from tests.made_once import made_once
from tests.medical.segmentation.test_chain import STUDY


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real run; no test may change it."""
    return made_once(tmp_path_factory, "segmented", lambda folder: run_study(None, folder, STUDY, processes=0))


def test_a_segmentation_run_from_its_verdict_to_its_pictures(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, run: Path
) -> None:
    page = visit(monkeypatch, tmp_path, run)
    assert not page.exception
    assert not page.error
    summary = json.loads((run / "results" / "summary.json").read_text())
    assert summary["verdict"]["sentence"].split(":")[0] in block(page)
    grid = tables(page)[0].splitlines()
    assert len(grid) == 1 + len(summary["cells"])
    assert sum(",tested," in line for line in grid) == sum(",comparator," in line for line in grid) == 1
    assert len(page.get("plotly_chart")) == 2 * 2
    said = words(page)
    for one in ("Outlines found on unseen images", "outline in green", "checks that test patients stayed unseen"):
        assert one in said
    pictures = [one.proto.imgs[0] for one in page.get("image")]  # type: ignore[attr-defined]
    assert pictures
    assert all(one.alt for one in pictures)


def test_a_summary_that_lacks_something_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, run: Path
) -> None:
    summary = json.loads((run / "results" / "summary.json").read_text())
    (tmp_path / "old" / "results").mkdir(parents=True)
    kept = {key: value for key, value in summary.items() if key != "cells"}
    (tmp_path / "old" / "results" / "summary.json").write_text(json.dumps(kept))
    page = visit(monkeypatch, tmp_path, tmp_path / "old")
    assert not page.exception
    assert "no 'cells'" in words(page)
