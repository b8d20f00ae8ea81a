"""Recipes: a GAN paper is a row of plain values here, read by one loop; imports no torch."""

from dataclasses import replace
from typing import Any

from medgan_fashion.base.plain import from_plain, merged, to_plain
from medgan_fashion.gan.recipe.networks import (
    NETWORK_CONFIGS,
    BigGANConfig,
    CycleGANConfig,
    DCGANConfig,
    DVBPRConfig,
    MLPConfig,
    ProGANConfig,
    SPADEConfig,
    UNetConfig,
)
from medgan_fashion.gan.recipe.spec import (
    Autoencoding,
    Classify,
    Growth,
    Latent,
    PenaltyRow,
    Recipe,
    Regularization,
    Translation,
)
from medgan_fashion.gan.recipe.spelling import of_kind, renamed

# ---------------------------------------------------------------------------------------------------------------------
# The well-known GANs with two opponents, as their papers have them; imports no torch.


_dcgan = Recipe()

_progan = Recipe(
    networks=ProGANConfig(width=16, minibatch_deviation=True),
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

PUBLISHED: dict[str, Recipe] = {
    # Goodfellow et al. 2014 on fully connected networks
    "mlp_gan": Recipe(networks=MLPConfig(width=256, init="he")),
    # Radford et al. 2015
    "dcgan": _dcgan,
    # Mirza and Osindero 2014 on DCGAN networks
    "cgan": replace(_dcgan, networks=DCGANConfig(condition_g="multiply", condition_d="plane")),
    # Gulrajani et al. 2017
    "wgan_gp": Recipe(
        networks=DCGANConfig(norm_d="none", init="he"),
        objective="wasserstein",
        penalties=(PenaltyRow("gradient_penalty", weight=10.0),),
        n_critic=5,
        lr_g=1e-4,
        lr_d=1e-4,
        beta1=0.0,
        beta2=0.9,
    ),
    # Mao et al. 2017
    "lsgan": replace(_dcgan, objective="least_squares"),
    # Jolicoeur-Martineau 2018
    "ragan": replace(_dcgan, relativistic="average"),
    # Odena et al. 2017
    "acgan": replace(
        _dcgan,
        networks=DCGANConfig(condition_g="multiply", condition_d="classes"),
        classify=Classify(real=1.0, fake=1.0, generator=1.0),
    ),
    # Zhang et al. 2019: self-attention, spectral normalisation (here in D), two time scales (Heusel et al. 2017), hinge
    "sagan": Recipe(
        networks=DCGANConfig(norm_d="none", init="he", spectral_norm=True, attention=16),
        objective="hinge",
        latent=Latent(size=128),
        lr_g=1e-4,
        lr_d=4e-4,
        beta1=0.0,
        beta2=0.9,
        ema_half_life=10_000,
    ),
    # Huang et al. 2024: relativistic pairing with both penalties, no normalisation; here on DCGAN's strides
    "r3gan": Recipe(
        networks=DCGANConfig(norm_g="none", norm_d="none", init="he"),
        relativistic="paired",
        penalties=(PenaltyRow("r1", weight=0.5), PenaltyRow("r2", weight=0.5)),
        latent=Latent(size=64),
        beta1=0.0,
        beta2=0.99,
        ema_half_life=10_000,
    ),
    # Brock et al. 2019 at small scale: shared class embedding and a piece of z in every normalisation, projection,
    # self-attention, orthogonal regularisation
    "biggan": Recipe(
        networks=BigGANConfig(
            width=64,
            max_width=256,
            spectral_norm=True,
            condition_g="norm",
            condition_d="projection",
            attention=16,
            skip_z=True,
        ),
        objective="hinge",
        latent=Latent(size=120),
        n_critic=2,
        lr_g=1e-4,
        lr_d=4e-4,
        beta1=0.0,
        beta2=0.999,
        ema_half_life=10_000,
        regularization=Regularization(orthogonal=1e-4),
    ),
    # Karras et al. 2018 (the batches: their one-GPU schedule), on any base grid; Korkinof et al. 2018 on 5x4
    "progan": _progan,
    # the same with labels, by projection where the paper has an auxiliary classifier
    "progan_cond": replace(_progan, networks=replace(_progan.networks, condition_g="concat", condition_d="projection")),
}


def find_recipe(recipe: "str | Recipe") -> Recipe:
    """A row of RECIPES by name, or the recipe itself; ValueError lists the names."""
    if isinstance(recipe, Recipe):
        return recipe
    if recipe not in RECIPES:
        raise ValueError(f"unknown recipe '{recipe}'; choose from {', '.join(RECIPES)}")
    return RECIPES[recipe]


def changed_recipe(recipe: "str | Recipe", changes: dict[str, Any], where: str = "") -> Recipe:
    """A row with changes under its own keys, for example {networks: {width: 16}}; ValueError names an unknown key.

    Another `networks.kind` keeps what both kinds take.
    """
    row = find_recipe(recipe)
    base, now = to_plain(row), renamed(changes, row.networks.kind)
    nets = now.get("networks")
    kind = nets.get("kind", row.networks.kind) if isinstance(nets, dict) else row.networks.kind
    if kind != row.networks.kind and isinstance(kind, str) and kind in NETWORK_CONFIGS:
        base["networks"] = of_kind(row, kind, changes["networks"])
    return from_plain(Recipe, merged(base, now), where)


_small = Recipe(
    networks=DCGANConfig(
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

_dvbpr = Recipe(
    networks=DVBPRConfig(max_width=256, condition_g="onehot", condition_d="onehot"),
    objective="least_squares_whole",
    latent=Latent(size=256),
    batch=16,
    lr_g=1e-4,
    lr_d=1e-4,
    beta1=0.5,
    beta2=0.99,
)

_sgan = Recipe(
    networks=MLPConfig(width=500, depth=4, init="he", noise=0.5, condition_d="shared"),
    classify=Classify(real=1.0),
    regularization=Regularization(feature_matching=1.0, adversarial=0.0),
    batch=100,
    lr_g=3e-4,
    lr_d=3e-4,
    ema_half_life=50_000,
)

_vae = Recipe(
    networks=MLPConfig(width=400, init="he"),
    autoencoding=Autoencoding(),
    latent=Latent(size=20),
    batch=100,
    lr_g=1e-3,
    beta1=0.9,
)

_pix2pix = Recipe(
    networks=UNetConfig(width=32, max_width=256, given=3),
    translation=Translation(),
    latent=Latent(size=8),
    batch=8,
)

RECIPES: dict[str, Recipe] = {
    **PUBLISHED,
    # our default for a few hundred labelled images: relativistic pairing + R1 (Huang et al. 2024), DiffAugment
    # (Zhao et al. 2020), projection (Miyato and Koyama 2018), averaged weights
    "small": _small,
    # the same without classes: with masks as one more channel it draws images and masks together (Bowles et al. 2018)
    "small_joint": _small_whole,
    # Park et al. 2019 at its smallest: images painted over given masks, with our loss for a few hundred images
    "small_spade": replace(
        _small_whole,
        networks=SPADEConfig(width=16, max_width=128, norm_d="none", init="he", minibatch_deviation=True, given=1),
        latent=Latent(size=32),
    ),
    # Kang et al. 2017 as its released code has it, for 64x64 (30 epochs there)
    "dvbpr_lsgan": _dvbpr,
    # the same as printed, for 128x128
    "dvbpr_lsgan_128": replace(_dvbpr, latent=Latent(size=100, prior="uniform")),
    # the same networks, slimmer, with our loss for a few hundred labelled images; no flip: films face one way
    "progan_small": replace(
        PUBLISHED["progan"],
        networks=replace(PUBLISHED["progan"].networks, max_width=64, condition_g="concat", condition_d="projection"),
        objective="non_saturating",
        relativistic="paired",
        penalties=(PenaltyRow("r1", weight=0.5, every=8),),
        augment=("translation", "contrast"),
        latent=Latent(size=64),
        growth=Growth(phase_images=(10_000,), batches=(32, 32, 32, 32, 16)),
    ),
    # Salimans et al. 2016, section 5: D sorts into the classes or "made"; few labels, the others -1. Fully connected
    # with noise on every layer and feature matching as the paper has it for digits
    "sgan": _sgan,
    # the same on DCGAN's convolutions, with augmentation, and the entropy term of Dai et al. 2017: sooner by far
    "sgan_dcgan": replace(
        _sgan,
        networks=DCGANConfig(width=32, max_width=128, norm_d="none", init="he", condition_d="shared", noise=0.3),
        classify=Classify(real=1.0, entropy=0.3),
        augment=("translation",),
        lr_g=1e-3,
        lr_d=1e-3,
        ema_half_life=10_000,
    ),
    # Hinton and Salakhutdinov 2006, trained at once
    "autoencoder": replace(_vae, autoencoding=Autoencoding(kl=0.0)),
    # Kingma and Welling 2014
    "vae": _vae,
    # the same on convolutions, with squared error: the likelihood of pixels that are no probabilities
    "vae_dcgan": replace(
        _vae,
        networks=DCGANConfig(width=32, max_width=256, init="he"),
        autoencoding=Autoencoding(reconstruction="l2"),
        latent=Latent(size=64),
    ),
    # Isola et al. 2017
    "pix2pix": _pix2pix,
    # Zhu et al. 2017
    "cyclegan": replace(
        _pix2pix,
        networks=CycleGANConfig(width=32, max_width=256, given=3, depth=6),
        objective="least_squares_whole",  # G's term without its half: the paper halves D's alone
        translation=Translation(paired=False),
    ),
}
