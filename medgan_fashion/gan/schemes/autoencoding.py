"""Autoencoding: an encoder and a decoder (the generator) with one aim; variational as in Kingma and Welling 2014."""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy

from medgan_fashion.gan.recipe.spec import Recipe
from medgan_fashion.gan.schemes.base import Batch, Networks, Scheme, Step

EDGE = 1e-6  # how near to 0 and 1 a pixel's probability may come: keeps its logarithm finite


def reconstruction(name: str, made: Tensor, real: Tensor) -> Tensor:
    """How unlike the images (N, ...) in [-1, 1] are: summed over an image, mean over the batch, float32."""
    made, real = made.float(), real.float()
    if name == "l2":
        return 0.5 * (made - real).square().sum() / len(real)
    probability = ((made + 1) / 2).clamp(EDGE, 1 - EDGE)
    return binary_cross_entropy(probability, ((real + 1) / 2).clamp(0, 1), reduction="sum") / len(real)


def kl_to_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, exp(log_variance)) || N(0, I)) of (N, d), summed over d, mean over the batch (appendix B there)."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum() / len(mean)


def autoencoding(recipe: Recipe) -> Scheme:
    """One step moves both networks down reconstruction + kl x KL; without kl the code is the encoder's mean."""
    row = recipe.autoencoding
    assert row is not None

    def terms_of(networks: Networks, batch: Batch) -> dict[str, Tensor]:
        mean, log_variance = (part.float() for part in networks["encoder"](batch.real))
        z, terms = mean, {}
        if row.kl:
            noise = torch.randn(mean.shape, generator=batch.generator("latent"), device=mean.device)
            z = mean + (0.5 * log_variance).exp() * noise
            terms["kl"] = row.kl * kl_to_normal(mean, log_variance)
        made = networks["generator"](z, batch.labels)
        return {"reconstruction": reconstruction(row.reconstruction, made, batch.real)} | terms

    def loss(networks: Networks, batch: Batch) -> dict[str, Tensor]:
        # in float32: CUDA's autocast refuses binary_cross_entropy, and a bfloat16 tanh has no slope from 3.1 on
        with torch.autocast(batch.real.device.type, enabled=False):
            return terms_of(networks, batch)

    return Scheme((Step("autoencoder", ("generator", "encoder"), loss),), ("generator", "encoder"))
