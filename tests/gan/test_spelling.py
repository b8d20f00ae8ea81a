"""What the first version wrote is read, and keys made of recipes are what they were: nothing is computed again."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from medgan_fashion.base.plain import added, from_plain, to_plain
from medgan_fashion.gan import (
    NETWORK_CONFIGS,
    RECIPES,
    BigGANConfig,
    DCGANConfig,
    NetworkConfig,
    Recipe,
    changed_recipe,
)
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
    nets = changed_recipe("pix2pix", {"networks": {"kind": "resnet", "depth": 6, "norm_g": "batch"}}).networks
    assert nets == RECIPES["cyclegan"].networks
    both = changed_recipe("dcgan", {"stabilise": {"lecam": 0.1}, "regularization": {"orthogonal": 0.2}}).regularization
    assert (both.lecam, both.orthogonal) == (0.1, 0.2)


@pytest.mark.parametrize(
    ("name", "unread"),
    [
        ("biggan", {"norm_d": "none", "init": "he"}),
        ("sgan", {"norm_d": "none"}),
        ("dvbpr_lsgan", {"kernel": 5}),
        ("dcgan", {"given": 0, "skip_z": False}),
        ("pix2pix", {"norm_g": "batch", "minibatch_deviation": False}),
        ("cyclegan", {"norm_d": "batch"}),
    ],
)
def test_what_a_kind_never_read_may_stand_in_an_old_file(name: str, unread: dict[str, Any]) -> None:
    assert changed_recipe(name, {"networks": unread}) == RECIPES[name]


def test_another_kind_keeps_what_both_take() -> None:
    row = changed_recipe("biggan", {"networks": {"kind": "dcgan", "condition_g": "concat", "skip_z": False}})
    assert row.networks == DCGANConfig(
        max_width=256,
        norm_d="none",
        init="he",
        spectral_norm=True,
        attention=16,
        condition_g="concat",
        condition_d="projection",
    )
    slim = changed_recipe("mlp_gan", {"networks": {"kind": "dcgan"}}).networks
    assert slim == DCGANConfig(width=256, norm_g="none", norm_d="none", init="he")


@pytest.mark.parametrize(
    ("name", "kind", "lost"),
    [
        ("cgan", "dvbpr", "condition_g multiply"),
        ("biggan", "dcgan", "condition_g norm"),
        ("small_spade", "dcgan", "given 1"),
        ("sagan", "mlp", "attention 16"),
        ("sgan_dcgan", "biggan", "noise 0.3"),
    ],
)
def test_another_kind_does_not_lose_what_the_row_is_about(name: str, kind: str, lost: str) -> None:
    with pytest.raises(ValueError, match=f"networks.kind {kind} has no {lost}"):
        changed_recipe(name, {"networks": {"kind": kind}})


def test_networks_that_are_no_mapping_are_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="'networks' is 'dcgan'; it must be a mapping"):
        changed_recipe("dcgan", {"networks": "dcgan"})
    with pytest.raises(ValueError, match=r"'networks\.kind' is \['mlp'\] \(list\); it must be str"):
        changed_recipe("dcgan", {"networks": {"kind": ["mlp"]}})


def test_a_kind_of_one_s_own_has_any_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True)
    class Mine(NetworkConfig):
        kind: str = "mine"
        depth: int | None = None
        levels: tuple[int, ...] = (1,)

    monkeypatch.setitem(NETWORK_CONFIGS, "mine", Mine)
    row = Recipe(networks=Mine(depth=3, levels=(2, 5)))
    assert changed_recipe(row, {"networks": {"depth": 4}}).networks == Mine(depth=4, levels=(2, 5))


@dataclass(frozen=True)
class Later(Recipe):
    """A recipe of a version that has one more field, and one that thought better of its default."""

    shine: float = added(0.5, absent=0.0)


def test_a_field_that_comes_later_changes_no_key_and_is_read_as_absent() -> None:
    row = RECIPES["dcgan"]
    fields = {f.name: getattr(row, f.name) for f in dataclasses.fields(row)}
    assert first_spelling(Later(**fields, shine=0.0)) == first_spelling(row)
    assert first_spelling(Later(**fields)) == first_spelling(row) | {"shine": 0.5}
    assert from_plain(Later, to_plain(row), stored=True) == Later(**fields, shine=0.0)
