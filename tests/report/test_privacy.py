"""The report and the model cards say what the screening found; a report that is shared shows no patient."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from medgan_fashion.evaluation.screening.privacy import unscreened
from medgan_fashion.evaluation.screening.thresholds import PrivacyRules
from medgan_fashion.medical.results.schema import check_summary
from medgan_fashion.report.ablation.pictures import write_pairs
from medgan_fashion.report.cards import model_card
from medgan_fashion.report.pictures import tile
from medgan_fashion.report.write import write_report
from tests.full_disk import full_disk
from tests.report.conftest import make_summary, write_run


def row(fold: int, name: str, outcome: str, reason: str, **figures: Any) -> dict[str, Any]:
    counts = {"synthetic": 500, "training_images": 120, "training_patients": 80}
    counts |= {"held_out_images": 61, "held_out_patients": 41}
    attack = {"auc": 0.512, "low": 0.403, "high": 0.62, "tpr": None, "tpr_low": None, "tpr_high": None}
    found = {"counts": counts, "near_copies": 0, "neighbour_ratio": 1.014, "membership": attack | {"null": None}}
    found |= {"authenticity": {"synthetic": 0.876, "held_out": 0.9}, "membership_note": "a rate of 1% needs 100"}
    place = {"name": name, "fold": fold, "repeat": 0, "model_sha256": "ab" * 32}
    card = unscreened("", "patient", PrivacyRules()) | {"outcome": outcome, "reasons": [reason]}
    return card | found | place | figures


def summary_with(outcome: str) -> dict[str, Any]:
    summary = make_summary()
    names = [gan["name"] for gan in summary["gans"]]
    null = {"auc": 0.48, "low": 0.31, "high": 0.66}
    attack = {"auc": 0.93, "low": 0.82, "high": 0.97, "tpr": 0.456, "tpr_low": 0.33, "tpr_high": 0.59, "null": null}
    first = row(0, names[0], outcome, "9 of 500 <drawn> images", near_copies=9, membership=attack, membership_note="")
    last = unscreened("too few & far", "image, not by patient", PrivacyRules())
    last |= {"name": names[1], "fold": 1, "repeat": 0, "model_sha256": None}
    return summary | {"privacy": [first, last]}


@pytest.fixture
def pairs() -> dict[str, np.ndarray]:
    """Pairs of two folds; the first of each is a near copy."""
    rng, found = np.random.default_rng(5), {}
    for fold in range(2):
        for kind in ("synthetic", "train"):
            found[f"f{fold}_privacy_{kind}"] = rng.integers(1, 255, (3, 16, 16)).astype(np.uint8)
        found[f"f{fold}_privacy_distance"] = np.array([0.1, 0.4, 0.5])
        found[f"f{fold}_privacy_copy"] = np.array([True, False, False])
    return found


@pytest.mark.parametrize("outcome", ["blocked", "passed"])
def test_the_section_and_what_may_be_shared(outcome: str, pairs: dict[str, np.ndarray], tmp_path: Path) -> None:
    summary = summary_with(outcome)
    check_summary(summary)
    run = write_run(tmp_path / "run", summary, None)
    np.savez(run / "results" / "samples.npz", **pairs)  # pyright: ignore[reportArgumentType]
    whole = write_report(run).read_text(encoding="utf-8")
    shared = write_report(run, shareable=True).read_text(encoding="utf-8")
    for html in (whole, shared):
        for words in ("no proof of anonymity", "9 of 500 &lt;drawn&gt; images", "too few &amp; far", "Not by patient"):
            assert words in html
        assert "0.93<span" in html
        assert "45.6<span" in html
    assert ("must not be passed on" in whole) == (outcome == "blocked")
    for fold in range(2):
        drawn = [tile(image, "synthetic", "").src for image in pairs[f"f{fold}_privacy_synthetic"]]
        assert all(src in whole for src in drawn)
        kept = not (outcome == "blocked" and fold == 0)
        assert [src in shared for src in drawn] == [False, kept, kept]
        for image in pairs[f"f{fold}_privacy_train"]:
            src = tile(image, "real", "").src
            assert src in whole
            assert src not in shared


def test_a_run_without_screenings_says_so(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", make_summary(), None)
    assert "were not screened for privacy" in write_report(run).read_text(encoding="utf-8")


def test_the_model_card_tells_its_own_gan_s_screening() -> None:
    summary = summary_with("blocked")
    first, second = (model_card(gan, summary["data"], [], summary["privacy"]) for gan in summary["gans"][:2])
    assert "Outcome: **blocked**: 9 of 500 \\<drawn\\> images" in first
    assert "AUC 0.93 (0.82 to 0.97), 0.5 is a coin; 45.6 % recognised (33.0 to 59.0) at 1 %" in first
    assert "cannot prove anonymity" in first
    assert "too few \\& far" in second
    assert "0.93" not in second
    assert "Not screened for privacy." in model_card(summary["gans"][0], summary["data"], [])


def test_a_sheet_shows_the_image_and_not_its_mask(tmp_path: Path) -> None:
    drawn, twins = np.random.default_rng(0).random((2, 8, 2, 20, 16)).astype(np.float32)
    both, alone = (
        write_pairs(tmp_path / f"{n}.png", drawn[:, :n], twins[:, :n], np.arange(8.0)).read_bytes() for n in (2, 1)
    )
    assert both == alone


def test_a_sheet_cut_off_leaves_the_old_one(tmp_path: Path) -> None:
    drawn, twins = np.random.default_rng(0).random((2, 8, 1, 20, 16)).astype(np.float32)
    path = write_pairs(tmp_path / "pairs.png", drawn, twins, np.arange(8.0))
    before = path.read_bytes()
    with full_disk(500), pytest.raises(OSError, match=r"could not write .*pairs\.png"):
        write_pairs(path, twins, drawn, np.arange(8.0))
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["pairs.png"]


def test_a_sheet_of_pairs_says_that_some_are_synthetic(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for channels in (1, 2, 3):
        drawn, twins = (rng.random((8, channels, 20, 16)).astype(np.float32) for _ in range(2))
        with Image.open(write_pairs(tmp_path / "pairs.png", drawn, twins, rng.random(8))) as sheet:
            assert sheet.info["SyntheticData"] == "YES"
            assert sheet.width > 500
