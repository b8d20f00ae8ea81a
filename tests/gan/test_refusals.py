"""Pieces that do not fit are refused before the first step, in a sentence that names both."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from medgan_fashion.gan import RECIPES, train
from medgan_fashion.gan.recipe.spec import Recipe, rules
from medgan_fashion.gan.recipe.table import changed_recipe
from medgan_fashion.gan.training.data import Domains

IMAGES = np.random.default_rng(0).random((24, 1, 16, 16)).astype(np.float32)
LABELS = np.arange(24) % 3
COLOURS = np.repeat(IMAGES, 3, axis=1)

# row, changes, the two pieces that the sentence names
RECIPE_SENTENCES: list[tuple[str, dict[str, Any], str, str]] = [
    ("dcgan", {"batch": 0}, "batch is 0", "1 or more"),
    ("dcgan", {"n_critic": 0}, "n_critic is 0", "1 or more"),
    ("dcgan", {"networks": {"max_width": -4}}, "networks.max_width is -4", "1 or more"),
    ("dcgan", {"networks": {"width": 0}}, "networks.width is 0", "1 or more"),
    ("dcgan", {"latent": {"size": 0}}, "latent.size is 0", "1 or more"),
    ("dcgan", {"penalties": [{"name": "r1"}]}, "penalties[0].weight", "PenaltyRow"),
    ("mlp_gan", {"networks": {"attention": 8}}, "networks.attention", "networks.kind mlp"),
    ("dcgan", {"networks": {"skip_z": True}}, "networks.skip_z", "networks.kind dcgan"),
    ("progan", {"networks": {"noise": 0.5}}, "networks.noise", "networks.kind progressive"),
    ("progan", {"networks": {"minibatch_discrimination": True}}, "networks.minibatch_discrimination", "progressive"),
    ("dcgan", {"networks": {"kind": "progressive"}}, "networks.kind progressive", "growth"),
    ("dcgan", {"growth": {"phase_images": [8]}}, "networks.kind progressive", "growth"),
    ("dcgan", {"networks": {"kind": "unet"}}, "networks.kind unet", "networks.given"),
    ("dcgan", {"networks": {"given": 1}}, "networks.given has no place", "networks.kind dcgan"),
    ("dcgan", {"networks": {"condition_g": "onehot"}}, "networks.condition_g onehot", "networks.kind dvbpr"),
    ("dvbpr_lsgan", {"networks": {"condition_d": "projection"}}, "networks.condition_d projection", "not dvbpr"),
    ("cgan", {"networks": {"condition_g": "norm"}}, "networks.condition_g norm", "networks.kind biggan"),
    ("dcgan", {"classify": {"real": 1.0}}, "networks.condition_d none", "classify"),
    ("dcgan", {"networks": {"condition_d": "classes"}}, "networks.condition_d classes", "classify = None"),
    ("vae", {"relativistic": "average"}, "autoencoding", "relativistic"),
    ("vae", {"penalties": [{"name": "r1", "weight": 1.0}]}, "autoencoding", "penalties"),
    ("vae", {"augment": ["flip"]}, "autoencoding", "augment"),
    ("vae", {"regularization": {"lecam": 0.1}}, "autoencoding", "regularization"),
    ("vae", {"translation": {"paired": True}}, "autoencoding", "translation"),
    ("dcgan", {"translation": {"paired": True}}, "translation", "networks.given"),
    ("cyclegan", {"networks": {"condition_d": "plane"}}, "CycleGAN", "condition_d"),
    ("cyclegan", {"regularization": {"lecam": 0.1}}, "CycleGAN", "regularization"),
    ("dcgan", {"regularization": {"ada_target": 0.6}}, "regularization.ada_target", "augment"),
    ("ragan", {"regularization": {"replay_critics": 3}}, "regularization.replay_critics", "relativistic average"),
    ("progan", {"regularization": {"replay_fakes": 64}}, "regularization.replay_fakes", "growth"),
    ("vae_dcgan", {"networks": {"minibatch_deviation": True}}, "autoencoding", "networks.minibatch_deviation"),
    (
        "small",
        {"regularization": {"ada_target": 0.6}},
        "regularization.ada_target",
        "relativistic paired",
    ),
    ("progan", {"regularization": {"replay_critics": 3}}, "replay_critics", "growth"),
    (
        "cgan",
        {"regularization": {"replay_fakes": 64}, "penalties": [{"name": "r2", "weight": 1.0}]},
        "regularization.replay_fakes",
        "r2",
    ),
    ("pix2pix", {"networks": {"condition_g": "concat"}}, "translation", "condition_g"),
    ("dcgan", {"regularization": {"adversarial": 0.0}}, "regularization.adversarial", "feature_matching"),
]

# row, changes, data, labels, the two pieces
DATA_SENTENCES: list[tuple[str, dict[str, Any], Any, Any, str, str]] = [
    ("dcgan", {"networks": {"condition_d": "projection"}}, IMAGES, None, "condition_d projection", "no labels"),
    ("biggan", {}, IMAGES, None, "condition_g norm", "no labels"),
    ("dcgan", {}, IMAGES[:, :, :15], None, "15x16", "multiples of 8"),
    ("dcgan", {"networks": {"attention": 5}}, IMAGES, None, "networks.attention is 5", "16x16"),
    ("dcgan", {"networks": {"kind": "stylegan"}}, IMAGES, None, "networks.kind 'stylegan'", "biggan"),
    ("acgan", {}, IMAGES, np.where(LABELS == 1, 0, LABELS), "classify", "none of 1"),
    ("sgan", {}, IMAGES, np.where(LABELS == 2, 2, -1), "classify", "none of 0, 1"),
    ("cgan", {}, IMAGES, np.where(LABELS == 2, -1, LABELS), "8 labels are -1", "classify"),
    ("acgan", {}, IMAGES, np.where(LABELS == 2, -1, LABELS), "8 labels are -1", "condition_g none"),
    ("pix2pix", {}, Domains(COLOURS, COLOURS), None, "translation.paired", "Domains"),
    ("pix2pix", {}, Domains(COLOURS[:9], COLOURS, paired=True), None, "9 source images", "24 target"),
    ("cyclegan", {}, COLOURS, None, "CycleGAN", "Domains"),
    ("cyclegan", {}, Domains(COLOURS[..., :8], COLOURS), None, "(16, 8)", "(16, 16)"),
    ("cyclegan", {}, Domains((COLOURS * 255).astype(np.uint8), COLOURS), None, "uint8", "float32"),
    ("cyclegan", {}, Domains(COLOURS, IMAGES), None, "translation.identity", "3 channels"),
    ("dcgan", {}, Domains(IMAGES, IMAGES), None, "Domains", "networks.given is 0"),
    ("pix2pix", {}, Domains(IMAGES, COLOURS, paired=True), None, "given images have 1 channels", "networks.given is 3"),
    ("small_spade", {}, Domains(IMAGES, IMAGES), None, "kind spade", "not paired"),
    ("pix2pix", {}, IMAGES, None, "networks.given is 3", "1 channels"),
    ("wgan_gp", {"label_smoothing": 0.1}, IMAGES, None, "label smoothing", "cross-entropy"),
    ("dcgan", {"penalties": [{"name": "r3", "weight": 1.0}]}, IMAGES, None, "penalty 'r3'", "r1"),
    ("dcgan", {"objective": "logistic"}, IMAGES, None, "objective 'logistic'", "hinge"),
    ("progan", {}, lambda seed, i: IMAGES, None, "growth.batches", "a Dataset"),
]


@pytest.mark.parametrize(("row", "changes", "one", "other"), RECIPE_SENTENCES)
def test_a_recipe_whose_pieces_do_not_fit(row: str, changes: dict[str, Any], one: str, other: str) -> None:
    with pytest.raises(ValueError, match=re.escape(one)) as refusal:
        changed_recipe(row, changes)
    assert other in str(refusal.value)


def test_every_rule_on_recipes_is_met_above(monkeypatch: pytest.MonkeyPatch) -> None:
    met: set[int] = set()

    def noted(recipe: Recipe) -> list[tuple[bool, str]]:
        found = rules(recipe)
        met.update([i for i, (wrong, _) in enumerate(found) if wrong][:1])
        return found

    monkeypatch.setattr("medgan_fashion.gan.recipe.spec.rules", noted)
    for row, changes, one, _ in RECIPE_SENTENCES:
        with pytest.raises(ValueError, match=re.escape(one)):
            changed_recipe(row, changes)
    assert met == set(range(len(rules(Recipe()))))


def test_no_row_of_the_table_is_a_misfit() -> None:
    assert not [name for name, recipe in RECIPES.items() if any(wrong for wrong, _ in rules(recipe))]


@pytest.mark.parametrize(("row", "changes", "data", "labels", "one", "other"), DATA_SENTENCES)
def test_a_recipe_and_data_that_do_not_fit(
    row: str, changes: dict[str, Any], data: Any, labels: Any, one: str, other: str
) -> None:
    steps: list[int] = []
    with pytest.raises(ValueError, match=re.escape(one)) as refusal:
        train(
            changed_recipe(row, changes), data, labels=labels, images_seen=100_000, check_every=1, progress=False,
            callbacks=[lambda progress: steps.append(progress.images_seen)],
        )  # fmt: skip
    assert other in str(refusal.value)
    assert not steps  # before the first step


def test_a_call_that_can_show_nothing_is_refused_before_a_folder_is_made(tmp_path: Path) -> None:
    def asked(**how: Any) -> None:
        train("dcgan", IMAGES, **({"images_seen": 16, "out": tmp_path / "out", "progress": False} | how))

    for how, sentence in (
        ({"images_seen": 0}, "images_seen is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"labels": ["cat"] * 24}, "labels are <U3; give numbers from 0"),
        ({"device": "abacus"}, "unknown device 'abacus'; give cpu or cuda"),
    ):
        with pytest.raises(ValueError, match=sentence):
            asked(**how)
    with pytest.raises(ValueError, match="data is the path 'lesions'; give what lies there"):
        train("dcgan", "lesions", images_seen=16, out=tmp_path / "out", progress=False)
    row = RECIPES["dcgan"]
    wrong = replace(row, networks=replace(row.networks, norm_d="bach"))  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match=r"networks\.norm_d' is 'bach'; it must be one of"):
        train(wrong, IMAGES, images_seen=16, out=tmp_path / "out", progress=False)
    assert not (tmp_path / "out").exists()


def test_a_model_says_what_it_is_not_given() -> None:
    small = {"networks": {"width": 4, "max_width": 8}}
    model = train(changed_recipe("cgan", small), IMAGES, labels=LABELS, images_seen=64, progress=False).model
    for ask in (
        lambda: model.synthesize(torch.zeros(2, model.latent.size)),
        lambda: model.discriminate(torch.zeros(2, 1, 16, 16)),
    ):
        with pytest.raises(ValueError, match="told its classes; give y"):
            ask()
    with pytest.raises(ValueError, match="0 images were asked for"):
        model.generate(0)
    with pytest.raises(ValueError, match=rf"z has shape \(2, 3\); this model's is \(N, {model.latent.size}\)"):
        model.synthesize(torch.zeros(2, 3), torch.tensor([0, 1]))
