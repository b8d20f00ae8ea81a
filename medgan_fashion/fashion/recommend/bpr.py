"""Bayesian personalised ranking (Rendle et al. 2009) for item vectors that a network makes: batches, loss, loop."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import softplus

from medgan_fashion.fashion.data.purchases import Purchases
from medgan_fashion.fashion.recommender_config import PairsConfig

Ints = NDArray[np.int64]
MOST_PAIRS = 2048  # of one update: what a batch of items brings beyond that is drawn from
OWN = "own_"  # how a network names its tables with one row for each item

Embed = Callable[[Tensor, int], Tensor]


@dataclass(frozen=True)
class Plan:
    """What batches are drawn from.

    Args:
        customer, item, weight: (M,) pairs of training; a weight above 0 is a like, below 0 a dislike.
        seen: csr (U, N), 1 where a customer has had to do with an item in training.
        candidates: int64, rows of the items that may be shown and be negatives.
    """

    customer: Ints
    item: Ints
    weight: NDArray[np.float32]
    seen: Any
    candidates: Ints


@dataclass(frozen=True)
class Batch:
    """P pairs, and B items to embed.

    Args:
        rows: int64 (B,), items. customer: int64 (P,). which: int64 (P,), place of the pair's item among `rows`.
        weight: float32 (P,). against: float32 (P, B), weights of items as negatives of a pair; 0 where seen.
    """

    rows: Tensor
    customer: Tensor
    which: Tensor
    weight: Tensor
    against: Tensor


def make_plan(train: Purchases, n_items: int, held_out: NDArray[np.bool_]) -> Plan:
    """The pairs of items that training may see, none of them held out, and the other items as negatives."""
    part = train.take(~held_out[train.item] & (train.weight != 0))
    if not (part.weight > 0).any():
        raise ValueError("no likes to learn from: training needs purchases of items that are not held out")
    return Plan(part.customer, part.item, part.weight, part.seen(n_items), np.flatnonzero(~held_out))


def _unseen(plan: Plan, customer: Ints, rows: Ints) -> NDArray[np.float32]:
    """1 where a customer of (P,) has not seen an item of (B,): float32 (P, B)."""
    who, back = np.unique(customer, return_inverse=True)
    return (1 - plan.seen[who][:, rows].toarray())[back].astype(np.float32)


def item_batches(plan: Plan, batch: int, seed: int) -> Iterator[Batch]:
    """Unique items, half of them among those with pairs and half among all, and every pair of those items.

    A negative is weighted by 1 / (its chance of being in the batch): in the mean over batches negatives are uniform
    over the unseen items, as in BPR, however few items anybody has bought.
    """
    order = np.argsort(plan.item, kind="stable")
    n_items = plan.seen.shape[1]
    ends = np.concatenate([[0], np.cumsum(np.bincount(plan.item, minlength=n_items))])
    bought = np.unique(plan.item)
    chance = np.full(n_items, 1 / len(plan.candidates))
    chance[bought] += 1 / len(bought)
    turn = 0
    while True:
        rng = np.random.default_rng((seed, 51, turn))
        halves = [rng.permutation(kind)[: max(1, batch // 2)] for kind in (bought, plan.candidates)]
        rows = np.unique(np.concatenate(halves))
        pairs = np.concatenate([order[ends[row] : ends[row + 1]] for row in rows])
        if len(pairs) > MOST_PAIRS:
            pairs = rng.permutation(pairs)[:MOST_PAIRS]
        against = _unseen(plan, plan.customer[pairs], rows) * (1 / chance[rows]).astype(np.float32)
        yield _batch(plan, pairs, rows, np.searchsorted(rows, plan.item[pairs]), against)
        turn += 1


def triple_batches(plan: Plan, batch: int, seed: int) -> Iterator[Batch]:
    """`batch` triples: a customer, one of their pairs, one unseen item, each uniform (as DVBPR's released code)."""
    order = np.argsort(plan.customer, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(plan.customer))])
    who = np.unique(plan.customer)
    turn = 0
    while True:
        rng = np.random.default_rng((seed, 52, turn))
        customer = rng.choice(who, batch)
        pairs = order[rng.integers(starts[customer], starts[customer + 1])]
        other = rng.choice(plan.candidates, batch)
        for _ in range(100):  # customers who have seen everything keep a seen one, which then weighs nothing
            seen = np.asarray(plan.seen[customer, other]).ravel() > 0
            if not seen.any():
                break
            other[seen] = rng.choice(plan.candidates, int(seen.sum()))
        unseen = 1 - np.asarray(plan.seen[customer, other]).ravel()
        against = np.concatenate([np.zeros((batch, batch)), np.diag(unseen)], axis=1).astype(np.float32)
        yield _batch(plan, pairs, np.concatenate([plan.item[pairs], other]), np.arange(batch), against)
        turn += 1


