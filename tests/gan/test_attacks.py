"""FGSM and PGD where the answer is known in closed form, within their balls, from their seeds."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from medgan_fashion.gan.robustness.attacks import Attack, fgsm, into_ball, margin, pgd, random_start, slope_of, steady
from medgan_fashion.gan.robustness.defence import accuracy
from tests.gan.digits import classifier, digits

EPSILON = 0.1


def linear(seed: int = 0) -> tuple[Tensor, nn.Module]:
    """Weights w (3, 4) and two classes of logits (0, w x + 0.1): class 0's loss climbs along w, 1's against it."""
    w = torch.randn(12, generator=torch.Generator().manual_seed(seed)).reshape(1, 3, 4)

    class Linear(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            score = (images * w).flatten(1).sum(1) + 0.1
            return torch.stack([torch.zeros_like(score), score], 1)

    return w, Linear()


def middle(n: int = 4) -> Tensor:
    """Images with room for EPSILON to both sides of every number."""
    return 0.3 + 0.4 * torch.rand(n, 1, 3, 4, generator=torch.Generator().manual_seed(1))


LABELS = torch.tensor([0, 1, 0, 1])
AGAINST = torch.tensor([1.0, -1.0, 1.0, -1.0])


def test_fgsm_of_a_linear_classifier_is_the_sign_of_its_weights() -> None:
    w, classify = linear()
    images = middle()
    found = fgsm(classify, images, LABELS, Attack(EPSILON))
    torch.testing.assert_close(found - images, EPSILON * AGAINST[:, None, None, None] * w.sign().expand(4, 1, 3, 4))
    moved = classify(found)[:, 1] - classify(images)[:, 1]
    torch.testing.assert_close(moved, EPSILON * AGAINST * w.abs().sum())


def test_in_l2_the_step_lies_along_the_weights() -> None:
    w, classify = linear()
    images = middle()
    found = fgsm(classify, images, LABELS, Attack(EPSILON, norm="l2"))
    torch.testing.assert_close(
        found - images, EPSILON * AGAINST[:, None, None, None] * (w / w.norm()).expand(4, 1, 3, 4)
    )
    moved = classify(found)[:, 1] - classify(images)[:, 1]
    torch.testing.assert_close(moved, EPSILON * AGAINST * w.norm())


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("loss", ["cross_entropy", "margin"])
def test_pgd_reaches_the_same_bound_from_random_starts(norm: str, loss: str) -> None:
    w, classify = linear()
    images = middle()
    attack = Attack(EPSILON, norm, steps=40, restarts=2, step_size=EPSILON, loss=loss)  # type: ignore[arg-type]
    moved = classify(pgd(classify, images, LABELS, attack))[:, 1] - classify(images)[:, 1]
    bound = w.abs().sum() if norm == "linf" else w.norm()
    torch.testing.assert_close(moved, EPSILON * AGAINST * bound, rtol=2e-3, atol=0)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_neither_the_ball_nor_the_range_is_left(norm: str) -> None:
    net, (images, labels) = classifier(), digits("test")
    for value_range, scale in (((0.0, 1.0), 1.0), ((-1.0, 3.0), 4.0)):
        scaled = images[:40] * scale + value_range[0]
        attack = Attack(0.4 * scale, norm, steps=5, restarts=2, value_range=value_range, batch=16)  # type: ignore[arg-type]
        for found in (fgsm(net, scaled, labels[:40], attack), pgd(net, scaled, labels[:40], attack)):
            moved = (found - scaled).flatten(1)
            size = moved.abs().amax(1) if norm == "linf" else moved.norm(dim=1)
            assert float(size.max()) <= attack.epsilon * (1 + 1e-5)
            assert float(size.median()) > 0.5 * attack.epsilon
            assert float(found.min()) >= value_range[0]
            assert float(found.max()) <= value_range[1]


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_random_starts_fill_their_balls(norm: str) -> None:
    images = torch.full((2000, 1, 1, 2), 0.5)
    attack = Attack(0.2, norm)  # type: ignore[arg-type]
    moved = (random_start(images, attack, torch.Generator().manual_seed(0)) - images).flatten(1)
    # E|x|^2 of a uniform point: 2 eps^2 / 3 of the square, eps^2 / 2 of the disc
    expected = 0.2**2 * (2 / 3 if norm == "linf" else 1 / 2)
    assert float(moved.square().sum(1).mean()) == pytest.approx(expected, rel=0.05)
    assert float(moved.mean(0).abs().max()) < 0.01


def test_into_ball_by_hand() -> None:
    origin, far = torch.tensor([[[[0.5, 0.9]]]]), torch.tensor([[[[0.8, 1.3]]]])
    torch.testing.assert_close(into_ball(far, origin, Attack(0.2)), torch.tensor([[[[0.7, 1.0]]]]))
    torch.testing.assert_close(into_ball(far, origin, Attack(0.25, norm="l2")), torch.tensor([[[[0.65, 1.0]]]]))


def test_margin_and_slope_by_hand() -> None:
    logits, labels = torch.tensor([[1.0, 3.0, 2.0], [4.0, 1.0, 0.0]]), torch.tensor([1, 2])
    torch.testing.assert_close(margin(logits, labels), torch.tensor([-1.0, 4.0]))
    w, classify = linear()
    images = middle()
    at = slope_of(classify, LABELS)(images)
    score = classify(images)
    torch.testing.assert_close(at.loss, cross_entropy(score, LABELS, reduction="none"))
    chance = score.softmax(1)[:, 1] - LABELS  # d CE / d score
    torch.testing.assert_close(at.gradient, chance[:, None, None, None] * w.expand(4, 1, 3, 4))
    assert torch.equal(at.wrong, score.argmax(1) != LABELS)


def test_a_seed_decides_and_global_state_does_not() -> None:
    net, (images, labels) = classifier(), digits("test")
    attack = Attack(0.05, steps=2, restarts=2)
    before = torch.random.get_rng_state()
    first = pgd(net, images[:20], labels[:20], attack, seed=3)
    torch.rand(5)
    assert torch.equal(first, pgd(net, images[:20], labels[:20], attack, seed=3))
    assert not torch.equal(first, pgd(net, images[:20], labels[:20], attack, seed=4))
    torch.random.set_rng_state(before)
    pgd(net, images[:20], labels[:20], attack)
    assert torch.equal(before, torch.random.get_rng_state())


def test_clean_above_fgsm_above_pgd_and_more_epsilon_never_helps_the_classifier() -> None:
    net, (images, labels) = classifier(), digits("test")
    clean = accuracy(net, images, labels)
    steps = [accuracy(net, fgsm(net, images, labels, Attack(e)), labels) for e in (0.05, 0.1, 0.3)]
    climbs = [accuracy(net, pgd(net, images, labels, Attack(e, steps=20)), labels) for e in (0.05, 0.1, 0.3)]
    assert clean > steps[0] > steps[1] > steps[2]
    assert all(many <= one for many, one in zip(climbs, steps, strict=True))
    assert climbs[1] < steps[1]
    assert climbs[2] == 0
    # masked gradients would make random points of the ball as harmful as the climbed ones
    noise = random_start(images, Attack(0.1), torch.Generator().manual_seed(0))
    assert accuracy(net, noise, labels) > steps[1] + 0.2


def test_the_network_is_left_as_it_was() -> None:
    net = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(64, 10))
    net[1].train()
    net[0].eval()
    net[2].weight.requires_grad_(False)
    images, labels = digits("test")
    fgsm(net, images[:5], labels[:5], Attack(0.1))
    assert torch.equal(pgd(net, images[:5], labels[:5], Attack(0.1)), pgd(net, images[:5], labels[:5], Attack(0.1)))
    assert [m.training for m in net] == [False, True, True]
    assert [w.requires_grad for w in net.parameters()] == [False, True]
    assert all(w.grad is None for w in net.parameters())
    try:
        with steady(net):
            assert not any(m.training for m in net)
            raise RuntimeError
    except RuntimeError:
        assert net[1].training


def test_bad_input_is_named() -> None:
    net, (images, labels) = classifier(), digits("test")
    with pytest.raises(ValueError, match="one number for each"):
        pgd(net, images[:3], labels[:2], Attack(0.1))
    with pytest.raises(ValueError, match=r"scale to \[0, 1\]"):
        fgsm(net, images[:3] * 2, labels[:3], Attack(0.1))
    with pytest.raises(ValueError, match="epsilon is -1"):
        Attack(-1)
    with pytest.raises(ValueError, match="norm is 'l1'"):
        Attack(1, norm="l1")  # type: ignore[arg-type]
