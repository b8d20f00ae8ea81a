"""Recommenders that look at pictures: VBPR on frozen or a user's own features, DVBPR end to end on pixels, by BPR."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import softplus

from medgan_fashion.evaluation.encoder import Encoder
from medgan_fashion.evaluation.training import in_batches
from medgan_fashion.fashion.config import DvbprConfig, PairsConfig, VbprConfig
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.purchases import Purchases
from medgan_fashion.fashion.data.tables import read_table
from medgan_fashion.fashion.recommend.model import FactorModel, Tower, assemble, embed, resized
from medgan_fashion.fashion.recommend.towers import EncoderFeatures, build_pixel_network, encoder_tower, pixel_tower
from medgan_fashion.runs.engine.stage import Stored, store

# ---------------------------------------------------------------------------------------------------------------------
# Bayesian personalised ranking (Rendle et al. 2009) for item vectors that a network makes: batches, loss, loop.


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


_BATCH = 512


def _blocks(count: int) -> list[NDArray[np.int64]]:
    return np.array_split(np.arange(count), range(_BATCH, count, _BATCH))


def _random(shape: tuple[int, ...], seed: int, key: int, sd: float) -> Tensor:
    return torch.from_numpy(np.random.default_rng((seed, key)).normal(0, sd, shape).astype(np.float32))


def moved(images: Tensor, shift: int, flip: bool, generator: np.random.Generator) -> Tensor:
    """Pictures (B, 3, S, S), each moved by up to `shift` pixels either way (edges repeat) and half of them mirrored."""
    count, size = len(images), images.shape[-1]
    grid = np.arange(size)
    offsets = generator.integers(-shift, shift + 1, (2, count, 1))
    down, across = (np.clip(grid + offset, 0, size - 1) for offset in offsets)
    if flip:
        mirrored = generator.random((count, 1)) < 0.5
        across = np.where(mirrored, across[:, ::-1], across)
    y, x = (torch.from_numpy(part).to(images.device) for part in (down, across))
    picked = images.permute(0, 2, 3, 1)[
        torch.arange(count, device=images.device)[:, None, None], y[:, :, None], x[:, None]
    ]
    return picked.permute(0, 3, 1, 2)


class _VbprItems(nn.Module):
    """[gamma_i, E f_i] and beta_i + beta'.f_i of rows."""

    features: Tensor

    def __init__(self, features: Tensor, config: VbprConfig, seed: int) -> None:
        super().__init__()
        count, length = features.shape
        self.register_buffer("features", features)
        self.own_gamma = nn.Parameter(_random((count, config.factors), seed, 61, 0.1))
        self.own_beta = nn.Parameter(torch.zeros(count))
        self.embedding = nn.Parameter(_random((config.visual_factors, length), seed, 62, length**-0.5))
        self.bias = nn.Parameter(torch.zeros(1, length))

    def forward(self, rows: Tensor) -> Tensor:
        features = self.features[rows]
        bias = self.own_beta[rows] + (features @ self.bias.T)[:, 0]
        return torch.cat([self.own_gamma[rows], features @ self.embedding.T, bias[:, None]], dim=1)


def _standard(features: NDArray[np.float64], rows: NDArray[np.bool_]) -> tuple[Tensor, Tensor]:
    """Mean and sd (F,) over the items that training may see."""
    mean, sd = features[rows].mean(axis=0), features[rows].std(axis=0)
    return torch.from_numpy(mean).float(), torch.from_numpy(np.where(sd > 1e-6, sd, 1.0)).float()


def _features(
    catalogue: Catalogue, features: NDArray[np.floating] | None, encoder: Encoder | None
) -> NDArray[np.float64]:
    if features is None and encoder is None:
        raise ValueError("vbpr looks at features: give a table of them (--features) or the project's own encoder")
    if features is not None:
        table = np.asarray(features, dtype=np.float64)
        if table.ndim != 2 or len(table) != len(catalogue) or not np.isfinite(table).all():
            raise ValueError(
                f"the table of features has shape {table.shape}: it needs one row of finite numbers for each of the "
                f"{len(catalogue)} items"
            )
        return table
    assert encoder is not None
    network = EncoderFeatures(encoder.network)
    blocks = [in_batches(network, catalogue.floats(rows)) for rows in _blocks(len(catalogue))]
    return np.concatenate(blocks)


