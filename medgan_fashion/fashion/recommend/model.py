"""A fitted recommender: two tables of vectors and, for visual ones, the network that makes more of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import interpolate

from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.purchases import Purchases

_BATCH = 256
_SLACK = 0.1  # a generator may leave its range by a little


class Recommended(NamedTuple):
    """Best first; rows int64 (B, k) padded with -1, scores float32 (B, k) padded with NaN."""

    rows: NDArray[np.int64]
    scores: NDArray[np.float32]


def check_range(images: Tensor) -> None:
    """ValueError where pictures leave [0, 1] by more than a tenth: a GAN's range has to be converted first."""
    low, high = float(images.detach().amin()), float(images.detach().amax())
    if not (low >= -_SLACK and high <= 1 + _SLACK):  # NaN, too, ends here
        raise ValueError(
            f"pictures between {low:.2f} and {high:.2f} given to a recommender, which looks at [0, 1]: "
            "bring them there from the range of their source, (x - low) / (high - low)"
        )


def resized(images: Tensor, size: int) -> Tensor:
    """(B, 3, h, w) to (B, 3, size, size), antialiased and differentiable."""
    if tuple(images.shape[2:]) == (size, size):
        return images
    return interpolate(images, (size, size), mode="bilinear", antialias=True, align_corners=False)


@dataclass(frozen=True)
class Tower:
    """Phi: pictures to item vectors and biases. Its network is in evaluation mode and takes no gradients itself.

    Args:
        network: float (B, 3, size, size) in [0, 1] -> (B, K + 1), the last column the bias.
        size: side of the pictures that it looks at, in pixels; others are resized.
        card: plain data from which `towers.rebuild` makes the same network again.
    """

    network: nn.Module
    size: int
    card: dict[str, Any]

    def __post_init__(self) -> None:
        self.network.eval().requires_grad_(False)

    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Vectors (B, K) and biases (B,) of pictures (B, 3, h, w) in [0, 1]; differentiable in the pictures."""
        check_range(images)
        out = self.network(resized(images, self.size))
        return out[:, :-1], out[:, -1]


@dataclass(frozen=True)
class Prior:
    """What is known of a customer before the first like: mean float64 (K,), covariance float64 (K, K)."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]


