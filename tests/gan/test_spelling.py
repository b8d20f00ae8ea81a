"""What the first version wrote is read, and keys made of recipes are what they were: nothing is computed again."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from medgan_fashion.gan import RECIPES, BigGANConfig, DCGANConfig, changed_recipe
from medgan_fashion.gan.recipe.spelling import first_spelling, read_recipe

FIRST = json.loads((Path(__file__).parent / "stored" / "recipes_0_1.json").read_text())


@pytest.mark.parametrize("name", FIRST)
def test_the_first_version_s_rows_are_read_and_spelled_as_then(name: str) -> None:
    assert read_recipe(FIRST[name]) == RECIPES[name]
    assert first_spelling(RECIPES[name]) == FIRST[name]
    assert read_recipe(first_spelling(RECIPES[name])) == RECIPES[name]


def test_a_user_s_changes_may_be_spelled_as_then() -> None:
    row = changed_recipe("dcgan", {"networks": {"kind": "residual", "skip_z": False}, "stabilise": {"lecam": 0.1}})
    assert isinstance(row.networks, BigGANConfig)
    assert row.regularization.lecam == 0.1
    assert changed_recipe("pix2pix", {"networks": {"kind": "resnet", "norm_g": "batch"}}).networks == replace(
        RECIPES["cyclegan"].networks,
        depth=2,  # pyright: ignore[reportCallIssue]
    )


def test_another_kind_keeps_what_both_take() -> None:
    row = changed_recipe("biggan", {"networks": {"kind": "dcgan", "condition_g": "concat"}})
    assert row.networks == DCGANConfig(
        width=64, max_width=256, spectral_norm=True, attention=16, condition_g="concat", condition_d="projection"
    )
