"""The games by name: a recipe's row says which one it plays."""

from collections.abc import Callable

from medgan_fashion.gan.recipe.spec import Recipe
from medgan_fashion.gan.schemes.adversarial import synthesis
from medgan_fashion.gan.schemes.autoencoding import autoencoding
from medgan_fashion.gan.schemes.base import Game
from medgan_fashion.gan.schemes.translation import translation


def build_game(recipe: Recipe) -> Game:
    """The game that the recipe plays; ValueError where its pieces do not fit."""
    return GAMES[recipe.game](recipe)


GAMES: dict[str, Callable[[Recipe], Game]] = {
    "synthesis": synthesis,
    "autoencoding": autoencoding,
    "translation": translation,
}
