"""What a YAML of `chain: lesion_segmentation` may say, checked before any work. Imports no torch."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from medgan_fashion.base.plain import added
from medgan_fashion.evaluation.screening.thresholds import GateConfig, PrivacyRules
from medgan_fashion.gan.recipe.table import Recipe, changed_recipe
from medgan_fashion.imaging.cases.config import ImageConfig
from medgan_fashion.medical.config import GATED_ARM, SegmenterConfig, StudyConfig, check_contrast, check_ratios

ARMS = ("real", "real+classic", "real+classic+joint", "real+classic+spade", GATED_ARM)
SYNTHETIC = {"real+classic+joint": "joint", "real+classic+spade": "spade"}  # which generator's images an arm takes
SCORES = ("dice", "surface_distance", "hausdorff_95")


@dataclass(frozen=True)
class PairGanConfig:
    """One way to make images with masks.

    Args:
        recipe: a row of gan.recipe.table.RECIPES; its images are the pictures' channels and the mask.
        changes: what differs from that row, with its own keys.
        images_seen: real images shown in a training.
    """

    recipe: str
    changes: dict[str, Any] = field(default_factory=dict)
    images_seen: int = 20_000

    def resolved(self) -> Recipe:
        """The recipe with its changes; ValueError names an unknown key."""
        return changed_recipe(self.recipe, self.changes, "changes.")


@dataclass(frozen=True)
class SegmentationPrimary:
    """The one contrast that decides, declared before the first score, at one share of the patients and one amount."""

    metric: Literal["dice"] = "dice"
    arm: str = "real+classic+joint"
    against: str = "real+classic"
    margin: float = 0.02
    real_fraction: float = 1.0
    ratio: float = 1.0


@dataclass(frozen=True)
class SegmentationConfig(StudyConfig):
    """Bowles et al. 2018: a share of the real images x an amount of synthetic ones, with masks.

    Args:
        image: how a picture and its masks become a canvas; image.masks is always true here.
        segmenter_seeds: U-Nets trained for every arm, fold and repeat.
        ratios: amounts of synthetic images, per real image at hand.
        real_fractions: shares of the training patients; GANs and U-Nets see no other.
        joint: images and masks drawn together, the mask as one more channel (Bowles et al. 2018).
        spade: images painted over given masks (Park et al. 2019): flips, turns and zooms of the training masks.
        encoder_updates: of the encoder in whose features the gate measures distances.
        gate: the quality gate of the arm real+classic+gated, whose pairs are drawn by the generator of the tested arm.
        privacy: thresholds of the GANs' privacy screening.
    """

    chain: Literal["lesion_segmentation"] = "lesion_segmentation"
    title: str = "Lesion segmentation"
    image: ImageConfig = field(default_factory=lambda: ImageConfig(size=(64, 64), masks=True))
    segmenter_seeds: int = 2
    arms: tuple[str, ...] = ARMS[:4]
    ratios: tuple[float, ...] = (0.5, 1.0)
    real_fractions: tuple[float, ...] = (0.25, 1.0)
    primary: SegmentationPrimary = field(default_factory=SegmentationPrimary)
    joint: PairGanConfig = field(default_factory=lambda: PairGanConfig("small_joint"))
    spade: PairGanConfig = field(default_factory=lambda: PairGanConfig("small_spade"))
    segmenter: SegmenterConfig = field(default_factory=SegmenterConfig)
    encoder_updates: int = added(300, absent=300)
    gate: GateConfig = added(GateConfig(), absent=GateConfig())
    privacy: PrivacyRules = added(PrivacyRules(), absent=PrivacyRules())

    def __post_init__(self) -> None:
        super().__post_init__()
        _check(self)
        # whoever writes image: {size: ...} need not know that masks are wanted
        object.__setattr__(self, "image", replace(self.image, masks=True))

    @property
    def learner_seeds(self) -> int:
        """U-Nets of every arm, fold and repeat."""
        return self.segmenter_seeds

    @property
    def gated(self) -> str:
        """The generator behind the gated arm: that of the tested arm, or else of another."""
        arms = [arm for arm in (self.primary.arm, self.primary.against, *self.arms) if arm in SYNTHETIC]
        return SYNTHETIC[arms[0]] if arms else "joint"

    def generator(self, arm: str) -> str:
        """Which generator's images an arm takes; empty where it takes none."""
        return self.gated if arm == GATED_ARM else SYNTHETIC.get(arm, "")

    @property
    def generators(self) -> tuple[str, ...]:
        """Which of "joint" and "spade" some arm needs."""
        return tuple(dict.fromkeys(name for arm in self.arms if (name := self.generator(arm))))


def _check(config: SegmentationConfig) -> None:
    check_contrast(config.primary.arm, config.primary.against, config.primary.margin, config.arms, ARMS)
    if config.primary.real_fraction not in config.real_fractions or config.primary.ratio not in config.ratios:
        raise ValueError("primary.real_fraction must be one of real_fractions, and primary.ratio one of ratios")
    if min(config.segmenter_seeds, config.encoder_updates) < 1:
        raise ValueError("segmenter_seeds and encoder_updates must be at least 1")
    if any(not 0 < fraction <= 1 for fraction in config.real_fractions) or min(config.ratios) <= 0:
        raise ValueError("real_fractions must lie in (0, 1], and ratios be above 0")
    check_ratios(config.ratios, config.pool)
    step = 2**config.segmenter.depth
    if any(side % step for side in config.image.size):
        raise ValueError(
            f"image.size {list(config.image.size)} cannot be halved {config.segmenter.depth} times: give multiples of "
            f"{step}, or lower segmenter.depth"
        )
    for name in ("joint", "spade"):
        recipe = getattr(config, name).resolved()
        if recipe.conditional or (recipe.given == 1) != (name == "spade"):
            raise ValueError(f"{name}.recipe '{getattr(config, name).recipe}' does not fit: take small_{name}")
