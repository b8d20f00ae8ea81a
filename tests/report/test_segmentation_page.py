"""The page of a segmentation ablation: whole, marked, and without real images where it is to be shared."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.medical.study.run import run_study
from medgan_fashion.report.segmentation import shareable_pictures
from medgan_fashion.report.write import write_report
from tests.made_once import made_once
from tests.medical.segmentation.test_chain import STUDY
from tests.report.garments_reading import Page


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "segmented", lambda folder: run_study(None, folder, STUDY, processes=0))


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


def test_a_shareable_page_keeps_pairs_that_a_gan_drew_and_nothing_of_a_patient(run: Path, tmp_path: Path) -> None:
    page = Page(write_report(run, shareable=True))
    assert "shareable: no real image inside" in page.text
    assert "Left out so that this page can be shared" in page.text
    text = (run / "report_shareable" / "report.html").read_text()
    shown = re.findall(r'<img [^>]*alt="([^"]*)"', text)
    assert any(alt.startswith("synthetic: image and mask drawn together") for alt in shown)
    assert all(alt.startswith("synthetic") for alt in shown), shown
    assert not any("painted" in alt for alt in shown)
    with np.load(run / "results" / "pictures.npz") as stored:
        arrays = {key: stored[key] for key in stored.files}
    rows = json.loads((run / "results" / "summary.json").read_text())["privacy"]
    kept = shareable_pictures(arrays, rows)
    assert set(kept) == {f"{share}_joint_{what}" for share in ("50", "100") for what in ("images", "masks")}
    arrays["100_joint_copies"][:] = True
    assert len(shareable_pictures(arrays, rows)["100_joint_images"]) == 0
    blocked = [row | {"outcome": "blocked"} for row in rows]
    assert not shareable_pictures(arrays, blocked)
    old = {key: array for key, array in arrays.items() if not key.endswith("copies")}
    assert not shareable_pictures(old, rows)  # a run that did not look for copies


def test_every_gan_of_pairs_has_a_card_and_a_screening(run: Path) -> None:
    summary = json.loads((run / "results" / "summary.json").read_text())
    assert {row["generator"] for row in summary["privacy"]} == {"joint", "spade"}
    assert len(summary["privacy"]) == len(summary["gans"])
    for row in summary["privacy"]:
        assert (run / "results" / "privacy" / f"{row['model_sha256']}.json").is_file()
    write_report(run)
    card = (run / "report" / "model_card_joint_GAN_fold1_repeat1.md").read_text()
    assert r"recipe small\_joint" in card
    assert "Outcome: **" in card
    assert "image with mask" in (run / "report" / "data_card_spade_fold1_repeat1.md").read_text()


def test_a_summary_that_lacks_something_is_refused(run: Path, tmp_path: Path) -> None:
    summary = json.loads((run / "results" / "summary.json").read_text())
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "summary.json").write_text(json.dumps({k: v for k, v in summary.items() if k != "cells"}))
    with pytest.raises(ValueError, match="no 'cells'"):
        write_report(tmp_path)
