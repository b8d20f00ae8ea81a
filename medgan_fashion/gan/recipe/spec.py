"""A recipe: everything that makes one GAN differ from another, as plain values; imports no torch."""

from dataclasses import dataclass, field
from typing import Literal

from medgan_fashion.gan.recipe.recipe_parts import (
    Autoencoding,
    Classify,
    Growth,
    Latent,
    NetworkPair,
    PenaltyRow,
    Stabilisers,
    Translation,
)
from medgan_fashion.gan.recipe.validate import misfits


@dataclass(frozen=True)
class Recipe:
    """Everything that makes one GAN differ from another. All fields are plain data.

    `images` counts in `ema_half_life` are real images seen: after that many, half of the average is new.
    0 publishes the live generator. `n_critic` critic updates stand before each generator update.
    """

    networks: NetworkPair = field(default_factory=NetworkPair)
    objective: str = "non_saturating"
    relativistic: Literal["none", "average", "paired"] = "none"
    label_smoothing: float = 0.0
    penalties: tuple[PenaltyRow, ...] = ()
    augment: tuple[str, ...] = ()
    latent: Latent = field(default_factory=Latent)
    batch: int = 64
    n_critic: int = 1
    lr_g: float = 2e-4
    lr_d: float = 2e-4
    beta1: float = 0.5
    beta2: float = 0.999
    ema_half_life: int = 0
    growth: Growth | None = None
    classify: Classify | None = None
    autoencoding: Autoencoding | None = None
    translation: Translation | None = None
    stabilise: Stabilisers = field(default_factory=Stabilisers)

    def __post_init__(self) -> None:
        for wrong, sentence in misfits(self):
            if wrong:
                raise ValueError(sentence)

    @property
    def game(self) -> str:
        """The game that this row plays: a key of game_table.GAMES."""
        return "autoencoding" if self.autoencoding else "translation" if self.translation else "synthesis"

    @property
    def conditional(self) -> bool:
        """Whether labels are needed."""
        return self.networks.condition_g != "none" or self.networks.condition_d != "none"

    @property
    def draws_classes(self) -> bool:
        """Whether G draws the class that it is asked for."""
        return self.networks.condition_g != "none"
