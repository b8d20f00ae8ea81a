"""What a recommender can be told: one frozen dataclass each, torch-free, and the rows of Kang et al. (2017)."""

from dataclasses import dataclass, field, replace
from typing import Literal

Architecture = Literal["small", "residual", "cnn_f"]


@dataclass(frozen=True)
class PopularityConfig:
    """Rank by how many customers like an item; `logarithm` changes the scores, not the ranks."""

    logarithm: bool = True


@dataclass(frozen=True)
class KnnConfig:
    """Item-kNN: cosine between the columns of the table of likes, the `neighbours` nearest of each item kept."""

    neighbours: int = 50


@dataclass(frozen=True)
class AlsConfig:
    """ALS on implicit feedback (Hu, Koren & Volinsky 2008) by `implicit`; a like's confidence is alpha * weight."""

    factors: int = 8
    regularization: float = 10.0
    alpha: float = 10.0
    iterations: int = 15


@dataclass(frozen=True)
class BprConfig:
    """BPR matrix factorisation (Rendle et al. 2009) by `implicit`; it sees who liked what, not how much."""

    factors: int = 16
    learning_rate: float = 0.05
    regularization: float = 0.1
    iterations: int = 400


@dataclass(frozen=True)
class PairsConfig:
    """How the project's own BPR loop (VBPR, DVBPR) draws pairs and steps.

    Args:
        sampling: "items" embeds `batch` items once for each update and uses every triple (customer, liked, unseen)
            among them; "triples" draws `batch` single triples, as the released code of DVBPR does.
        updates: steps in all; None takes `epochs` rounds of `batch` triples instead.
        reduction: of the loss over triples; with "sum" the penalties weigh 1/batch of what they do with "mean".
        l2_customers: times the sum of squares of the batch's customer vectors (their mean over the batch with "mean").
        l2_items: the same of the batch's item vectors; both together bound the nuclear norm of the scores.
        l2_own: times the sum of squares of an item's own vector and bias (VBPR's gamma and beta), mean over all items.
        l2_network: times the sum of squares of everything that is trained but the customers' vectors.
        decay: of AdamW, on weights of two or more dimensions other than the customers' vectors.
        cosine: let the learning rates fall to 0 along a cosine.
        customer_rate: learning rate of the customers' vectors, and of the items' own where there are any.
    """

    sampling: Literal["items", "triples"] = "items"
    batch: int = 256
    updates: int | None = 300
    epochs: float = 20.0
    learning_rate: float = 2e-3
    customer_rate: float = 2e-2
    cosine: bool = True
    reduction: Literal["sum", "mean"] = "mean"
    l2_customers: float = 0.03
    l2_items: float = 0.03
    l2_own: float = 1.0
    l2_network: float = 0.0
    decay: float = 1e-2


@dataclass(frozen=True)
class VbprConfig:
    """VBPR (He & McAuley 2016) on frozen features: beta_i + gamma_u.gamma_i + theta_u.(E f_i) + beta'.f_i.

    Args:
        factors: length of gamma. visual_factors: length of theta.
    """

    factors: int = 16
    visual_factors: int = 16
    pairs: PairsConfig = field(default_factory=lambda: PairsConfig(updates=600, customer_rate=3e-2, l2_own=0.2))


@dataclass(frozen=True)
class TowerConfig:
    """The network Phi from pictures to item vectors.

    Args:
        architecture: see `towers.ARCHITECTURES`. size: side of the pictures it looks at; others are resized.
        width: channels of the first convolution. hidden: units of the fully connected layers (cnn_f).
        bias: a popularity that is read off the picture, next to the vector (the paper has none).
        response_norm: local response normalisation after the first two convolutions of cnn_f.
    """

    architecture: Architecture = "small"
    size: int = 32
    width: int = 32
    hidden: int = 4096
    dropout: float = 0.0
    bias: bool = True
    response_norm: bool = False


@dataclass(frozen=True)
class DvbprConfig:
    """DVBPR (Kang et al. 2017): score theta_u . Phi(X_i), Phi trained end to end on pixels.

    Args:
        factors: K. shift: pictures move by up to so many pixels (of the tower's size) in training; flip: half of
            them are mirrored. initial: customers' vectors start uniform on [0, initial), or normal with sd
            -initial where it is negative.
    """

    factors: int = 32
    tower: TowerConfig = field(default_factory=TowerConfig)
    pairs: PairsConfig = field(default_factory=PairsConfig)
    shift: int = 1
    flip: bool = True
    initial: float = -0.1


# The released code (kang205/DVBPR): CNN-F without response normalisation, and penalties of half a sum of squares
# (lambda1 = 1e-3 on the network, lambda2 = 1 on the batch's customers), the loss summed over 128 triples.
DVBPR_CODE = DvbprConfig(
    factors=100,
    tower=TowerConfig("cnn_f", size=224, width=64, hidden=4096, dropout=0.5, bias=False),
    pairs=PairsConfig(
        sampling="triples",
        batch=128,
        updates=None,
        epochs=20,
        learning_rate=1e-4,
        customer_rate=1e-4,
        cosine=False,
        reduction="sum",
        l2_customers=0.5,
        l2_items=0.0,
        l2_own=0.0,
        l2_network=5e-4,
        decay=0.0,
    ),
    shift=0,
    flip=False,
    initial=0.01,
)
# The paper's formula has whole sums of squares, and its CNN-F is that of Chatfield et al. (2014), which normalises
# responses after the first two convolutions; everything else as in the code.
DVBPR_PAPER = replace(
    DVBPR_CODE,
    tower=replace(DVBPR_CODE.tower, response_norm=True),
    pairs=replace(DVBPR_CODE.pairs, l2_customers=1.0, l2_network=1e-3),
)

RecommenderConfig = PopularityConfig | KnnConfig | AlsConfig | BprConfig | VbprConfig | DvbprConfig
