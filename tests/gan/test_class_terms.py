"""What class logits are for, against numbers by hand: the shared head, labels that are missing, ACGAN's four terms."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from medgan_fashion.gan import train
from medgan_fashion.gan.networks.layers import DiscriminatorOutput, OutputHead
from medgan_fashion.gan.recipe.networks import DCGANConfig
from medgan_fashion.gan.recipe.spec import Classify, Recipe, Regularization
from medgan_fashion.gan.schemes.adversarial import class_term
from medgan_fashion.gan.schemes.base import Batch
from medgan_fashion.gan.schemes.table import build_scheme

from .test_recipes import phantoms, tiny
from .test_stabilisers import pair, pixels

ACGAN = Recipe(
    networks=DCGANConfig(condition_g="multiply", condition_d="classes"),
    classify=Classify(real=1.0, fake=0.5, generator=2.0),
)


def test_the_shared_head_says_z_over_z_plus_one() -> None:
    head = OutputHead(2, "shared", 3, lambda module: module)
    assert isinstance(head.classes, nn.Linear)
    head.classes.weight.data = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    head.classes.bias.data.zero_()
    judged = head(torch.tensor([[0.5, -1.0]]), None)
    z = math.exp(0.5) + math.exp(-1.0) + math.exp(-0.5)
    assert float(judged.logits.detach()) == pytest.approx(math.log(z))
    assert float(judged.logits.sigmoid().detach()) == pytest.approx(z / (z + 1))  # Salimans et al. 2016, section 5


def test_images_without_a_label_do_not_count() -> None:
    logits = torch.tensor([[0.0, math.log(3.0)], [5.0, -5.0], [0.0, 0.0]])
    judged = DiscriminatorOutput(torch.zeros(3, 1), logits, torch.zeros(3, 1))
    expected = (math.log(4) + math.log(2)) / 2  # of the first and the last
    assert float(class_term(judged, torch.tensor([0, -1, 1]))) == pytest.approx(expected)
    assert float(class_term(judged, torch.tensor([-1, -1, -1]))) == 0


def test_few_labels_join_the_batch_and_no_fake_is_asked_for_its_class() -> None:
    few = Recipe(networks=DCGANConfig(condition_d="classes"), classify=Classify(real=1.0))
    joined = (pixels(0, 1, 1), torch.tensor([0, 1, 0]))  # the last is told wrong: 20 nats
    batch = Batch(pixels(0, 0, 0), torch.tensor([-1, -1, -1]), 0, 0, labelled=joined)
    terms = build_scheme(few).steps[0].loss(pair(), batch)
    assert set(terms) == {"critic", "classes"}
    assert float(terms["classes"].detach()) == pytest.approx(20 / 3, abs=1e-4)


def test_acgan_s_terms() -> None:
    d_step, g_step = build_scheme(ACGAN).steps
    batch = Batch(pixels(0, 1), torch.tensor([0, 1]), 0, 0)
    networks = pair(g=1.0, d=0.0)  # every fake is of class 1, half of them are asked for it
    d, g = d_step.loss(networks, batch), g_step.loss(networks, batch)
    assert {name: float(v.detach()) for name, v in d.items()} == {
        "critic": pytest.approx(2 * math.log(2)),
        "classes": pytest.approx(0, abs=1e-4),
        "fake classes": pytest.approx(0.5 * 20 / 2, abs=1e-4),
    }
    assert {name: float(v.detach()) for name, v in g.items()} == {
        "generator": pytest.approx(math.log(2)),
        "classes of G": pytest.approx(2.0 * 20 / 2, abs=1e-4),
    }


def test_a_fake_of_the_past_is_asked_for_the_class_it_was_drawn_for() -> None:
    recipe = Recipe(networks=ACGAN.networks, classify=ACGAN.classify, regularization=Regularization(replay_fakes=2))
    kept = {"images": pixels(1, 1), "labels": torch.tensor([1, 1]), "count": torch.tensor(2)}
    batch = Batch(pixels(*[0] * 64), torch.zeros(64, dtype=torch.long), 0, 0, memory={"replay": kept})
    terms = build_scheme(recipe).steps[0].loss(pair(g=0.0), batch)  # fresh: 0 for class 0; past: 1 for class 1
    assert float(terms["fake classes"].detach()) == pytest.approx(0, abs=1e-4)


def test_a_discriminator_that_names_classes_is_averaged_and_older_checkpoints_go_on(tmp_path: Path) -> None:
    images, labels = phantoms()
    few, recipe = np.where(np.arange(24) % 4 == 0, labels, -1), replace(tiny("sgan"), ema_half_life=1_000)
    train(recipe, images, labels=few, images_seen=16, out=tmp_path, progress=False)
    data = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    averaged = data["average"].pop("discriminator")  # as before it was averaged
    assert any(not torch.equal(v, data["networks"]["discriminator"][k]) for k, v in averaged.items())
    torch.save(data, tmp_path / "checkpoint.pt")
    assert train(recipe, images, labels=few, images_seen=32, out=tmp_path, progress=False).exact_resume
    again = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert set(again["average"]) == {"generator", "discriminator"}
