"""Batches that hold what they should, the loss by hand, negatives without bias."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch import nn

from medgan_fashion.fashion.config import PairsConfig
from medgan_fashion.fashion.data.purchases import Purchases
from medgan_fashion.fashion.recommend.visual import (
    MOST_PAIRS,
    Batch,
    item_batches,
    make_plan,
    pair_losses,
    train_pairs,
    triple_batches,
)


def purchases(pairs: list[tuple[int, int, float]], n_customers: int = 3) -> Purchases:
    customer, item, weight = (np.array(part) for part in zip(*pairs, strict=True))
    names = tuple(f"C-{i}" for i in range(n_customers))
    return Purchases(names, customer, item, weight.astype(np.float32), np.full(len(item), np.nan))


FEW = purchases([(0, 0, 1.0), (0, 1, 1.0), (1, 2, 2.0), (1, 0, -1.0), (2, 7, 1.0), (2, 3, 0.0)])
COLD = np.arange(8) >= 6


def test_the_plan_leaves_out_held_out_items() -> None:
    plan = make_plan(FEW, 8, COLD)
    assert plan.item.tolist() == [0, 1, 2, 0]
    assert plan.candidates.tolist() == [0, 1, 2, 3, 4, 5]
    with pytest.raises(ValueError, match="no likes to learn from"):
        make_plan(FEW.take([3, 4]), 8, COLD)


def test_the_loss_by_hand() -> None:
    out = torch.tensor([[1.0, 0.5], [0.0, 0.0], [2.0, 0.0]])  # vectors of length 1, biases beside
    vectors = torch.tensor([[1.0], [1.0]])  # scores 1.5, 0, 2
    against = torch.tensor([[0.0, 3.0, 1.0], [0.0, 0.0, 2.0]])
    batch = Batch(torch.arange(3), torch.arange(2), torch.tensor([0, 1]), torch.tensor([2.0, -1.0]), against)

    def less(margin: float) -> float:
        return math.log1p(math.exp(-margin))

    expected = [2 * (3 * less(1.5) + less(-0.5)) / 4, less(2.0)]  # a dislike is to stand below the other
    torch.testing.assert_close(pair_losses(vectors, out, batch), torch.tensor(expected))


def test_who_has_seen_everything_costs_nothing() -> None:
    batch = Batch(torch.arange(1), torch.arange(1), torch.arange(1), torch.ones(1), torch.zeros(1, 1))
    assert pair_losses(torch.ones(1, 1), torch.ones(1, 2), batch).tolist() == [0.0]


@pytest.mark.parametrize("source", [item_batches, triple_batches])
def test_negatives_are_unseen_and_not_held_out(source) -> None:
    plan = make_plan(FEW, 8, COLD)
    seen = plan.seen.toarray() > 0
    for batch in itertools.islice(source(plan, 6, 0), 30):
        rows = batch.rows.numpy()
        assert not COLD[rows].any()
        pairs = set(zip(plan.customer.tolist(), plan.item.tolist(), strict=True))
        assert set(zip(batch.customer.tolist(), rows[batch.which].tolist(), strict=True)) <= pairs
        pair, where = np.nonzero(batch.against.numpy())
        assert not seen[batch.customer.numpy()[pair], rows[where]].any()


def test_batches_of_items_bring_all_their_pairs_and_uniform_negatives() -> None:
    crowd = purchases([(i % 50, i % 3, 1.0) for i in range(150)], 50)  # three of twenty items are bought
    plan = make_plan(crowd, 20, np.zeros(20, dtype=bool))
    total = np.zeros(20)
    for batch in itertools.islice(item_batches(plan, 8, 0), 600):
        assert len(set(batch.rows.tolist())) == len(batch.rows)
        np.add.at(total, batch.rows.numpy(), (1 / (1 / 20 + (batch.rows.numpy() < 3) / 3)))
        count = sum((plan.item == row).sum() for row in batch.rows.tolist())
        assert len(batch.customer) == count
    assert total[:3].mean() / total[3:].mean() == pytest.approx(1.0, abs=0.35)


def test_a_crowded_batch_is_bounded() -> None:
    crowd = purchases([(i, 0, 1.0) for i in range(3000)], 3000)
    batch = next(item_batches(make_plan(crowd, 2, np.zeros(2, dtype=bool)), 2, 0))
    assert len(batch.customer) == MOST_PAIRS


class Table(nn.Module):
    """Free vectors of items: matrix factorisation."""

    def __init__(self) -> None:
        super().__init__()
        self.own_items = nn.Parameter(torch.randn(8, 5, generator=torch.Generator().manual_seed(0)) * 0.1)


@pytest.mark.parametrize(
    "config", [PairsConfig(batch=6, updates=80), PairsConfig("triples", 16, None, 200, reduction="sum")]
)
def test_training_puts_likes_first_and_dislikes_last(config: PairsConfig) -> None:
    table, start = Table(), torch.randn(3, 4, generator=torch.Generator().manual_seed(1)) * 0.1
    theta, before = nn.Parameter(start), torch.get_rng_state()
    train_pairs(theta, table, lambda rows, update: table.own_items[rows], make_plan(FEW, 8, COLD), config, 0)
    assert torch.equal(before, torch.get_rng_state())
    out = table.own_items.detach()
    scores = theta.detach() @ out[:, :-1].T + out[:, -1]
    assert float(scores[0, :2].min()) > float(scores[0, 2:6].max())
    assert int(scores[1, :6].argmax()) == 2
    assert float(scores[1, 0]) < float(scores[1, 2:6].min())


def test_a_rate_too_high_is_said() -> None:
    table, theta = Table(), nn.Parameter(torch.full((3, 4), torch.inf))
    with pytest.raises(ValueError, match="ran off to infinity"):
        train_pairs(
            theta, table, lambda rows, _: table.own_items[rows], make_plan(FEW, 8, COLD), PairsConfig(updates=1), 0
        )
