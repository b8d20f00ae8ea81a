"""The medical chains' configuration: what a user's YAML may say, checked before any work. Imports no torch."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, Literal

from medgan_fashion.evaluation.screening.thresholds import GateConfig, PrivacyRules
from medgan_fashion.gan.recipe.table import Recipe, changed_recipe
from medgan_fashion.imaging.cases.config import ImageConfig, IntensityConfig

# ---------------------------------------------------------------------------------------------------------------------
# How classic augmentation and the downstream classifiers are configured; imports nothing heavy.


@dataclass(frozen=True)
class ClassicConfig:
    """How classic augmentation varies a real image.

    Args:
        policy: "general" = rotation, flips, shift, scale and mild grey changes; "paper" = the 480 variants of
            a lesion of Frid-Adar et al. 2018 (30 rotations; of each 3 flips, 7 shifts, 5 scales).
            The strengths below belong to "general" only.
        rotation: largest rotation to either side, in degrees.
        flip_horizontal: mirror left-right in half of the images.
        flip_vertical: mirror up-down in half of the images.
        shift: largest shift along each axis, as a share of the view's side.
        scale: zoom drawn from [1 - scale, 1 + scale].
        brightness: largest grey offset, on the [0, 1] scale.
        contrast: contrast factor drawn from [1 - contrast, 1 + contrast], around the image's mean.
        gamma: exponent drawn from exp(U[-gamma, gamma]).
        blur: largest Gaussian sigma in view pixels, applied to a quarter of the images; 0 = never.
        noise: largest Gaussian noise sd on the [0, 1] scale, applied to a quarter of the images; 0 = never.
    """

    policy: Literal["general", "paper"] = "general"
    rotation: float = 180.0
    flip_horizontal: bool = True
    flip_vertical: bool = True
    shift: float = 0.06
    scale: float = 0.15
    brightness: float = 0.05
    contrast: float = 0.1
    gamma: float = 0.1
    blur: float = 0.7
    noise: float = 0.02

    def __post_init__(self) -> None:
        if not 0 <= self.rotation <= 180:
            raise ValueError(f"classic.rotation must lie in [0, 180] degrees, not {self.rotation}.")
        for name in ("shift", "scale", "brightness", "contrast", "gamma"):
            if not 0 <= getattr(self, name) < 0.5:
                raise ValueError(f"classic.{name} must lie in [0, 0.5), not {getattr(self, name)}.")
        for name in ("blur", "noise"):
            if getattr(self, name) < 0:
                raise ValueError(f"classic.{name} must not be negative, but is {getattr(self, name)}.")


@dataclass(frozen=True)
class ClassifierConfig:
    """The downstream classifier and its training, the same in every arm.

    Args:
        network: which network; "paper_cnn" is the one of Frid-Adar et al. 2018, the last two need monai.
        updates: number of optimizer updates, in every arm the same whatever the size of the pool.
        batch: images per update.
        learning_rate: at the start; it falls to 0 along a cosine.
        optimizer: "adam" or "sgd" (momentum 0.9).
        weight_decay: decoupled (AdamW) for "adam", classic for "sgd".
        dropout: before the last layer (small_cnn, paper_cnn) or inside DenseNet; ResNet has none.
        real_share: share of real images in every batch where the pool holds real and made images; null = as
            the pool is mixed.
    """

    network: Literal["small_cnn", "paper_cnn", "resnet18", "densenet121"] = "small_cnn"
    updates: int = 400
    batch: int = 64
    learning_rate: float = 1e-3
    optimizer: Literal["adam", "sgd"] = "adam"
    weight_decay: float = 1e-4
    dropout: float = 0.5
    real_share: float | None = 0.5

    def __post_init__(self) -> None:
        if self.updates < 1 or self.batch < 2:
            raise ValueError("classifier.updates must be at least 1 and classifier.batch at least 2.")
        if self.learning_rate <= 0 or self.weight_decay < 0:
            raise ValueError("classifier.learning_rate must be above 0 and weight_decay not below 0.")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"classifier.dropout must lie in [0, 1), not {self.dropout}.")
        if self.real_share is not None and not 0 < self.real_share < 1:
            raise ValueError(f"classifier.real_share must lie between 0 and 1 or be null, not {self.real_share}.")


@dataclass(frozen=True)
class SegmenterConfig:
    """The U-Net (Ronneberger et al. 2015, as MONAI has it) and its training, the same in every arm.

    Args:
        width: channels at full resolution, doubled at each halving.
        depth: halvings of the resolution.
        updates: optimizer updates, in every arm the same whatever the size of the pool.
        batch: images of an update.
        learning_rate: of Adam at the start; it falls to 0 along a cosine.
        real_share: share of real images in every batch where the pool holds made ones too; null = as the pool is mixed.
    """

    width: int = 16
    depth: int = 3
    updates: int = 300
    batch: int = 16
    learning_rate: float = 2e-3
    real_share: float | None = 0.5

    def __post_init__(self) -> None:
        if min(self.width, self.depth, self.updates) < 1 or self.batch < 2 or self.learning_rate <= 0:
            raise ValueError("segmenter: width, depth and updates must be at least 1, batch 2, learning_rate above 0")
        if self.real_share is not None and not 0 < self.real_share < 1:
            raise ValueError(f"segmenter.real_share must lie between 0 and 1 or be null, not {self.real_share}")


ARMS = (
    "real",
    "real+oversampled",
    "real+classic",
    "real+gan",
    "real+classic+gan",
    "gan-only",
    "real+classic+shuffled",
    "real+classic+gated",
    "real+held-back",
    "balanced+classic",
    "balanced+classic+gan",
)
GATED_ARM = "real+classic+gated"
MOST_FOLDS, MOST_REPEATS = 100, 1000  # what `design.cell_seed` has room for
BALANCED_ARMS = ("balanced+classic", "balanced+classic+gan")
GAN_ARMS = ("real+gan", "real+classic+gan", "gan-only", "real+classic+shuffled", GATED_ARM)


@dataclass(frozen=True)
class GanConfig:
    """Which GAN, and how long it trains.

    Args:
        recipe: a row of gan.recipe.table.RECIPES.
        changes: what differs from that row, with its own keys, for example {networks: {width: 16}}.
        images_seen: real images shown in a training.
        per_class: one GAN for each class (Frid-Adar et al. 2018) instead of one conditional GAN.
        by_view: condition on class and View Position together, where the training rows have more than one position.
    """

    recipe: str = "small"
    changes: dict[str, Any] = field(default_factory=dict)
    images_seen: int = 100_000
    per_class: bool = False
    by_view: bool = False

    def resolved(self) -> Recipe:
        """The recipe with its changes; ValueError names an unknown key."""
        return changed_recipe(self.recipe, self.changes, "gan.changes.")


@dataclass(frozen=True)
class PrimaryConfig:
    """The one contrast that decides, declared before the first score."""

    metric: Literal["balanced_accuracy", "auroc", "sensitivity_weighted"] = "balanced_accuracy"
    arm: str = "real+classic+gan"
    against: str = "real+classic"
    margin: float = 0.02


@dataclass(frozen=True)
class StudyConfig(ABC):
    """What every ablation has, whatever is learned in it.

    Args:
        folds: of the patients, in each repeat.
        repeats: each repeat draws a new partition into folds and trains new GANs, so that the variation between
            repeats holds both.
        pool: images in every arm's pool but `real`'s, as a multiple of the training fold's real images.
        privacy: thresholds of the GANs' privacy screening.
        phantom_patients: patients of the embedded phantoms, where no data is given.
        skip_unreadable: go on without rows that cannot be read, and say so in the report.
    """

    chain: str = ""
    title: str = ""
    image: ImageConfig = field(default_factory=ImageConfig)
    folds: int = 3
    repeats: int = 3
    seed: int = 0
    arms: tuple[str, ...] = ()
    pool: float = 4.0
    classic: ClassicConfig = field(default_factory=ClassicConfig)
    privacy: PrivacyRules = field(default_factory=PrivacyRules)
    phantom_patients: int = 60
    skip_unreadable: bool = False

    def __post_init__(self) -> None:
        if not 2 <= self.folds <= MOST_FOLDS or not 1 <= self.repeats <= MOST_REPEATS:
            raise ValueError(f"folds must be 2 to {MOST_FOLDS}, and repeats 1 to {MOST_REPEATS}")

    @property
    @abstractmethod
    def learner_seeds(self) -> int:
        """Learners (classifiers, U-Nets) of every arm, fold and repeat."""

    @property
    def case_word(self) -> str:
        """What scores are averaged over, in the plural."""
        return "images"

    @property
    def external_sites(self) -> tuple[str, ...]:
        """The sites that are only ever tested on, by name."""
        return ()

    @property
    def films(self) -> bool:
        """Whether images are whole mammograms."""
        return False


@dataclass(frozen=True)
class AblationConfig(StudyConfig):
    """The ablation, of lesions on any modality or of mammograms.

    Args:
        chain: says which phantoms stand in where no data is given, and what the report calls a case; all else that
            a chain means stands in pipelines/CHAIN.yaml.
        classifier_seeds: classifiers trained for every arm, fold and repeat.
        ratio: synthetic images per real image in the tested arm (declared beforehand).
        choose: "declared" takes `ratio`; "inner" picks one of `dose_ratios` on an inner grouped hold-out, with a GAN of
            its own for each inner training set.
        held_back: share of training patients kept out of every arm but real+held-back, which gets them instead of
            synthetic images.
        dose_ratios, real_fractions: the benefit-against-amount figure; secondary, may be empty.
        gate: the quality gate of the arm real+classic+gated: candidates, and what rejects them.
        external_site: name of a site (column `site` of the case table), or a list of names; its rows are only ever
            tested on.
    """

    chain: Literal["lesions", "mammograms"] = "lesions"
    title: str = "lesions"
    classifier_seeds: int = 3
    arms: tuple[str, ...] = ARMS[:8]
    ratio: float = 1.0
    choose: Literal["declared", "inner"] = "declared"
    held_back: float = 0.0
    dose_ratios: tuple[float, ...] = ()
    real_fractions: tuple[float, ...] = (1.0,)
    primary: PrimaryConfig = field(default_factory=PrimaryConfig)
    gan: GanConfig = field(default_factory=GanConfig)
    classifier: ClassifierConfig = field(default_factory=ClassifierConfig)
    encoder_updates: int = 300
    gate: GateConfig = field(default_factory=GateConfig)
    external_site: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        _check(self)

    @property
    def learner_seeds(self) -> int:
        """Classifiers of every arm, fold and repeat."""
        return self.classifier_seeds

    @property
    def external_sites(self) -> tuple[str, ...]:
        """The sites that are only ever tested on, by name."""
        return tuple(map(str, _as_list(self.external_site)))

    @property
    def films(self) -> bool:
        """Whether images are whole mammograms."""
        return self.chain == "mammograms" and self.image.roi == "whole"

    @property
    def case_word(self) -> str:
        """What scores are averaged over, in the plural: whole films are averaged over a breast."""
        return "breasts" if self.films else "lesions"

    @property
    def ratios(self) -> tuple[float, ...]:
        """Every ratio that some arm may use."""
        return tuple(sorted({self.ratio, *self.dose_ratios}))


def _as_list(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]


def check_contrast(arm: str, against: str, margin: float, arms: tuple[str, ...], known: tuple[str, ...]) -> None:
    """ValueError for a declared contrast that no study of these arms can answer; `known` are the chain's arms."""
    for name in (*arms, arm, against):
        if name not in known:
            raise ValueError(f"unknown arm '{name}' in arms or primary; choose from {', '.join(known)}")
    for key, name in (("arm", arm), ("against", against)):
        if name not in arms:
            raise ValueError(f"primary.{key} is '{name}', which is not in arms; add it there")
    if arm == against or margin <= 0:
        raise ValueError("primary.arm and primary.against must differ, and primary.margin be above 0")


