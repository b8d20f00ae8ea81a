"""What a run of garments writes beside its page, what it must not say when shared, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from medgan_fashion.report.garments.pictures import garment
from medgan_fashion.report.write import write_report
from tests.report.garments_fixture import SECRET, garments, make_pictures, make_summary, write_run
from tests.report.garments_reading import Page


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole run that no test may change."""
    summary = make_summary()
    return write_run(tmp_path_factory.mktemp("garments") / "run", summary, make_pictures(summary))


@pytest.fixture(scope="module")
def page(run: Path) -> Page:
    return Page(write_report(run))


@pytest.fixture(scope="module")
def shared(run: Path) -> Page:
    return Page(write_report(run, shareable=True))


def test_a_shared_page_names_no_customer_and_nothing_bought(run: Path, page: Page, shared: Page) -> None:
    for file in (run / "report_shareable").iterdir():
        text = file.read_text()
        for secret in (SECRET, "C-0000000001", "hospital/", "0815", "secret/00417"):
            assert secret not in text
    assert "Bought before" in page.text
    assert "Bought before" not in shared.text
    bought = garment(garments(1, 0)[0], "real", "", small=True).src
    assert bought in page.html
    assert bought not in shared.html
    assert "Left out: customers' pseudonyms" in shared.text
    assert "Customer 2" in shared.text
    assert "00413" in shared.text  # what is recommended stays


def test_table_and_data_are_written(run: Path, page: Page) -> None:
    rows = list(csv.DictReader(io.StringIO((run / "report" / "report.csv").read_text())))
    assert [(r["model"], r["setting"]) for r in rows][-1] == ("dvbpr", "cold")
    assert float(rows[-1]["auc"]) == 0.688
    assert json.loads((run / "report" / "report.json").read_text())["trade_off"][2]["eta"] == 1.0


@pytest.mark.parametrize("cut", ["design", "trade_off", "findings"])
def test_a_missing_part_is_named(tmp_path: Path, cut: str) -> None:
    summary = make_summary()
    del summary[cut]
    with pytest.raises(ValueError, match=f"'{cut}'"):
        write_report(write_run(tmp_path / "run", summary, None))


def test_a_missing_figure_is_an_incomplete_summary(tmp_path: Path) -> None:
    summary = make_summary()
    del summary["gan"]["kid"]
    with pytest.raises(ValueError, match="incomplete"):
        write_report(write_run(tmp_path / "run", summary, None))


def test_a_shop_without_held_out_photos_gets_a_report(tmp_path: Path) -> None:
    summary = make_summary()
    summary["ranking"] |= {"rows": [], "differences": [], "notes": ["random: nobody bought a held-out item"]}
    kid = dict.fromkeys(("synthetic", "train", "blurred"))
    summary["gan"] |= dict.fromkeys(("agreement_held_out", "near_copies", "neighbour_ratio", "diversity_real"))
    summary["gan"] |= {"kid": kid, "notes": ["0 held-out photos are too few"]}
    summary["inversion"]["limits"] |= {
        "faithful_ssim": 1.0,
        "cannot_ssim": -1.0,
        "photos": 0,
        "shares": {},
        "failed": {},
    }
    summary |= {"known_utility": None, "restyled": [], "customers": []}
    text = Page(write_report(write_run(tmp_path / "run", summary, None))).text
    for said in ("photos: not judged", "0 held-out photos are too few.", "Too few photos were kept from training (0)"):
        assert said in text
    assert "Random order: nobody bought a held-out item" in text
    assert "its true worth was not measured" in text
    assert "−1.00" not in text


def test_figures_that_are_not_known_are_dashes(tmp_path: Path) -> None:
    summary = make_summary()
    unknown = dict.fromkeys(("climbed", "held_out", "judge", "quantile", "realistic", "variety"), float("nan"))
    summary["trade_off"] = [row | unknown for row in summary["trade_off"]]
    summary["gan"]["kid"] = {"synthetic": float("nan"), "train": 0.002, "blurred": 0.06}
    text = Page(write_report(write_run(tmp_path / "run", summary, None))).text
    assert "0.1 – – 0.69" in text
    assert " nan " not in text.lower()
