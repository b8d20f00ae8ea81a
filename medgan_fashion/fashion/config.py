"""The configuration of `run garments`: what a user's YAML may say, checked before any work. Imports no torch."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from medgan_fashion.base.plain import from_plain, merged, to_plain
from medgan_fashion.gan.recipe.table import Recipe, changed_recipe

# ---------------------------------------------------------------------------------------------------------------------
# How a shop's tables are read: plain frozen dataclasses, nothing heavy imported.


CATALOGUE_COLUMNS = ("item", "image", "category", "style", "main", "price", "stock")
PURCHASE_COLUMNS = ("customer", "item", "time", "event")
# A return says "did not want to keep it": not a like, but weaker than a dislike (it may have been the size).
WEIGHTS = {"purchase": 1.0, "like": 1.0, "view": 0.2, "return": -0.5, "dislike": -1.0}


def _check_columns(columns: dict[str, str], known: tuple[str, ...], where: str) -> None:
    if unknown := [name for name in columns if name not in known]:
        raise ValueError(f"{where}.columns has '{unknown[0]}': it maps {', '.join(known)}")


@dataclass(frozen=True)
class CatalogueConfig:
    """How a catalogue table becomes pictures and categories.

    Args:
        size: side S of the square pictures in pixels.
        columns: which column of the table holds item, image, category, style, main, price or stock, where its name
            is another; two may be the same one.
        attributes: columns kept as attributes; nothing for every other column that is not all numbers.
        images: folder that image paths are relative to (itself relative to the table); nothing for the table's.
        suffix: put behind an image name that lacks it, such as .jpg.
        hold_out: share of styles that no training sees.
        hold_out_seed: which styles these are.
        min_category: categories with fewer items than this are left out.
        skip_unreadable: leave out and list items that cannot be used, instead of stopping.
    """

    size: int = 64
    columns: dict[str, str] = field(default_factory=dict)
    attributes: tuple[str, ...] | None = None
    images: str | None = None
    suffix: str = ""
    hold_out: float = 0.1
    hold_out_seed: int = 0
    min_category: int = 1
    skip_unreadable: bool = False

    def __post_init__(self) -> None:
        _check_columns(self.columns, CATALOGUE_COLUMNS, "catalogue")
        if not 8 <= self.size <= 1024:
            raise ValueError(f"catalogue.size {self.size} must be 8 to 1024 pixels")
        if not 0 <= self.hold_out < 1:
            raise ValueError(f"catalogue.hold_out {self.hold_out} must be 0 or more and below 1")
        if self.min_category < 1:
            raise ValueError(f"catalogue.min_category {self.min_category} must be 1 or more")


@dataclass(frozen=True)
class PurchaseConfig:
    """How a table of purchases becomes likes and dislikes.

    Args:
        columns: which column of the table holds customer, item, time or event, where its name is another.
        weights: weight of each event, laid over purchase 1, like 1, view 0.2, return -0.5, dislike -1; above 0 is
            a like, below 0 a dislike, 0 neither.
    """

    columns: dict[str, str] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=lambda: dict(WEIGHTS))

    def __post_init__(self) -> None:
        _check_columns(self.columns, PURCHASE_COLUMNS, "purchases")
        if wrong := [event for event, weight in self.weights.items() if not -1 <= weight <= 1]:
            raise ValueError(f"purchases.weights.{wrong[0]} {self.weights[wrong[0]]} must be -1 to 1")


# ---------------------------------------------------------------------------------------------------------------------
# What a recommender can be told: one frozen dataclass each, torch-free, and the rows of Kang et al. (2017).


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


# ---------------------------------------------------------------------------------------------------------------------
# Settings of designing and restyling; imports no torch.


@dataclass(frozen=True)
class ViewConfig:
    """The random look at each picture inside the search (expectation over transformations): tricks of single pixels
    do not survive it. Shares of the picture's side (`crop`: zooms in or out by up to half of it, shifts by up to a
    quarter) and of its range of values."""

    crop: float = 0.1
    flip: bool = True
    noise: float = 0.02
    brightness: float = 0.05

    def __post_init__(self) -> None:
        if not 0 <= self.crop < 1 or min(self.noise, self.brightness) < 0:
            raise ValueError("a view's crop must lie in [0, 1), its noise and brightness at 0 or above")


@dataclass(frozen=True)
class DesignConfig:
    """What is maximised over z, and what is accepted afterwards.

    preference(G(z, c)) - eta (D(G(z, c), c) - 1)^2 - prior_weight x how unlikely z is - guard_weight x shortfall;
    preference in standard deviations of the customer's scores over unseen real items of the category, the shortfall 0
    for pictures that the category check and the realism threshold would let pass.

    Args:
        eta: weight of the discriminator's term.
        ensemble: how several recommenders become one number: their minimum, or mean - kappa x sd.
        cap: preference counts up to this many times that of the best real item on offer; null: without end.
        segment: how several customers become one: their mean, or the least pleased of them.
        guard_weight: of falling short of those checks while searching; 0 leaves them for the end.
        starts, candidates, steps, learning_rate, prior_weight: of the latent search.
        realism_quantile: a design must be as near to the catalogue as that share of held-out photos is.
        n_diverse: designs (and real items beside them) for each problem.
        novelty: weight of being unlike the designs already chosen (0 = by preference alone).
        fallback_draws: random designs to choose from where the search ends with nothing that passes.
    """

    eta: float = 1.0
    ensemble: Literal["min", "mean_minus_sd"] = "min"
    kappa: float = 1.0
    cap: float | None = 1.0
    segment: Literal["mean", "minimum"] = "mean"
    guard_weight: float = 2.0
    views: ViewConfig = field(default_factory=ViewConfig)
    starts: int = 16
    candidates: int = 256
    steps: int = 60
    learning_rate: float = 0.1
    prior_weight: float = 0.1
    realism_quantile: float = 0.95
    n_diverse: int = 4
    novelty: float = 0.3
    fallback_draws: int = 256

    def __post_init__(self) -> None:
        if self.n_diverse < 1 or not 0 < self.realism_quantile <= 1 or not 0 <= self.novelty <= 1:
            raise ValueError("n_diverse must be >= 1, realism_quantile in (0, 1] and novelty in [0, 1]")
        if min(self.eta, self.kappa, self.guard_weight) < 0:
            raise ValueError("eta, kappa and guard_weight weigh penalties: give 0 or more")


@dataclass(frozen=True)
class RestyleConfig:
    """How a photo is answered, and how the walk towards the customer's taste goes.

    Args:
        leashes: weights of |z - z*|^2 / d, one for each step of the walk; they fall, so the steps widen.
        walk_steps: updates of z in each step.
        faithful_quantile, cannot_quantile: of held-out photos, by structural similarity inside the garment, the best
            first; beyond the second nothing is restyled.
        silhouette: area that the garments of photo and drawing must share for a faithful drawing, over what either
            covers.
        preference_tolerance: how far a drawing may move the panel's preference for it to be faithful, in standard
            deviations over the catalogue (root mean square over the panel's customers).
        nearer_share: share of the category's other real garments that may be nearer to a faithful drawing than its
            photo.
        panel: customers asked.
    """

    leashes: tuple[float, ...] = (256.0, 64.0, 16.0, 4.0, 1.0)
    walk_steps: int = 30
    faithful_quantile: float = 0.75
    cannot_quantile: float = 0.95
    silhouette: float = 0.75
    preference_tolerance: float = 0.5
    nearer_share: float = 0.01
    panel: int = 64

    def __post_init__(self) -> None:
        if not self.leashes or any(b >= a for a, b in zip(self.leashes, self.leashes[1:], strict=False)):
            raise ValueError("leashes must be numbers that fall from step to step, for example (4, 2, 1)")
        if not 0 < self.faithful_quantile <= self.cannot_quantile < 1:
            raise ValueError("quantiles must satisfy 0 < faithful_quantile <= cannot_quantile < 1")


# ---------------------------------------------------------------------------------------------------------------------
# What the sample catalogue and its customers look like: a frozen dataclass, nothing heavy imported.


@dataclass(frozen=True)
class SampleConfig:
    """A shop that was made up.

    Args:
        n_styles: garments; each comes in one or two colours, so that there are half as many items again.
        n_customers: customers whose purchases recommenders learn from.
        new_customers: further ones that no training sees; their likes stand in a file of their own.
        size: side of the pictures in pixels.
        purchases: fewest and most purchases of a customer.
        temperature: how loosely customers follow their taste, in units of utility; 0.05 is strict, 1 nearly at random.
        noise: share of purchases that have nothing to do with taste (presents, sales).
        groups: tastes that many customers share, the first ones most often.
        in_gaps: share of the groups' ideals that lie where the catalogue has nothing.
    """

    n_styles: int = 600
    n_customers: int = 400
    new_customers: int = 60
    size: int = 32
    purchases: tuple[int, int] = (8, 16)
    temperature: float = 0.13
    noise: float = 0.08
    groups: int = 8
    in_gaps: float = 0.5

    def __post_init__(self) -> None:
        least, most = self.purchases
        if min(self.n_styles, self.n_customers, self.groups) < 1 or self.new_customers < 0:
            raise ValueError("sample.n_styles, n_customers and groups must be 1 or more, new_customers 0 or more")
        if not 8 <= self.size <= 1024:
            raise ValueError(f"sample.size {self.size} must be 8 to 1024 pixels")
        if not 1 <= least <= most:
            raise ValueError(
                f"sample.purchases {list(self.purchases)} must be a fewest of 1 or more and a most above it"
            )
        if not self.temperature > 0 or not 0 <= self.noise <= 1 or not 0 <= self.in_gaps <= 1:
            raise ValueError("sample.temperature must be above 0, noise and in_gaps 0 to 1")


LEAST_SIZE = 16  # side of pictures that the encoder of categories can look at
COMPARED = ("popularity", "item_knn", "als", "bpr", "vbpr", "dvbpr")


@dataclass(frozen=True)
class RecommendersConfig:
    """Which recommenders are compared, and which ones judge pictures.

    Args:
        compare: rows of recommenders.RECOMMENDERS that the ranking table holds.
        seeds: seeds of DVBPR that together are the ensemble that a design climbs.
        held_out: another architecture with a seed of its own, which no search ever sees: it judges the designs.
        encoder_updates: training of the encoder of categories, whose features VBPR, realism and figures use.
    """

    compare: tuple[str, ...] = COMPARED
    seeds: int = 3
    popularity: PopularityConfig = field(default_factory=PopularityConfig)
    item_knn: KnnConfig = field(default_factory=KnnConfig)
    als: AlsConfig = field(default_factory=AlsConfig)
    bpr: BprConfig = field(default_factory=BprConfig)
    vbpr: VbprConfig = field(default_factory=VbprConfig)
    dvbpr: DvbprConfig = field(default_factory=DvbprConfig)
    held_out: DvbprConfig = field(default_factory=lambda: DvbprConfig(tower=TowerConfig("residual", width=16)))
    encoder_updates: int = 400

    def __post_init__(self) -> None:
        for name in self.compare:
            if name not in COMPARED:
                raise ValueError(f"recommenders.compare has '{name}'; choose from {', '.join(COMPARED)}")
        if self.seeds < 3:
            raise ValueError(f"recommenders.seeds is {self.seeds}: a design needs at least 3 to agree on it")
        if self.held_out.tower.architecture == self.dvbpr.tower.architecture:
            raise ValueError("recommenders.held_out.tower.architecture must differ from dvbpr's: it judges its designs")

    def of(self, name: str) -> RecommenderConfig:
        """The settings of a row."""
        return getattr(self, name)


@dataclass(frozen=True)
class GarmentGanConfig:
    """The GAN that draws garments.

    Args:
        recipe: a conditional row of gan.recipe.table.RECIPES; changes: what differs from it.
        images_seen: real pictures shown in training.
        least_pictures: a category with fewer to train on is recommended but not designed.
        model: a model.safetensors trained before, instead of training one here.
        encoder_images: generated pictures that the start of inversion is learned from.
    """

    recipe: str = "small"
    changes: dict[str, Any] = field(default_factory=dict)
    images_seen: int = 100_000
    least_pictures: int = 100
    model: str | None = None
    encoder_images: int = 20_000

    def resolved(self) -> Recipe:
        """The recipe with its changes; ValueError names an unknown key, or says that it has no condition."""
        recipe = changed_recipe(self.recipe, self.changes, "gan.changes.")
        if not recipe.draws_classes:
            raise ValueError(f"gan.recipe '{self.recipe}' knows no categories: take small, cgan or dvbpr_lsgan")
        return recipe


@dataclass(frozen=True)
class GarmentsConfig:
    """The chain: catalogue, recommenders, GAN, designs and restyles, report.

    Args:
        limit: look at so many items only, chosen by `seed`; 0 = all.
        customers: pseudonyms or IDs to design for; empty: `designed_for` of them by `seed`.
        judged_on: customers over whom scores, transfer ratios and known utilities are averaged.
        etas: weights of realism in the trade-off table; 0 is preference alone.
        restyled: photos, held out, that are inverted and walked towards the customers' taste.
        calibrated_on: held-out photos at most that say what a faithful inversion is.
        planted: generated pictures that are inverted to see whether the search finds what can be found.
        likes: of a new customer, from which the model's guess is made without retraining.
        simulated_customers: where a catalogue comes without purchases, customers with a known taste are simulated.
    """

    chain: Literal["garments"] = "garments"
    title: str = "Garments"
    seed: int = 0
    limit: int = 0
    catalogue: CatalogueConfig = field(default_factory=CatalogueConfig)
    purchases: PurchaseConfig = field(default_factory=PurchaseConfig)
    sample: SampleConfig = field(default_factory=SampleConfig)
    simulated_customers: int = 400
    recommenders: RecommendersConfig = field(default_factory=RecommendersConfig)
    gan: GarmentGanConfig = field(default_factory=GarmentGanConfig)
    design: DesignConfig = field(default_factory=DesignConfig)
    restyle: RestyleConfig = field(default_factory=RestyleConfig)
    customers: tuple[str, ...] = ()
    designed_for: int = 10
    judged_on: int = 40
    etas: tuple[float, ...] = (0.0, 0.1, 1.0, 10.0)
    restyled: int = 10
    calibrated_on: int = 120
    planted: int = 32
    likes: int = 5

    def __post_init__(self) -> None:
        self.gan.resolved()
        if min(self.limit, self.calibrated_on) < 0:
            raise ValueError("limit and calibrated_on must not be negative; limit 0 takes every item")
        if self.catalogue.size < LEAST_SIZE:
            raise ValueError(f"catalogue.size is {self.catalogue.size}: the chain's networks need {LEAST_SIZE} or more")
        counts = ("designed_for", "judged_on", "restyled", "planted", "likes", "simulated_customers")
        for name in counts:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}: it must be 1 or more")
        if not self.etas or min(self.etas) < 0:
            raise ValueError("etas needs at least one number, and none below 0")


def read_settings(settings: dict[str, Any]) -> GarmentsConfig:
    """The configuration of a pipeline file: what it says, laid over the defaults at every depth. ValueError names an
    unknown or ill-typed key."""
    return from_plain(GarmentsConfig, merged(to_plain(GarmentsConfig()), settings))
