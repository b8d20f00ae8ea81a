from dataclasses import replace

import numpy as np
import pytest
import torch

from medgan_fashion.gan.latent.directions import drawn, even_times, film_strip, slider_grid, tiled, walk
from medgan_fashion.gan.networks.latent import sample_latent
from medgan_fashion.gan.recipe.spec import Latent

from .tiny_models import tiny_model


def _ends(latent: Latent, rows: int = 2) -> list[torch.Tensor]:
    return [sample_latent(latent, rows, torch.Generator().manual_seed(seed)) for seed in (1, 2)]


@pytest.mark.parametrize("prior", ["normal", "uniform", "sphere"])
def test_the_walk_keeps_to_the_prior(prior) -> None:
    latent = Latent(16, prior)
    a, b = _ends(latent, 3)
    z = walk(latent, a, b, torch.linspace(0, 1, 5))
    assert z.shape == (3, 5, 16)
    assert torch.equal(z[:, 0], a)
    assert torch.equal(z[:, -1], b)
    if prior == "uniform":
        assert torch.allclose(z[:, 2], (a + b) / 2)
    else:
        assert torch.allclose(z[:, 2].norm(dim=1), (a.norm(dim=1) + b.norm(dim=1)) / 2)


def test_a_strip_begins_and_ends_with_the_pictures_of_its_seeds() -> None:
    model = tiny_model("small")
    y = torch.tensor([0, 2])
    strip = film_strip(model, *_ends(model.latent), n=4, y=y)
    assert strip.shape == (2, 4, 1, 16, 16)
    for column, seed in ((0, 1), (3, 2)):
        assert torch.allclose(strip[:, column], model.generate(2, labels=y, seed=seed), atol=1e-6)
    assert not torch.allclose(strip[:, 1], strip[:, 0])


def test_a_strip_has_the_data_s_type_and_what_it_is_given() -> None:
    model = tiny_model("small_spade")
    model.card = replace(model.card, value_range=(0.0, 255.0), dtype="uint8")
    given = torch.tensor([0.0, 255.0]).reshape(2, 1, 1, 1).expand(2, 1, 16, 16)
    strip = film_strip(model, *_ends(model.latent), n=3, given=given)
    assert strip.dtype == torch.uint8
    assert torch.equal(strip[:, :, 1:], given[:, None].expand(2, 3, 1, 16, 16).to(torch.uint8))


def test_even_times_walk_equal_lengths() -> None:
    # half of all change in the first tenth of the way
    seen = np.array([[0.0], [5.0], *[[5 + 5 * i / 9] for i in range(1, 10)]])
    times = even_times(seen, 3)
    assert np.allclose(times, [0.0, 0.1, 1.0], atol=1e-4)
    assert np.allclose(even_times(np.zeros((5, 2)), 3), [0, 0.5, 1])


def test_frames_spaced_by_features_change_more_evenly() -> None:
    model = tiny_model("dcgan")
    ends = _ends(model.latent)

    def features(images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1) ** 9  # changes in bursts

    def spread(strip: torch.Tensor) -> float:
        steps = features(strip.flatten(0, 1)).unflatten(0, strip.shape[:2]).diff(dim=1).norm(dim=2)
        return float((steps.std(1) / steps.mean(1)).mean())

    even, plain = film_strip(model, *ends, n=6, features=features), film_strip(model, *ends, n=6)
    assert torch.equal(even[:, 0], plain[:, 0])
    assert torch.allclose(even[:, -1], plain[:, -1], atol=1e-6)
    assert spread(even) < spread(plain)


def test_sliders() -> None:
    model = tiny_model("cgan")
    z, y = _ends(model.latent)[0], torch.tensor([0, 1])
    grid = slider_grid(model, z, torch.eye(6)[0], (-1.0, 0.0, 1.0), y=y)
    assert grid.shape == (2, 3, 1, 16, 16)
    assert torch.allclose(grid[:, 1], drawn(model, z, y), atol=1e-6)


def test_tiles() -> None:
    rows = torch.arange(2 * 3).reshape(2, 3, 1, 1, 1).expand(2, 3, 1, 4, 5)
    picture = tiled(rows)
    assert picture.shape == (1, 8, 15)
    assert picture[0, ::4, ::5].tolist() == [[0, 1, 2], [3, 4, 5]]
    masks = torch.cat([rows, rows + 10], 2)
    assert tiled(masks)[0, 0, ::5].tolist() == [0, 10, 1, 11, 2, 12]


def test_ends_must_match() -> None:
    model = tiny_model("dcgan")
    with pytest.raises(ValueError, match="two or more frames"):
        film_strip(model, *_ends(model.latent), n=1)
    with pytest.raises(ValueError, match="ends of one"):
        film_strip(model, torch.zeros(1, 5), torch.zeros(1, 5))
