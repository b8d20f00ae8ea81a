"""The page of a segmentation ablation: whole, marked, and without real images where it is to be shared."""

import csv
import json
from pathlib import Path

import pytest

from medgan_fashion.medical.segmentation.run import run_segmentation
from medgan_fashion.report.write import write_report
from tests.made_once import made_once
from tests.medical.segmentation.test_chain import STUDY
from tests.report.garments_reading import Page


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "segmented", lambda folder: run_segmentation(None, folder, STUDY, processes=0))


def test_the_page_says_what_the_summary_holds(run: Path) -> None:
    path = write_report(run)
    page, summary = Page(path), json.loads((run / "results" / "summary.json").read_text())
    assert summary["verdict"]["sentence"] in page.text
    assert "50 %, real+classic+spade" in page.text
    assert "green is the reader's outline" in page.text
    assert len(page.ids) == len(set(page.ids))
    assert {load[1:] for load in page.loads if load.startswith("#")} <= set(page.ids)
    rows = list(csv.DictReader((run / "report" / "report.csv").read_text().splitlines()))
    assert len(rows) == len(summary["cells"])
    assert float(rows[0]["dice"]) == summary["cells"][0]["dice"]["value"]


def test_a_shareable_page_shows_no_picture(run: Path) -> None:
    page = Page(write_report(run, shareable=True))
    assert "shareable: no real image inside" in page.text
    assert "not screened for copies" in page.text
    assert not any(load.startswith("data:image") for load in page.loads)


def test_a_summary_that_lacks_something_is_refused(run: Path, tmp_path: Path) -> None:
    summary = json.loads((run / "results" / "summary.json").read_text())
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "summary.json").write_text(json.dumps({k: v for k, v in summary.items() if k != "cells"}))
    with pytest.raises(ValueError, match="no 'cells'"):
        write_report(tmp_path)
