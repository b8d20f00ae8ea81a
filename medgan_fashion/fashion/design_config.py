"""Settings of designing and restyling; imports no torch."""

from dataclasses import dataclass, field
from typing import Literal


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
