"""Configuration of how pictures become images: plain frozen dataclasses, nothing heavy imported."""

from dataclasses import dataclass, field
from typing import Literal

Grouping = Literal["patient", "near-duplicate pictures", "none"]


# View Position (0018,5101) for mammography, PS3.3 C.8.11.7.1.3, and SPECIMEN for the one code without it
VIEWS = ("CC", "MLO", "ML", "LM", "LMO", "FB", "SIO", "ISO", "XCCL", "XCCM", "SPECIMEN")


@dataclass(frozen=True)
class IntensityConfig:
    """How stored values become [0, 1].

    Args:
        kind: percentiles (fitted on training views), window (fixed, stored units), zscore (each image
            its own, clipped at +-3 standard deviations), range (minimum to maximum of the training views).
        centre: centre of the window in stored units (HU for CT); only for kind window.
        width: width of the window in stored units; only for kind window.
        low: lower percentile, 0 to 100; only for kind percentiles.
        high: upper percentile, 0 to 100; only for kind percentiles.
        per_image: take percentiles or range from each image alone instead of from the training set.
    """

    kind: Literal["percentiles", "window", "zscore", "range"] = "percentiles"
    centre: float | None = None
    width: float | None = None
    low: float = 1.0
    high: float = 99.0
    per_image: bool = False

    def __post_init__(self) -> None:
        if self.kind == "window" and (self.centre is None or self.width is None or self.width <= 0):
            raise ValueError("intensity.kind window needs intensity.centre and a positive intensity.width")
        if not 0 <= self.low < self.high <= 100:
            raise ValueError(f"intensity.low {self.low} and intensity.high {self.high} must be 0 <= low < high <= 100")

    @property
    def each_alone(self) -> bool:
        """True where an image's scale comes from that image alone, so that grey depths may differ."""
        return self.kind == "zscore" or (self.per_image and self.kind in ("percentiles", "range"))


@dataclass(frozen=True)
class MammogramConfig:
    """How mammograms are read (imaging.mammogram); pixels become the share of their presentation range.

    Args:
        window: which of a film's windows or VOI LUTs is applied, counted from 0.
        views: views that are used, such as CC and MLO; empty for all. Others are set aside.
    """

    window: int = 0
    views: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.window < 0:
            raise ValueError(f"image.mammogram.window {self.window} must be 0 or more")
        if unknown := [view for view in self.views if view not in VIEWS]:
            raise ValueError(f"image.mammogram.views has {unknown[0]!r}: use {', '.join(VIEWS)}")


@dataclass(frozen=True)
class ImageConfig:
    """How a picture becomes a canvas.

    Args:
        size: (height, width) of the view in pixels.
        margin: share of the box's longer side that is added on each side of the box.
        context: side of the canvas divided by side of the view, at least 1.
        roi: lesion (crop around box, mask or centre of each row) or whole (the whole picture).
        intensity: how stored values become [0, 1].
        masks: also lays the masks of all lesions of its picture on each canvas, for segmentation; of a whole picture
            with several rows the first one is used.
        mammogram: reads pictures as mammograms, with the chest wall on the left; roi whole is then the breast
            without the air around it. Nothing for other pictures.
    """

    size: tuple[int, int] = (32, 32)
    margin: float = 0.25
    context: float = 1.5
    roi: Literal["lesion", "whole"] = "lesion"
    intensity: IntensityConfig = field(default_factory=IntensityConfig)
    masks: bool = False
    mammogram: MammogramConfig | None = None

    def __post_init__(self) -> None:
        if self.masks and self.mammogram is not None:
            raise ValueError("image.masks and image.mammogram exclude each other: leave image.mammogram out")
        if len(self.size) != 2 or min(self.size) < 4:
            raise ValueError(f"image.size {self.size} must be (height, width) with at least 4 pixels each")
        if self.margin < 0:
            raise ValueError(f"image.margin {self.margin} must be 0 or more")
        if self.context < 1:
            raise ValueError(f"image.context {self.context} must be 1 or more")


def mammogram_image(roi: Literal["lesion", "whole"], size: tuple[int, int], margin: float = 0.25) -> ImageConfig:
    """Mammograms on their whole presentation range: what is 0 (air) and 1 there is 0 and 1 in the image."""
    presented = IntensityConfig(kind="window", centre=0.5, width=1.0)
    return ImageConfig(size=size, margin=margin, roi=roi, intensity=presented, mammogram=MammogramConfig())
