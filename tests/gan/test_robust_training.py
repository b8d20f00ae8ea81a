"""Adversarial training: on PGD examples and on pairs of a generator's images."""

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from medgan_fashion.gan.robustness.attacks import Attack, pgd
from medgan_fashion.gan.robustness.aware import manifold_pairs
from medgan_fashion.gan.robustness.defence import accuracy
from medgan_fashion.gan.robustness.robust_training import RobustTraining, robust_loss, train_robust
from tests.gan.digits import classifier, components, digits


def test_training_on_attacked_images_withstands_them_better() -> None:
    net, (images, labels) = classifier(hardened=True), digits("test")
    attack = Attack(0.1, steps=20)
    plain = accuracy(classifier(), pgd(classifier(), images, labels, attack), labels)
    assert accuracy(net, pgd(net, images, labels, attack), labels) > plain + 0.2
    assert accuracy(net, images, labels) > 0.9


def test_robust_training_is_repeatable_and_its_terms_add_up() -> None:
    images, labels = digits("train")
    how = RobustTraining(3, batch=16, attack=Attack(0.1, steps=2), clean_weight=0.5)
    nets = [nn.Sequential(nn.Flatten(), nn.Dropout(0.2), nn.Linear(64, 10)) for _ in range(2)]
    nets[1].load_state_dict(nets[0].state_dict())
    before = torch.random.get_rng_state()
    rows = [train_robust(net, images, labels, how, seed=1) for net in nets]
    assert torch.equal(before, torch.random.get_rng_state())
    assert rows[0] == rows[1]
    assert set(rows[0][0]) == {"attacked", "clean"}
    assert not nets[0].training
    terms = robust_loss(nets[0], images[:8], labels[:8], how, seed=0)
    torch.testing.assert_close(terms["clean"], 0.5 * cross_entropy(nets[0](images[:8]), labels[:8]))
    assert float(terms["attacked"].detach()) > 2 * float(terms["clean"].detach())
    with pytest.raises(ValueError, match="give a spanner"):
        train_robust(nets[0], images, labels, RobustTraining(1, pair_weight=1.0), seed=0)


def test_training_on_pairs_pulls_them_together() -> None:
    images, labels = digits("train")
    how = RobustTraining(1, pair_weight=0.5, pair_epsilon=0.5, pairs=8)
    terms = robust_loss(classifier(), images[:8], labels[:8], how, 3, components())
    found = manifold_pairs(components(), classifier(), 8, 0.5, how.climb, seed=3)
    torch.testing.assert_close(terms["pairs"], 0.5 * found.cross_entropy.mean())
    assert set(terms) == {"clean", "pairs"}
    assert terms["pairs"].requires_grad
