"""Attacks that know of the defence, and those among a generator's own images."""

from dataclasses import replace

import torch
from torch import Tensor

from medgan_fashion.gan.networks.latent import latent_from
from medgan_fashion.gan.recipe.table import Latent
from medgan_fashion.gan.robustness.attacks import Attack, fgsm, pgd, slope_of
from medgan_fashion.gan.robustness.aware import (
    Climb,
    along_tangent,
    aware_attacks,
    aware_pgd,
    aware_slope,
    climbed,
    manifold_attack,
    manifold_pairs,
    strongest,
)
from medgan_fashion.gan.robustness.defence import Defence, accuracy, defended, noise_images, outcome, projected
from tests.gan.digits import ATTACK, SEARCH, classifier, components, defence, digits, onto, unaware


def open_defence() -> Defence:
    """The defence that rejects nothing."""
    return replace(defence(), threshold=float("inf"))


def right(classes: Tensor) -> float:
    return float((classes == digits("test")[1]).float().mean())


def test_projection_helps_against_attacks_that_do_not_know_of_it_and_the_knowing_ones_are_no_weaker() -> None:
    images, labels = digits("test")
    net, without = classifier(), open_defence()
    step, climb = fgsm(net, images, labels, ATTACK), unaware()
    plain = [accuracy(net, x, labels) for x in (images, step, climb)]
    behind = [right(defended(without, x).classes) for x in (images, step, climb)]
    assert plain[0] > plain[1] > plain[2]
    assert behind[1] > plain[1] + 0.1
    assert behind[2] > plain[2] + 0.1
    assert behind[0] > 0.9
    knowing = aware_attacks(without, images, labels, ATTACK, quick=replace(SEARCH, starts=1, candidates=1, steps=8))
    worst, verdicts = strongest(without, labels, [climb, *knowing.values()])
    assert right(defended(without, knowing["along the tangent"]).classes) < behind[2]
    assert right(verdicts.classes) <= behind[2]
    assert float((worst - images).abs().max()) <= ATTACK.epsilon + 1e-6
    assert float(worst.min()) >= 0
    assert float(worst.max()) <= 1


def test_who_knows_the_threshold_is_not_rejected() -> None:
    images, labels = (part[:100] for part in digits("test"))
    attack = replace(ATTACK, epsilon=0.2)
    blind = defended(defence(), pgd(classifier(), images, labels, attack))
    knowing = defended(defence(), aware_pgd(defence(), images, labels, attack))
    assert float(knowing.rejected.float().mean()) < float(blind.rejected.float().mean()) - 0.1
    fooled = [outcome(v.classes, v.rejected, labels).fooled for v in (blind, knowing)]
    assert fooled[1] > fooled[0]


def test_the_slope_of_bpda_is_the_classifiers_at_the_projection() -> None:
    images, labels = (part[:8] for part in digits("test"))
    at = aware_slope(open_defence(), labels, ATTACK)(images)
    expected = slope_of(classifier(), labels)(onto(images))
    torch.testing.assert_close(at.gradient, expected.gradient, atol=1e-3, rtol=1e-2)
    torch.testing.assert_close(at.loss, expected.loss, atol=1e-3, rtol=1e-2)
    # beyond the threshold, as long again a step towards the projection
    away = noise_images(8, (1, 8, 8), (0, 1))
    bold, held = (aware_slope(d, labels, ATTACK)(away) for d in (open_defence(), replace(defence(), threshold=0.1)))
    back = (onto(away) - away) / (onto(away) - away).flatten(1).norm(dim=1)[:, None, None, None]
    unit = bold.gradient / bold.gradient.flatten(1).norm(dim=1)[:, None, None, None]
    torch.testing.assert_close(held.gradient, unit + back, atol=1e-3, rtol=1e-2)
    assert not bool(held.wrong.any())


