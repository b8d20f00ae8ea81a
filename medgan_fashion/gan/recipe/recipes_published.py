"""The well-known GANs with two opponents, as their papers have them; imports no torch."""

from dataclasses import replace

from medgan_fashion.gan.recipe.recipe_parts import Classify, Growth, Latent, NetworkPair, PenaltyRow, Stabilisers
from medgan_fashion.gan.recipe.spec import Recipe

_dcgan = Recipe()

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

PUBLISHED: dict[str, Recipe] = {
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
    # Mao et al. 2017
    "lsgan": replace(_dcgan, objective="least_squares"),
    # Jolicoeur-Martineau 2018
    "ragan": replace(_dcgan, relativistic="average"),
    # Odena et al. 2017
    "acgan": replace(
        _dcgan,
        networks=NetworkPair(condition_g="multiply", condition_d="classes"),
        classify=Classify(real=1.0, fake=1.0, generator=1.0),
    ),
    # Zhang et al. 2019: self-attention, spectral normalisation (here in D), two time scales (Heusel et al. 2017), hinge
    "sagan": Recipe(
        networks=NetworkPair(norm_d="none", init="he", spectral_norm=True, attention=16),
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
        networks=NetworkPair(norm_g="none", norm_d="none", init="he"),
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
        networks=NetworkPair(
            kind="residual",
            width=64,
            max_width=256,
            norm_d="none",
            init="he",
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
        stabilise=Stabilisers(orthogonal=1e-4),
    ),
    # Karras et al. 2018 (the batches: their one-GPU schedule), on any base grid; Korkinof et al. 2018 on 5x4
    "progan": _progan,
    # the same with labels, by projection where the paper has an auxiliary classifier
    "progan_cond": replace(_progan, networks=replace(_progan.networks, condition_g="concat", condition_d="projection")),
}
