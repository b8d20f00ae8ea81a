"""Which networks a recipe's scheme is played with, by kind, built and checked against the data's shape."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn

from medgan_fashion.gan.networks.biggan import ResidualDiscriminator, ResidualGenerator
from medgan_fashion.gan.networks.dcgan import DCDiscriminator, DCGenerator, MLPDiscriminator, MLPGenerator
from medgan_fashion.gan.networks.dvbpr import DVBPRDiscriminator, DVBPRGenerator
from medgan_fashion.gan.networks.layers import OutputHead
from medgan_fashion.gan.networks.progressive import ProDiscriminator, ProGenerator
from medgan_fashion.gan.networks.translators import PatchDiscriminator, ResnetTranslator, SpadeGenerator, UNetTranslator
from medgan_fashion.gan.recipe.networks import DCGANConfig, MLPConfig, NetworkConfig
from medgan_fashion.gan.recipe.spec import Recipe

Shape = tuple[int, ...]


class _Features(nn.Module):
    """In the place of a verdict: the features as they are."""

    def forward(self, features: Tensor, y: Tensor | None) -> Tensor:
        return features


class Encoder(nn.Module):
    """`encoder(images) -> (mean, log variance)`, both (N, size): a discriminator's body with two dense heads."""

    def __init__(self, body: nn.Module, size: int) -> None:
        super().__init__()
        verdict = body.verdict
        assert isinstance(verdict, OutputHead)
        features = verdict.features
        body.verdict = _Features()
        self.body = body
        self.mean, self.log_variance = nn.Linear(features, size), nn.Linear(features, size)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        features = self.body(images)
        # a variance beyond e^+-10 says nothing more and would overflow
        return self.mean(features), self.log_variance(features).clamp(-10, 10)


def _opponents(recipe: Recipe, shape: Shape, n_classes: int) -> dict[str, nn.Module]:
    make_g, make_d = NETWORKS[recipe.networks.kind]
    return {
        "generator": make_g(recipe.networks, recipe.latent, shape, n_classes),
        "discriminator": make_d(recipe.networks, shape, n_classes),
    }


def _autoencoder(recipe: Recipe, shape: Shape, n_classes: int) -> dict[str, nn.Module]:
    if not isinstance(recipe.networks, (MLPConfig, DCGANConfig)):
        kind = recipe.networks.kind
        raise ValueError(f"autoencoding has an encoder for networks.kind mlp and dcgan, not for {kind}")
    pair = replace(recipe.networks, condition_d="none", spectral_norm=False)
    make_g, make_d = NETWORKS[pair.kind]
    generator = make_g(pair, recipe.latent, shape, n_classes)
    return {"generator": generator, "encoder": Encoder(make_d(pair, shape, n_classes), recipe.latent.size)}


def _handed(pair: NetworkConfig, given: int) -> NetworkConfig:
    """The same pair for another number of given channels."""
    return replace(pair, given=given)  # pyright: ignore[reportCallIssue] - only kinds that have it come here


def _translators(recipe: Recipe, shape: Shape, n_classes: int) -> dict[str, nn.Module]:
    assert recipe.translation is not None
    pair, latent = recipe.networks, recipe.latent
    if recipe.translation.paired:
        return _opponents(recipe, shape, n_classes)
    given, painted = recipe.given, shape[0] - recipe.given
    if recipe.translation.identity and given != painted:
        raise ValueError(
            f"translation.identity needs both domains alike, but one has {given} channels and the other {painted}; "
            "set translation.identity to 0, or give both as many"
        )
    make_g, make_d = NETWORKS[pair.kind]
    return {
        "generator": make_g(pair, latent, shape, n_classes),
        "generator_back": make_g(_handed(pair, painted), latent, shape, n_classes),
        "discriminator": make_d(pair, (painted, *shape[1:]), n_classes),
        "discriminator_back": make_d(pair, (given, *shape[1:]), n_classes),
    }


def _check(recipe: Recipe, shape: Shape, n_classes: int) -> None:
    """ValueError that names the two pieces where recipe and data do not fit."""
    pair = recipe.networks
    if pair.kind not in NETWORKS:
        known = ", ".join(NETWORKS)
        raise ValueError(f"unknown networks.kind '{pair.kind}'; choose from {known}, or import the code that adds it")
    if pair.kind != "mlp" and len(shape) != 3:
        raise ValueError(f"{pair.kind} networks draw images of (channels, height, width), not {shape}; use kind mlp")
    if recipe.conditional and n_classes < 1:
        named = [
            f"condition_{x} {how}" for x, how in (("g", pair.condition_g), ("d", pair.condition_d)) if how != "none"
        ]
        raise ValueError(
            f"networks.{' and '.join(named)} need classes, but the data have no labels: this recipe is conditional; "
            "give labels, or take an unconditional recipe such as dcgan"
        )
    if recipe.given and shape[0] <= recipe.given:
        raise ValueError(
            f"networks.given is {recipe.given} but the images have {shape[0]} channels: add the masks as last channels"
        )


def build_networks(recipe: Recipe, shape: Shape, n_classes: int, seed: int) -> dict[str, nn.Module]:
    """The networks of the recipe's scheme by name, on the CPU, for images of `shape` (C, H, W); the same weights for
    the same seed. The global random state is as it was before."""
    _check(recipe, shape, n_classes)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return BUILDERS[recipe.scheme](recipe, shape, n_classes)


# kind -> (G, D), each built from the kind's dataclass (recipe.networks.NETWORK_CONFIGS)
NETWORKS: dict[str, tuple[type[nn.Module], type[nn.Module]]] = {
    "mlp": (MLPGenerator, MLPDiscriminator),
    "dcgan": (DCGenerator, DCDiscriminator),
    "dvbpr": (DVBPRGenerator, DVBPRDiscriminator),
    "progressive": (ProGenerator, ProDiscriminator),
    "biggan": (ResidualGenerator, ResidualDiscriminator),
    "unet": (UNetTranslator, PatchDiscriminator),
    "cyclegan": (ResnetTranslator, PatchDiscriminator),
    "spade": (SpadeGenerator, DCDiscriminator),
}

BUILDERS: dict[str, Callable[[Recipe, Shape, int], dict[str, nn.Module]]] = {
    "adversarial": _opponents,
    "autoencoding": _autoencoder,
    "translation": _translators,
}
