"""Adversarial training of a classifier: on examples in the pixels, and on pairs that a generator can draw."""

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from medgan_fashion.gan.latent.search import address
from medgan_fashion.gan.robustness.attacks import Attack, pgd
from medgan_fashion.gan.robustness.aware import Climb, manifold_pairs, soft_cross_entropy
from medgan_fashion.gan.robustness.defence import Spanner


@dataclass(frozen=True)
class RobustTraining:
    """Adam for `updates` batches.

    `attack`: each batch is replaced by its PGD examples (Madry et al. 2018, eq. 2.1), epsilon growing from 0 over the
    first `ramp` of the updates; `clean_weight` x the cross-entropy of the images themselves is added. None: clean only.
    `pair_weight` x CE(C(G z1), C(G z2)) of `pairs` pairs within `pair_epsilon` (L2) of each other is added
    (1712.09196, the adversarial training of its section on robust manifolds; its code takes 0.01, 1.5).
    """

    updates: int
    batch: int = 64
    learning_rate: float = 1e-3
    attack: Attack | None = None
    clean_weight: float = 0.0
    ramp: float = 0.5
    pair_weight: float = 0.0
    pair_epsilon: float = 1.5
    pairs: int = 32
    climb: Climb = field(default_factory=lambda: Climb(steps=20))


def robust_loss(
    network: nn.Module, images: Tensor, labels: Tensor, how: RobustTraining, seed: int, spanner: Spanner | None = None
) -> dict[str, Tensor]:
    """The terms of one batch's loss, already weighted; examples and pairs are made with the network in eval mode."""
    terms = {}
    if how.attack is not None:
        made = pgd(network, images, labels, how.attack, seed)
        terms["attacked"] = cross_entropy(network(made), labels)
    if how.attack is None or how.clean_weight:
        weight = 1.0 if how.attack is None else how.clean_weight
        terms["clean"] = weight * cross_entropy(network(images), labels)
    if how.pair_weight and spanner is not None:
        found = manifold_pairs(spanner, network, how.pairs, how.pair_epsilon, how.climb, seed, images.device)
        one, two = network(torch.cat([found.first, found.second])).chunk(2)
        terms["pairs"] = how.pair_weight * soft_cross_entropy(two, one).mean()
    return terms


def train_robust(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    how: RobustTraining,
    *,
    seed: int,
    spanner: Spanner | None = None,
) -> list[dict[str, float]]:
    """Trains `network` in place on images (N, C, H, W) and labels (N,), and gives each update's loss terms.

    The network is left in eval mode. Batches, examples and pairs are functions of (seed, update); torch's global
    random state, which dropout draws from, is left as it was. ValueError where pairs are asked for without a spanner.
    """
    if how.pair_weight and spanner is None:
        raise ValueError("pair_weight asks for pairs that a generator can draw; give a spanner, or set it to 0")
    optimizer = torch.optim.Adam(network.parameters(), lr=how.learning_rate)
    history = []
    with torch.random.fork_rng(devices=[images.device] if images.is_cuda else []):
        torch.manual_seed(seed)
        for update in range(how.updates):
            generator = torch.Generator().manual_seed(address(seed, "batch", update))
            rows = torch.randint(len(images), (how.batch,), generator=generator).to(images.device)
            now = how
            if how.attack is not None:
                share = min(1.0, (update + 1) / max(1.0, how.ramp * how.updates))
                now = replace(how, attack=replace(how.attack, epsilon=share * how.attack.epsilon))
            network.train()
            terms = robust_loss(network, images[rows], labels[rows], now, address(seed, "made", update), spanner)
            optimizer.zero_grad()
            torch.stack(list(terms.values())).sum().backward()
            optimizer.step()
            history.append({name: float(term.detach()) for name, term in terms.items()})
    network.eval()
    return history