def fit_vbpr(
    catalogue: Catalogue,
    train: Purchases,
    config: VbprConfig,
    seed: int,
    *,
    features: NDArray[np.floating] | None = None,
    encoder: Encoder | None = None,
) -> FactorModel:
    """VBPR on a user's table of features (N, F), which has no tower, or on an encoder's, which has one.

    Held-out items are in no update; their gamma and beta are 0, so that they are ranked by their features alone.
    """
    table, plan = _features(catalogue, features, encoder), make_plan(train, len(catalogue), catalogue.held_out)
    standard = _standard(table, ~catalogue.held_out)
    network = _VbprItems((torch.from_numpy(table).float() - standard[0]) / standard[1], config, seed)
    shape = (len(train.customers), config.factors + config.visual_factors)
    theta = nn.Parameter(_random(shape, seed, 63, 0.1))
    train_pairs(theta, network, lambda rows, update: network(rows), plan, config.pairs, seed)
    cold = torch.from_numpy(catalogue.held_out)
    with torch.no_grad():
        network.own_gamma[cold] = 0
        network.own_beta[cold] = 0
        items = network(torch.arange(len(catalogue))).numpy()
        weight = torch.cat([torch.zeros(config.factors, table.shape[1]), network.embedding, network.bias])
    tower = (
        None if features is not None or encoder is None else encoder_tower(encoder, catalogue.size, standard, weight)
    )
    known = np.ones(len(catalogue), dtype=bool)
    customers = theta.detach().numpy()
    return assemble("vbpr", catalogue, train, customers, (items[:, :-1], items[:, -1]), known, tower)


def fit_dvbpr(
    catalogue: Catalogue, train: Purchases, config: DvbprConfig, seed: int, *, device: str = "cpu"
) -> FactorModel:
    """DVBPR: every item, bought, unsold or held out, gets its vector from its picture alone."""
    plan = make_plan(train, len(catalogue), catalogue.held_out)
    network = build_pixel_network(config.tower, config.factors, seed).to(device)
    shape, low = (len(train.customers), config.factors), -config.initial
    start = np.random.default_rng((seed, 64)).uniform(0, max(config.initial, 0), shape).astype(np.float32)
    theta = nn.Parameter((_random(shape, seed, 65, low) if low > 0 else torch.from_numpy(start)).to(device))

    def show(rows: Tensor, update: int) -> Tensor:
        pictures = torch.from_numpy(catalogue.images[rows.cpu().numpy()]).to(device).float() / 255
        pictures = resized(pictures, config.tower.size)
        return network(moved(pictures, config.shift, config.flip, np.random.default_rng((seed, 66, update))))

    train_pairs(theta, network, show, plan, config.pairs, seed)
    tower = pixel_tower(network.cpu(), config.tower, config.factors)
    items = _embed_catalogue(tower, catalogue)
    known = np.ones(len(catalogue), dtype=bool)
    return assemble("dvbpr", catalogue, train, theta.detach().cpu().numpy(), items, known, tower)


def _embed_catalogue(tower: Tower, catalogue: Catalogue) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    parts = [embed(tower, catalogue.floats(rows)) for rows in _blocks(len(catalogue))]
    vectors, bias = zip(*parts, strict=True)
    return np.concatenate(vectors), np.concatenate(bias)


# ---------------------------------------------------------------------------------------------------------------------
# A user's own features of items, for VBPR: rows of numbers beside item IDs.


def read_features(path: Path, catalogue: Catalogue) -> NDArray[np.float32]:
    """Features (N, F) in the catalogue's order, from CSV or Parquet with a column `item` and F columns of numbers.

    ValueError names an item without features or with two rows of them, or a column that holds no numbers.
    """
    columns = read_table(path)
    if "item" not in columns:
        raise ValueError(f"{path.name} has no column 'item'; it has {', '.join(columns)}")
    row = {item: number for number, item in enumerate(columns["item"])}
    if len(row) < len(columns["item"]):
        item = next(item for number, item in enumerate(columns["item"]) if row[item] != number)
        raise ValueError(f"{path.name} has more than one row of item '{item}': keep one")
    lacking = [item for item in catalogue.items if item not in row]
    if lacking:
        raise ValueError(f"{path.name} has no features of item '{lacking[0]}' ({len(lacking)} are lacking): add them")
    order, table = [row[item] for item in catalogue.items], []
    for name in [name for name in columns if name != "item"]:
        try:
            values = np.array(columns[name], dtype=np.float32)[order]
        except ValueError:
            raise ValueError(f"column '{name}' of {path.name} holds what is no number: remove or encode it") from None
        if not np.isfinite(values).all():
            raise ValueError(f"column '{name}' of {path.name} holds NaN or infinity: fill it in")
        table.append(values)
    if not table:
        raise ValueError(f"{path.name} has no column beside 'item': give the features as columns of numbers")
    return np.stack(table, axis=1)


def store_features(run: Path, features: NDArray[np.float32]) -> Stored:
    """Features under the hash of their content, as features.npy."""
    key = hashlib.sha256(np.ascontiguousarray(features).tobytes()).hexdigest()[:20]
    return store(run, "features", key, lambda folder: np.save(folder / "features.npy", features))
