"""Recipes: a GAN paper is a row of plain values here, read by one loop; imports no torch."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from medgan_fashion.gan.plain import from_plain, merged, to_plain
from medgan_fashion.gan.recipe_parts import Growth, Latent, NetworkPair, PenaltyRow


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

    def __post_init__(self) -> None:
        if (self.growth is None) == (self.networks.kind == "progressive"):
            raise ValueError("networks.kind progressive needs growth (phase_images), and growth needs that kind")
        if (self.networks.given > 0) != (self.networks.kind == "spade"):
            raise ValueError(
                "networks.kind spade needs networks.given, the number of mask channels, and no other kind has it"
            )
        onehot = "onehot" in (self.networks.condition_g, self.networks.condition_d)
        if onehot != (self.networks.kind == "kang" and self.conditional):
            raise ValueError(
                "networks.kind kang takes condition_g and condition_d onehot or none; no other kind onehot"
            )

    @property
    def conditional(self) -> bool:
        """Whether labels are needed."""
        return self.networks.condition_g != "none" or self.networks.condition_d != "none"


def find_recipe(recipe: "str | Recipe") -> Recipe:
    """A row of RECIPES by name, or the recipe itself; ValueError lists the names."""
    if isinstance(recipe, Recipe):
        return recipe
    if recipe not in RECIPES:
        raise ValueError(f"unknown recipe '{recipe}'; choose from {', '.join(RECIPES)}")
    return RECIPES[recipe]


def changed_recipe(recipe: "str | Recipe", changes: dict[str, Any], where: str = "") -> Recipe:
    """A row with changes under its own keys, for example {networks: {width: 16}}; ValueError names an unknown key."""
    return from_plain(Recipe, merged(to_plain(find_recipe(recipe)), changes), where)


_dcgan = Recipe()

_small = Recipe(
    networks=NetworkPair(
        width=32,
        max_width=256,
        norm_d="none",
        init="he",
        minibatch_deviation=True,
        condition_g="concat",
        condition_d="projection",
    ),
    relativistic="paired",
    penalties=(PenaltyRow("r1", weight=0.5, every=8),),
    augment=("flip", "translation"),
    latent=Latent(size=64),
    batch=32,
    lr_g=1e-3,
    lr_d=1e-3,
    beta1=0.0,
    beta2=0.99,
    ema_half_life=10_000,
)

_small_whole = replace(_small, networks=replace(_small.networks, condition_g="none", condition_d="none"))

_kang = Recipe(
    networks=NetworkPair(kind="kang", max_width=256, kernel=5, condition_g="onehot", condition_d="onehot"),
    objective="least_squares_whole",
    latent=Latent(size=256),
    batch=16,
    lr_g=1e-4,
    lr_d=1e-4,
    beta1=0.5,
    beta2=0.99,
)

_progan = Recipe(
    networks=NetworkPair(
        kind="progressive", width=16, max_width=512, norm_g="none", norm_d="none", minibatch_deviation=True
    ),
    objective="wasserstein",
    penalties=(PenaltyRow("gradient_penalty", weight=10.0), PenaltyRow("drift", weight=0.001)),
    latent=Latent(size=512),
    batch=16,
    lr_g=1e-3,
    lr_d=1e-3,
    beta1=0.0,
    beta2=0.99,
    ema_half_life=10_000,
    growth=Growth(phase_images=(600_000,), batches=(128, 128, 128, 64, 32, 16, 8, 4, 4)),
)

RECIPES: dict[str, Recipe] = {
    # Goodfellow et al. 2014 on fully connected networks
    "mlp_gan": Recipe(networks=NetworkPair(kind="mlp", width=256, norm_g="none", norm_d="none", init="he")),
    # Radford et al. 2015
    "dcgan": _dcgan,
    # Mirza and Osindero 2014 on DCGAN networks
    "cgan": replace(_dcgan, networks=NetworkPair(condition_g="multiply", condition_d="plane")),
    # Gulrajani et al. 2017
    "wgan_gp": Recipe(
        networks=NetworkPair(norm_d="none", init="he"),
        objective="wasserstein",
        penalties=(PenaltyRow("gradient_penalty", weight=10.0),),
        n_critic=5,
        lr_g=1e-4,
        lr_d=1e-4,
        beta1=0.0,
        beta2=0.9,
    ),
    # our default for a few hundred labelled images: relativistic pairing + R1 (Huang et al. 2024), DiffAugment
    # (Zhao et al. 2020), projection (Miyato and Koyama 2018), averaged weights
    "small": _small,
    # the same without classes: with masks as one more channel it draws images and masks together (Bowles et al. 2018)
    "small_joint": _small_whole,
    # Park et al. 2019 at its smallest: images painted over given masks, with our loss for a few hundred images
    "small_spade": replace(
        _small_whole,
        networks=replace(_small_whole.networks, kind="spade", given=1, width=16, max_width=128),
        latent=Latent(size=32),
    ),
    # Kang et al. 2017 as its released code has it, for 64x64 (30 epochs there)
    "dvbpr_lsgan": _kang,
    # the same as printed, for 128x128
    "dvbpr_lsgan_128": replace(_kang, latent=Latent(size=100, prior="uniform")),
    # Karras et al. 2018 (the batches: their one-GPU schedule), on any base grid; Korkinof et al. 2018 on 5x4
    "progan": _progan,
    # the same with labels, by projection where the paper has an auxiliary classifier
    "progan_cond": replace(_progan, networks=replace(_progan.networks, condition_g="concat", condition_d="projection")),
    # the same networks, slimmer, with our loss for a few hundred labelled images; no flip: films face one way
    "progan_small": replace(
        _progan,
        networks=replace(_progan.networks, max_width=64, condition_g="concat", condition_d="projection"),
        objective="non_saturating",
        relativistic="paired",
        penalties=(PenaltyRow("r1", weight=0.5, every=8),),
        augment=("translation", "contrast"),
        latent=Latent(size=64),
        growth=Growth(phase_images=(10_000,), batches=(32, 32, 32, 32, 16)),
    ),
}