@dataclass(frozen=True)
class FactorModel:
    """score(u, i) = theta_u . phi_i + bias_i, of U customers and N items.

    Args:
        name: "popularity", "als", "bpr", "vbpr", "dvbpr".
        customers: U pseudonyms; items: N item IDs in the catalogue's order.
        theta, phi, bias: float32 (U, K), (N, K), (N,).
        known: bool (N,), the items it can rank; a collaborative model cannot rank those nobody has bought.
        prior: of customers' vectors.
        tower: for models that look at pictures.
        trained: bool (U,), customers with a like in training; the others stand at the prior's mean. None: all are.
    """

    name: str
    customers: tuple[str, ...]
    items: tuple[str, ...]
    theta: NDArray[np.float32]
    phi: NDArray[np.float32]
    bias: NDArray[np.float32]
    known: NDArray[np.bool_]
    prior: Prior
    tower: Tower | None = None
    trained: NDArray[np.bool_] | None = None

    def score_items(self, customers: NDArray[np.int64]) -> NDArray[np.float32]:
        """Scores (B, N) of those customers (rows); NaN for items that it cannot rank."""
        scores = self.theta[customers] @ self.phi.T + self.bias
        scores[:, ~self.known] = np.nan
        return scores

    def _tower(self) -> Tower:
        if self.tower is None:
            raise ValueError(
                f"the recommender '{self.name}' cannot look at pictures: fit 'dvbpr', or 'vbpr' on the project's own "
                "encoder instead of a table of features"
            )
        return self.tower

    def score(self, theta: Tensor, images: Tensor) -> Tensor:
        """Scores (B,) of vectors (B, K) for pictures (B, 3, h, w) in [0, 1], pair by pair; differentiable in both."""
        vectors, bias = self._tower()(images)
        return (theta * vectors).sum(dim=1) + bias

    def score_all(self, theta: Tensor, images: Tensor) -> Tensor:
        """Scores (P, B) of every vector (P, K) for every picture (B, 3, h, w) in [0, 1]."""
        vectors, bias = self._tower()(images)
        return theta @ vectors.T + bias

    def embed(self, images: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Vectors (B, K) and biases (B,) of new items from their pictures (B, 3, h, w) in [0, 1]: no retraining."""
        return embed(self._tower(), images)

    def recommend(
        self,
        customers: NDArray[np.int64],
        k: int,
        *,
        exclude: Any = None,
        allowed: NDArray[np.bool_] | None = None,
    ) -> Recommended:
        """The k best items of each customer (row), exact; `exclude` csr (B, N), `allowed` bool (N,)."""
        from medgan_fashion.fashion.recommend.top_k import top_k

        may = self.known if allowed is None else self.known & allowed
        return Recommended(*top_k(self.theta[customers], self.phi, self.bias, k, exclude=exclude, allowed=may))

    def similar(self, item: int, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The k items whose vectors point most nearly where this one's does: rows (k,), cosines (k,)."""
        from medgan_fashion.fashion.recommend.top_k import top_k

        if self.phi.shape[1] == 0 or not self.known[item]:
            reason = "knows no vectors of items" if self.phi.shape[1] == 0 else f"does not know '{self.items[item]}'"
            raise ValueError(f"the recommender '{self.name}' {reason}: ask a visual one for similar items")
        unit = self.phi / np.maximum(np.linalg.norm(self.phi, axis=1, keepdims=True), 1e-12)
        others = self.known.copy()
        others[item] = False
        rows, scores = top_k(unit[[item]], unit, np.zeros(len(unit), dtype=np.float32), k, allowed=others)
        return rows[0], scores[0]

    def to(self, device: str | torch.device) -> "FactorModel":
        """Moves the tower's network; returns self."""
        if self.tower is not None:
            self.tower.network.to(device)
        return self


def embed(
    tower: Callable[[Tensor], tuple[Tensor, Tensor]] | Tower, images: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Vectors (N, K) and biases (N,) of pictures float32 (N, 3, h, w) in [0, 1], in batches, without gradients."""
    device = next(tower.network.parameters()).device if isinstance(tower, Tower) else torch.device("cpu")
    with torch.inference_mode():
        parts = [tower(torch.as_tensor(images[at : at + _BATCH]).to(device)) for at in range(0, len(images), _BATCH)]
    vectors, bias = (torch.cat(part).cpu().numpy() for part in zip(*parts, strict=True))
    return vectors, bias


class Recommender(Protocol):
    """What every fitted recommender answers to, with or without vectors."""

    @property
    def name(self) -> str: ...
    @property
    def customers(self) -> tuple[str, ...]: ...
    @property
    def items(self) -> tuple[str, ...]: ...
    @property
    def known(self) -> NDArray[np.bool_]: ...
    def score_items(self, customers: NDArray[np.int64]) -> NDArray[np.float32]: ...
    def recommend(
        self,
        customers: NDArray[np.int64],
        k: int,
        *,
        exclude: Any = None,
        allowed: NDArray[np.bool_] | None = None,
    ) -> Recommended: ...
    def similar(self, item: int, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]: ...


# ---------------------------------------------------------------------------------------------------------------------
# From trained tables to a FactorModel: the prior of customers' vectors, and those without a like.


_WIDE = 1.0  # variance of a vector's entries where no customer says what it is


def empirical_prior(theta: NDArray[np.float32]) -> Prior:
    """Mean and covariance of trained customers' vectors (U, K).

    The covariance is drawn towards a multiple of the identity of the same trace by K / (K + U): all the way
    where customers are few, hardly where they are many.
    """
    count, factors = theta.shape
    if count < 2:
        mean = theta.astype(np.float64).sum(axis=0)  # of one customer or of none
        return Prior(mean, _WIDE * np.eye(factors))
    vectors = theta.astype(np.float64)
    covariance = np.cov(vectors, rowvar=False).reshape(factors, factors)
    level = np.trace(covariance) / factors if factors else 0.0
    share = factors / (factors + count)
    floor = 1e-6 * level + 1e-12  # it must have an inverse
    return Prior(vectors.mean(axis=0), (1 - share) * covariance + (share * level + floor) * np.eye(factors))


def assemble(
    name: str,
    catalogue: Catalogue,
    train: Purchases,
    theta: NDArray[np.float32],
    items: tuple[NDArray[np.float32], NDArray[np.float32]],
    known: NDArray[np.bool_],
    tower: Tower | None = None,
) -> FactorModel:
    """A FactorModel of customers' vectors (U, K) and items' (vectors (N, K), biases (N,)).

    Customers without a like in `train` are put at the prior's mean, so that they are ranked as the average customer.
    """
    trained = np.zeros(len(train.customers), dtype=bool)
    trained[train.customer[train.weight > 0]] = True
    prior = empirical_prior(theta[trained])
    vectors = np.where(trained[:, None], theta, prior.mean).astype(np.float32)
    phi, bias = (np.ascontiguousarray(part, dtype=np.float32) for part in items)
    return FactorModel(name, train.customers, catalogue.items, vectors, phi, bias, known, prior, tower, trained)


def liked_items(train: Purchases, n_items: int) -> NDArray[np.bool_]:
    """bool (N,): items with at least one like."""
    return np.bincount(train.item[train.weight > 0], minlength=n_items) > 0