def test_the_slope_along_the_tangent_is_the_derivative_of_classifier_and_projection() -> None:
    images, labels = (part[:8] for part in digits("test"))
    at = aware_slope(open_defence(), labels, ATTACK, back="tangent")(images)
    expected = slope_of(lambda x: classifier()(onto(x)), labels)(images)  # differentiable: least squares are linear
    torch.testing.assert_close(at.gradient, expected.gradient, atol=2e-3, rtol=2e-2)
    sphere = replace(components(), latent=Latent(14, "sphere"))
    z = latent_from(sphere.latent, torch.randn(8, 14, generator=torch.Generator().manual_seed(0)))
    assert bool(along_tangent(sphere, z, expected.gradient).isfinite().all())


def test_the_worst_of_several_attacks_is_taken_for_each_image() -> None:
    images, labels = (part[:40] for part in digits("test"))
    noise = noise_images(40, (1, 8, 8), (0, 1))
    worst, verdicts = strongest(defence(), labels, [images, unaware()[:40], noise])
    own = [defended(defence(), x) for x in (images, unaware()[:40], noise)]
    harm = torch.stack([(v.classes != labels).int() + ((v.classes != labels) & ~v.rejected).int() for v in own])
    got = (verdicts.classes != labels).int() + ((verdicts.classes != labels) & ~verdicts.rejected).int()
    assert torch.equal(got, harm.amax(0))
    same = harm.amax(0) == harm[0]
    assert torch.equal(worst[same], images[same])


def test_a_lagrangian_finds_a_known_optimum_and_keeps_its_constraint() -> None:
    # max z1 + z2 s.t. |z| <= 2: (1.414, 1.414)
    u = climbed(
        lambda z: z[:, 0].sum(1), lambda z: z[:, 0].norm(dim=1) - 2, Latent(2), torch.zeros(3, 1, 2) + 0.1,
        Climb(steps=400, prior_weight=0.0),
    )  # fmt: skip
    assert float(u[:, 0].norm(dim=1).max()) <= 2
    torch.testing.assert_close(u[:, 0], torch.full((3, 2), 2**0.5), atol=0.05, rtol=0)


def test_pairs_of_the_generators_own_images_lie_within_epsilon_and_are_told_apart() -> None:
    net = classifier()
    for epsilon in (0.2, 1.0):
        found = manifold_pairs(components(), net, 40, epsilon, seed=1)
        assert float(found.distances.max()) <= epsilon
        torch.testing.assert_close(components().decode(found.z[:, 1]), found.second)
        told = net(found.first).argmax(1) != net(found.second).argmax(1)
        assert float(told.float().mean()) > (0.1 if epsilon == 0.2 else 0.7)
        # what the generator draws, it also gives back: no threshold can see these
        assert not bool(defended(defence(), found.second).rejected.any())
    # the cross-entropy of a network made surer has no slope left, its logits have
    sure = manifold_pairs(components(), lambda x: 50 * net(x), 40, 1.0, Climb(loss="margin"), seed=1)
    assert float((net(sure.first).argmax(1) != net(sure.second).argmax(1)).float().mean()) > 0.7
    assert float(sure.distances.max()) <= 1.0
    again = manifold_pairs(components(), net, 40, 1.0, seed=1)
    assert torch.equal(again.z, found.z)
    assert not torch.equal(again.z, manifold_pairs(components(), net, 40, 1.0, seed=2).z)


def test_a_way_along_the_manifold_stays_in_the_ball_and_is_accepted() -> None:
    images, labels = digits("test")
    attack = Attack(1.5, norm="l2")
    start = projected(components(), images, SEARCH).z
    found = manifold_attack(components(), classifier(), images, labels, start, attack, confidence=3.0)
    assert float((found - images).flatten(1).norm(dim=1).max()) <= 1.5 + 1e-5
    verdicts = defended(defence(), found)
    assert right(verdicts.classes) < 0.5
    assert float(verdicts.rejected.float().mean()) < 0.05