def _batch(plan: Plan, pairs: Ints, rows: Ints, which: Ints, against: NDArray[np.float32]) -> Batch:
    arrays = (rows, plan.customer[pairs], which, plan.weight[pairs], against)
    return Batch(*(torch.from_numpy(np.ascontiguousarray(array)) for array in arrays))


def pair_losses(vectors: Tensor, scores: Tensor, batch: Batch) -> Tensor:
    """(P,) -|w| mean_j ln sigma(sign(w) (x_ui - x_uj)), the mean over the pair's negatives by their weights.

    Args:
        vectors: theta of the pairs' customers (P, K). scores: the batch's item vectors (B, K) and biases (B, 1) beside.
    """
    table = vectors @ scores[:, :-1].T + scores[:, -1]
    own = table.gather(1, batch.which[:, None])
    losses = softplus((table - own) * batch.weight.sign()[:, None])
    share = batch.against / batch.against.sum(dim=1, keepdim=True).clamp_min(1e-12)
    return batch.weight.abs() * (losses * share).sum(dim=1)


def _objective(theta: nn.Parameter, network: nn.Module, out: Tensor, batch: Batch, config: PairsConfig) -> Tensor:
    vectors = theta[batch.customer]
    losses = pair_losses(vectors, out, batch)
    customers = config.l2_customers * vectors.square().sum(dim=1)
    items = config.l2_items * out[:, :-1].square().sum(dim=1)
    total = losses.sum() + customers.sum() + items.sum()
    if config.reduction == "mean":
        total = losses.sum() / batch.weight.abs().sum() + customers.mean() + items.mean()
    for name, own in network.named_parameters():
        if name.startswith(OWN):
            total = total + config.l2_own * own.square().sum() / len(own)
    if config.l2_network:
        total = total + config.l2_network * sum(p.square().sum() for p in network.parameters())
    return total


def _optimizer(theta: nn.Parameter, network: nn.Module, config: PairsConfig) -> torch.optim.Optimizer:
    """AdamW; tables of items' own vectors (named OWN...) go at the customers' rate."""
    own = [p for name, p in network.named_parameters() if name.startswith(OWN)]
    rest = [p for name, p in network.named_parameters() if not name.startswith(OWN)]
    groups = [
        {"params": [theta], "lr": config.customer_rate, "weight_decay": 0.0},
        {"params": own, "lr": config.customer_rate, "weight_decay": config.decay},
        {"params": [p for p in rest if p.ndim > 1], "lr": config.learning_rate, "weight_decay": config.decay},
        {"params": [p for p in rest if p.ndim <= 1], "lr": config.learning_rate, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW([group for group in groups if group["params"]])


def train_pairs(
    theta: nn.Parameter, network: nn.Module, embed: Embed, plan: Plan, config: PairsConfig, seed: int
) -> None:
    """Trains customers' vectors and the network in place, for a fixed number of updates.

    Args:
        theta: (U, K), on the network's device.
        embed: (item rows (B,), update) -> vectors and biases (B, K + 1), by `network`.

    The same seed and thread count give the same bits on the CPU. ValueError when the result is not finite.
    """
    source = {"items": item_batches, "triples": triple_batches}[config.sampling](plan, config.batch, seed)
    updates = config.updates or max(1, round(config.epochs * len(plan.item) / config.batch))
    steps = _optimizer(theta, network, config)
    shape = (lambda t: 0.5 + 0.5 * np.cos(np.pi * t / updates)) if config.cosine else (lambda t: 1.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(steps, shape)
    device = theta.device
    network.train()
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)  # for dropout, inside the fork only
        for update in range(updates):
            batch = Batch(*(part.to(device) for part in vars(next(source)).values()))
            loss = _objective(theta, network, embed(batch.rows, update), batch, config)
            steps.zero_grad()
            loss.backward()
            steps.step()
            schedule.step()
    network.eval()
    if not torch.isfinite(theta).all():
        raise ValueError("the training of the recommender ran off to infinity: take a lower learning_rate")
