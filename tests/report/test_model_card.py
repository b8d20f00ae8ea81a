"""Model cards say what a GAN saw and what it is for."""

from __future__ import annotations

from typing import Any

from medgan_fashion.report.cards import card_name, model_card


def test_card_holds_rows_hash_range_figures_and_use(summary: dict[str, Any]) -> None:
    gan = summary["gans"][1] | {"training_images": 121}
    card = model_card(gan, summary["data"], summary["judge"])
    for part in ("121 rows", gan["training_rows"], "[0, 1]", "Not for diagnosis", "metastasis", "collapse"):
        assert part in card
    assert "| KID × 1000 to unseen reals | 45.0 |" in card  # of its own fold
    assert "41.0" not in card
    assert "cyst \\<1 cm \\& thin" in card


def test_card_without_figures(summary: dict[str, Any]) -> None:
    card = model_card(summary["gans"][0] | {"selected": None}, summary["data"], [])
    assert all(part in card for part in ("were not judged", "the last ones", "not recorded"))


def test_card_name_is_a_plain_file_name(summary: dict[str, Any]) -> None:
    gan = summary["gans"][0] | {"name": "../a b/ü"}
    assert card_name(gan) == "model_card_a_b_fold1_repeat1.md"
