"""Objectives against numbers computed by hand, and the two combinators' defining properties."""

import math

import pytest
import torch
from torch import Tensor

from medgan_fashion.gan.losses.objectives import (
    OBJECTIVES,
    build_objective,
    hinge,
    least_squares,
    minimax,
    non_saturating,
    relativistic_average,
    relativistic_paired,
    smooth_labels,
    wasserstein,
)


def logits(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64).reshape(-1, 1)


def log_sigmoid(x: float) -> float:
    return -math.log1p(math.exp(-x)) if x > 0 else x - math.log1p(math.exp(x))


def test_cross_entropy_by_hand_and_exact_at_thirty() -> None:
    for real, fake in ((0.3, -0.7), (30.0, -30.0), (-30.0, 30.0)):
        expected = -log_sigmoid(real) - log_sigmoid(-fake)
        assert float(non_saturating().d(logits(real), logits(fake))) == pytest.approx(expected, rel=1e-12)
        assert float(non_saturating().g(logits(real), logits(fake))) == pytest.approx(-log_sigmoid(fake), rel=1e-12)
        assert float(minimax().g(logits(real), logits(fake))) == pytest.approx(log_sigmoid(-fake), rel=1e-12)


def test_non_saturating_gradient_survives_a_confident_critic() -> None:
    fake = logits(-30.0).requires_grad_()
    non_saturating().g(logits(0.0), fake).backward()
    assert fake.grad is not None
    assert float(fake.grad) == pytest.approx(-1.0, abs=1e-12)


def test_least_squares_wasserstein_hinge_by_hand() -> None:
    real, fake = logits(0.5, 2.0), logits(-1.0, 0.25)
    assert float(least_squares().d(real, fake)) == pytest.approx(0.5 * (0.25 + 1) / 2 + 0.5 * (1 + 0.0625) / 2)
    assert float(least_squares().g(real, fake)) == pytest.approx(0.5 * (4 + 0.5625) / 2)
    assert float(least_squares(-1, 1, 0).g(real, fake)) == pytest.approx(0.5 * (1 + 0.0625) / 2)
    assert float(wasserstein().d(real, fake)) == pytest.approx(-0.375 - 1.25)
    assert float(wasserstein().g(real, fake)) == pytest.approx(0.375)
    assert float(hinge().d(real, fake)) == pytest.approx((0.5 + 0) / 2 + (0 + 1.25) / 2)
    assert float(hinge().g(real, fake)) == pytest.approx(0.375)


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("relativistic", ["none", "average", "paired"])
def test_generator_pulls_fakes_up(name: str, relativistic: str) -> None:
    objective = build_objective(name, relativistic)
    fake = logits(-0.6, -0.2, -0.4).requires_grad_()
    objective.g(logits(0.1, 0.4, 0.2), fake).backward()
    assert fake.grad is not None
    assert float(fake.grad.sum()) < 0


@pytest.mark.parametrize("wrap", [relativistic_average, relativistic_paired])
def test_relativistic_ignores_a_common_shift(wrap) -> None:
    objective, real, fake = wrap(non_saturating()), logits(0.3, 1.0), logits(-0.5, 0.1)
    for loss in (objective.d, objective.g):
        torch.testing.assert_close(loss(real, fake), loss(real + 7.0, fake + 7.0))


def test_relativistic_average_and_pairing_by_hand() -> None:
    real, fake = logits(1.0, 3.0), logits(0.0, -1.0)
    d = relativistic_average(non_saturating()).d(real, fake)
    by_hand = -sum(log_sigmoid(x) for x in (1.5, 3.5)) / 2 - sum(log_sigmoid(-x) for x in (-2.0, -3.0)) / 2
    assert float(d) == pytest.approx(by_hand)
    paired = relativistic_paired(non_saturating())
    assert float(paired.d(real, fake)) == pytest.approx(-(log_sigmoid(1.0) + log_sigmoid(4.0)) / 2)
    assert float(paired.g(real, fake)) == pytest.approx(-(log_sigmoid(-1.0) + log_sigmoid(-4.0)) / 2)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_pairing_uses_the_objective_s_own_loss_on_reals(name: str) -> None:
    objective = OBJECTIVES[name]()
    paired, real, fake = relativistic_paired(objective), logits(1.0, 3.0), logits(0.0, -1.0)
    far = logits(-1e4)  # where d's part on fakes is 0 or known
    part = objective.d(real - fake, far) - objective.d(logits(0.0), far) + objective.on_real(logits(0.0))
    assert float(paired.d(real, fake)) == pytest.approx(float(part))
    smoothed = relativistic_paired(smooth_labels(non_saturating(), 0.1))
    assert float(smoothed.d(real, fake)) == pytest.approx(
        float(relativistic_paired(non_saturating()).d(real, fake)) + 0.1 * 2.5
    )


def test_one_sided_smoothing_moves_reals_only() -> None:
    smooth, real, fake = smooth_labels(non_saturating(), 0.1), logits(0.7), logits(-0.3)
    target = -(0.9 * log_sigmoid(0.7) + 0.1 * log_sigmoid(-0.7)) - log_sigmoid(0.3)
    assert float(smooth.d(real, fake)) == pytest.approx(target)
    # the best logit for a target of 0.9 is finite: log 9
    best = logits(math.log(9.0)).requires_grad_()
    smooth.d(best, fake).backward()
    assert best.grad is not None
    assert abs(float(best.grad)) < 1e-12
    with pytest.raises(ValueError, match="cross-entropy"):
        smooth_labels(hinge(), 0.1)
    with pytest.raises(ValueError, match=r"\[0, 0.5\)"):
        smooth_labels(minimax(), 0.7)


def test_unknown_name_lists_the_known() -> None:
    with pytest.raises(ValueError, match="hinge"):
        build_objective("logistic")