def check_ratios(ratios: tuple[float, ...], pool: float) -> None:
    """ValueError for more synthetic images than a pool has room for."""
    if max(ratios) > pool - 1:
        raise ValueError(
            f"ratio {max(ratios):g} does not fit into a pool of {pool:g} x the real images; set pool to at least "
            f"{max(ratios) + 1:g}"
        )


def _check(config: AblationConfig) -> None:
    check_contrast(config.primary.arm, config.primary.against, config.primary.margin, config.arms, ARMS)
    if min(config.ratios) < 0 or config.gan.images_seen < 1 or config.encoder_updates < 1:
        raise ValueError("ratios must not be negative, gan.images_seen and encoder_updates be at least 1")
    if config.classifier_seeds < 1:
        raise ValueError("classifier_seeds must be at least 1")
    check_ratios(config.ratios, config.pool)
    if not 0 <= config.held_back <= 0.5 or ("real+held-back" in config.arms) != (config.held_back > 0):
        raise ValueError("arm real+held-back needs held_back between 0 and 0.5, and held_back needs that arm")
    if any(not 0 < fraction <= 1 for fraction in config.real_fractions):
        raise ValueError("real_fractions must lie in (0, 1]")
    if any(not site or isinstance(site, (dict, list)) for site in _as_list(config.external_site)):
        raise ValueError("external_site must be the name of a site in the case table, or a list of names")
    if config.primary.arm in BALANCED_ARMS and config.dose_ratios:
        raise ValueError("dose_ratios need a primary.arm whose synthetic images have a ratio; balanced arms have none")
    if config.choose == "inner" and len(config.dose_ratios) < 2:
        raise ValueError("choose: inner needs at least two dose_ratios to choose from")
    if config.gan.by_view and config.gan.per_class:
        raise ValueError("gan.by_view and gan.per_class exclude each other: by_view needs one conditional GAN")
    recipe = config.gan.resolved()
    if recipe.conditional and not recipe.draws_classes:
        raise ValueError(f"gan.recipe '{config.gan.recipe}' draws no class on demand: take small, cgan or acgan")
    if recipe.conditional == config.gan.per_class:
        what = (
            "per_class: true wants an unconditional recipe (dcgan)"
            if config.gan.per_class
            else ("an unconditional recipe needs per_class: true, or take small or cgan")
        )
        raise ValueError(f"gan.recipe '{config.gan.recipe}': {what}")


def phantom_image_config() -> ImageConfig:
    """The liver window of the embedded phantoms: -15 to 135 HU."""
    return ImageConfig(intensity=IntensityConfig(kind="window", centre=60.0, width=150.0))
