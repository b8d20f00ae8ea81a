"""The configuration of `run garments`: what a user's YAML may say, checked before any work. Imports no torch."""

from dataclasses import dataclass, field
from typing import Any, Literal

from medgan_fashion.base.plain import from_plain, merged, to_plain
from medgan_fashion.fashion.catalogue_config import CatalogueConfig, PurchaseConfig
from medgan_fashion.fashion.design_config import DesignConfig, RestyleConfig
from medgan_fashion.fashion.recommender_config import (
    AlsConfig,
    BprConfig,
    DvbprConfig,
    KnnConfig,
    PopularityConfig,
    RecommenderConfig,
    TowerConfig,
    VbprConfig,
)
from medgan_fashion.fashion.sample_config import SampleConfig
from medgan_fashion.gan.recipe.table import Recipe, changed_recipe

LEAST_SIZE = 16  # side of pictures that the encoder of categories can look at
COMPARED = ("popularity", "item_knn", "als", "bpr", "vbpr", "dvbpr")


@dataclass(frozen=True)
class RecommendersConfig:
    """Which recommenders are compared, and which ones judge pictures.

    Args:
        compare: rows of fitting.RECOMMENDERS that the ranking table holds.
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
        recipe: a conditional row of gan.recipes.RECIPES; changes: what differs from it.
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
