"""How classic augmentation and the downstream classifiers are configured; imports nothing heavy."""

from dataclasses import dataclass
from typing import Literal


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
