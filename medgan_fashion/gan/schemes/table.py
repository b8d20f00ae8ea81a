"""The schemes by name: a recipe's row says which one it plays."""

from collections.abc import Callable

from medgan_fashion.gan.recipe.spec import Recipe
from medgan_fashion.gan.schemes.adversarial import adversarial
from medgan_fashion.gan.schemes.autoencoding import autoencoding
from medgan_fashion.gan.schemes.base import Scheme
from medgan_fashion.gan.schemes.translation import translation


def build_scheme(recipe: Recipe) -> Scheme:
    """The scheme that the recipe plays; ValueError where its pieces do not fit."""
    return SCHEMES[recipe.scheme](recipe)


SCHEMES: dict[str, Callable[[Recipe], Scheme]] = {
    "adversarial": adversarial,
    "autoencoding": autoencoding,
    "translation": translation,
}
