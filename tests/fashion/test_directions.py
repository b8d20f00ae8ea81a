import numpy as np
import pytest
import torch

from medgan_fashion.fashion.design.directions import apply_direction, find_direction, mean_difference, train_reader
from medgan_fashion.gan.recipe.table import Latent

from .tiny_atelier import atelier


def test_the_direction_is_the_difference_of_means() -> None:
    z = np.array([[1.0, 0.0], [3.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
    found = mean_difference(z, np.array([1.0, 1.0, 0.0, 0.0]))
    assert np.allclose(found, np.array([2.0, -1.0]) / 5**0.5)
    with pytest.raises(ValueError, match="no contrast"):
        mean_difference(z, np.ones(4))


def test_a_move_keeps_the_prior() -> None:
    z = torch.randn(5, 8, generator=torch.Generator().manual_seed(0))
    vector = np.eye(8, dtype=np.float32)[0]
    moved = apply_direction(z, vector, 2.0, Latent(8))
    assert torch.allclose(moved.norm(dim=1), z.norm(dim=1))
    assert (moved[:, 0] > z[:, 0]).all()
    assert torch.allclose(apply_direction(z, vector, 0.0, Latent(8)), z)
    inside = apply_direction(z.clamp(-1, 1), vector, 2.0, Latent(8, "uniform"))
    assert float(inside.max()) == 1.0
    assert torch.equal(inside[:, 1:], z.clamp(-1, 1)[:, 1:])


def test_red_is_where_the_generator_has_it() -> None:
    made = atelier()
    reader = train_reader(made, "tone", updates=120, seed=0)
    assert reader.values == ("blue", "red")
    assert reader.accuracy > 0.8
    red = find_direction(made, reader, "red", 1, drawings=256, seed=0)
    assert red.vector[0] > 0.5
    assert red.vector[2] < -0.5
    assert abs(np.linalg.norm(red.vector) - 1) < 1e-5
    assert red.effect[0] < red.effect[1] - 0.1 < red.effect[1] + 0.1 < red.effect[2]


def test_what_cannot_be_learned_is_named() -> None:
    made = atelier()
    with pytest.raises(ValueError, match="no attribute 'sleeve'"):
        train_reader(made, "sleeve", seed=0)
    few = made.catalogue.take(np.arange(20))
    with pytest.raises(ValueError, match="needs two values"):
        train_reader(atelier(catalogue=few, ensemble=fitted(made, few), held_out=fitted(made, few)[:1]), "tone", seed=0)
    reader = train_reader(made, "tone", updates=2, seed=0)
    with pytest.raises(ValueError, match="no value 'green'"):
        find_direction(made, reader, "green", 1, seed=0)


def fitted(made, items):
    """The recommenders as they would be on fewer items."""
    from dataclasses import replace

    n = len(items)
    return tuple(
        replace(one, items=items.items, phi=one.phi[:n], bias=one.bias[:n], known=one.known[:n])
        for one in made.ensemble
    )
