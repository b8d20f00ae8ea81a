"""Recipes: a GAN paper is a row of plain values here, read by one loop; imports no torch."""

from dataclasses import replace
from typing import Any

from medgan_fashion.base.plain import from_plain, merged, to_plain
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
from medgan_fashion.gan.recipe.recipes_published import PUBLISHED
from medgan_fashion.gan.recipe.spec import Recipe


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

_sgan = Recipe(
    networks=NetworkPair(
        kind="mlp", width=500, depth=4, norm_g="none", norm_d="none", init="he", noise=0.5, condition_d="shared"
    ),
    classify=Classify(real=1.0),
    stabilise=Stabilisers(feature_matching=1.0, adversarial=0.0),
    batch=100,
    lr_g=3e-4,
    lr_d=3e-4,
    ema_half_life=50_000,
)

_vae = Recipe(
    networks=NetworkPair(kind="mlp", width=400, norm_g="none", norm_d="none", init="he"),
    autoencoding=Autoencoding(),
    latent=Latent(size=20),
    batch=100,
    lr_g=1e-3,
    beta1=0.9,
)

_pix2pix = Recipe(
    networks=NetworkPair(kind="unet", width=32, max_width=256, given=3, init="dcgan"),
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
        networks=replace(_small_whole.networks, kind="spade", given=1, width=16, max_width=128),
        latent=Latent(size=32),
    ),
    # Kang et al. 2017 as its released code has it, for 64x64 (30 epochs there)
    "dvbpr_lsgan": _kang,
    # the same as printed, for 128x128
    "dvbpr_lsgan_128": replace(_kang, latent=Latent(size=100, prior="uniform")),
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
        networks=NetworkPair(width=32, max_width=128, norm_d="none", init="he", condition_d="shared", noise=0.3),
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
        networks=NetworkPair(width=32, max_width=256, init="he"),
        autoencoding=Autoencoding(reconstruction="l2"),
        latent=Latent(size=64),
    ),
    # Isola et al. 2017
    "pix2pix": _pix2pix,
    # Zhu et al. 2017
    "cyclegan": replace(
        _pix2pix,
        networks=replace(_pix2pix.networks, kind="resnet", depth=6),
        objective="least_squares_whole",  # G's term without its half: the paper halves D's alone
        translation=Translation(paired=False),
    ),
}
