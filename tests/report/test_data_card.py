"""Data cards: of a folder that `generate` wrote, and of a fold's synthetic set."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medgan_fashion.cli.main import main
from medgan_fashion.report.cards import SetFacts, card_of_files, card_of_fold, data_card, fold_card_name
from medgan_fashion.report.write import write_report


@pytest.fixture
def made() -> dict[str, Any]:
    return {
        **{"repeat": 0, "fold": 0, "images": 30, "shape": [1, 32, 32], "made_by": [], "training_rows": "abc123"},
        "per_class": [{"class": "cyst <1 cm & thin", "images": 10}, {"class": "metastasis", "images": 20}],
        "models": [{"name": "k1", "sha256": "f" * 64}],
    }


def test_a_fold_s_card_names_models_rows_classes_and_figures(summary: dict[str, Any], made: dict[str, Any]) -> None:
    card = card_of_fold(made, summary)
    for part in ("f" * 64, "abc123", "30 synthetic medical images", "metastasis: 20", "Fold 1, repeat 1"):
        assert part in card
    assert "| KID × 1000 to unseen reals | 41.0 |" in card
    assert "**Mind:** 1 near copies" in card
    assert "cyst \\<1 cm \\& thin: 10" in card
    assert "Not for diagnosis" in card
    assert "Not screened for privacy." in card
    assert "No gate looked" in card
    assert "secret/" not in card
    assert "hospital/" not in card
    assert fold_card_name(made) == "data_card_fold1_repeat1.md"


def test_gate_and_screening_of_the_same_fold_are_told(summary: dict[str, Any], made: dict[str, Any]) -> None:
    blocked = {"repeat": 0, "fold": 0, "outcome": "blocked", "reasons": ["6 near copies"], "screening": "no proof"}
    other = blocked | {"fold": 1, "reasons": ["of another fold"]}
    card = card_of_fold(made, summary | {"privacy": [blocked, other], "judge": []})
    assert "Screening: **blocked**" in card
    assert "6 near copies" in card
    assert "another fold" not in card.split("## Privacy")[1]
    assert "Not judged" in card


def test_a_planted_set_says_who_made_it(summary: dict[str, Any], made: dict[str, Any]) -> None:
    card = card_of_fold(made | {"models": [], "made_by": ["planted copies"]}, summary)
    assert "Made by: planted copies" in card


def test_the_report_writes_one_per_set(run: Path, summary: dict[str, Any], made: dict[str, Any]) -> None:
    sets = [made, made | {"fold": 1}]
    (run / "results" / "summary.json").write_text(json.dumps(summary | {"synthetic_sets": sets}))
    names = {path.name for path in write_report(run).parent.glob("data_card_*")}
    assert names == {"data_card_fold1_repeat1.md", "data_card_fold2_repeat1.md"}


def test_a_card_of_generated_files_is_made_of_their_json(tmp_path: Path) -> None:
    images = np.random.default_rng(0).random((24, 1, 16, 16), dtype=np.float32)
    np.savez(tmp_path / "data.npz", images=images, labels=np.arange(24) % 2, classes=np.array(["x_y", "z"]))
    assert main(["train", str(tmp_path / "data.npz"), "--out", str(tmp_path / "gan"), "--images-seen", "64"]) == 0
    model = str(tmp_path / "gan" / "model.safetensors")
    assert main(["generate", model, "--out", str(tmp_path / "made"), "--n", "5"]) == 0
    about = json.loads((tmp_path / "made" / "synthetic.json").read_text())
    card = card_of_files(about, 5)
    assert about["model_sha256"] in card
    assert "5 synthetic medical images" in card
    assert "- x\\_y: 3" in card
    assert "SyntheticData" in card
    assert "_mask.png" not in card
    assert "_mask.png" in card_of_files({**about, "masks": ["synthetic_00000_mask.png"]}, 5)
    garments = card_of_files({**about, "labels": None}, 5, medical=False)
    assert "not named: 5" in garments
    assert "cannot be bought" in garments


def test_every_section_stands_even_when_nothing_was_measured() -> None:
    card = data_card(SetFacts("medical images", {"a": 1}, ["- Model: m"], ["marked"]))
    for title in ("Where they come from", "Classes", "Intended use", "Not to be used for", "Figures", "Privacy"):
        assert f"## {title}" in card
