from dataclasses import replace

import numpy as np
import pytest
import torch

from medgan_fashion.gan.models.model import Model
from medgan_fashion.gan.networks.card import DataCard

from .tiny_atelier import BLUE, RED, SIZE, atelier, catalogue, gan, recommender


def with_card(card: DataCard) -> Model:
    model = gan()
    return Model(model.recipe, card, {"generator": model.generator, "discriminator": model.discriminator}, {})


def test_pictures_come_in_0_1_in_the_shape_of_their_category() -> None:
    made = atelier()
    images = made.paint(torch.zeros(3, 8), [0, 1, 1])
    assert images.shape == (3, 3, SIZE, SIZE)
    assert images.min() >= 0
    assert images.max() <= 1
    assert images[0, 0, 8, 2] == pytest.approx(0.5)
    assert images[1, 0, 8, 2] == 1.0
    assert made.categories_of(images).tolist() == [0, 1, 1]
    assert made.drawable().tolist() == [0, 1]


def test_tastes_are_aligned_with_the_recommenders() -> None:
    made = atelier()
    tastes = made.tastes([BLUE, RED])
    assert len(tastes) == 4
    assert np.array_equal(tastes[0], made.ensemble[0].theta[[1, 0]])


def test_a_larger_photo_is_looked_at_as_sharply_as_the_gan_draws() -> None:
    grain = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    assert atelier().look(grain).shape == (2, 3, SIZE, SIZE)
    assert float(atelier().look(grain).std()) < 0.5 * float(grain.std())


def test_what_does_not_fit_is_named() -> None:
    card = gan().card
    one_channel = with_card(replace(card, shape=(1, SIZE, SIZE)))
    strangers = with_card(replace(card, classes=("hat", "shoe")))
    collaborative = replace(recommender(0.0), name="bpr", tower=None)
    for changes, message in (
        ({"model": one_channel}, "shape"),
        ({"model": strangers}, "hat, shoe"),
        ({"ensemble": (recommender(0.0),)}, "at least 3"),
        ({"held_out": ()}, "held-out"),
        ({"held_out": (collaborative,)}, "'bpr' cannot look"),
        ({"held_out": (replace(recommender(0.0), items=("x",)),)}, "another catalogue"),
        ({"held_out": (replace(recommender(0.0), customers=("C-1", "C-2")),)}, "other customers"),
    ):
        with pytest.raises(ValueError, match=message):
            atelier(**changes)


def test_a_category_that_the_gan_does_not_draw_is_named() -> None:
    made = atelier(model=with_card(replace(gan().card, classes=("bar", "hat"))))
    assert made.drawable().tolist() == [0]
    with pytest.raises(ValueError, match="knows no 'square'"):
        made.labels([1])
    assert made.labels([0]).tolist() == [catalogue().categories.index("bar")]  # pyright: ignore[reportOptionalMemberAccess]
