import numpy as np
import pytest
import torch

from medgan_fashion.fashion.design.taste import Problem, build_preference
from medgan_fashion.fashion.design.transfer import pixel_ascent

from .tiny_atelier import BLUE, RED, atelier, catalogue

PROBLEMS = [Problem((RED,), 1), Problem((BLUE,), 1)]


def test_every_pixel_goes_where_its_recommender_wants_it() -> None:
    made = atelier()
    preference = build_preference(made.ensemble, made.tastes([RED, BLUE])[:3], catalogue(), None, PROBLEMS)
    start = catalogue().floats([60, 61])
    made_up = pixel_ascent(preference.only(0), start, steps=80)
    assert made_up.min() >= 0
    assert made_up.max() <= 1
    assert made_up[0, 0].mean() > 0.99
    assert made_up[0, 1:].mean() < 0.01
    assert made_up[1, 2].mean() > 0.99
    problem = torch.arange(2)
    before, after = (preference.only(0).z(torch.as_tensor(x), problem) for x in (start, made_up))
    assert (after > before + 5).all()
    assert np.array_equal(start, catalogue().floats([60, 61]))


def test_it_climbs_one_recommender_from_one_picture_each() -> None:
    made = atelier()
    preference = build_preference(made.ensemble, made.tastes([RED, BLUE])[:3], catalogue(), None, PROBLEMS)
    with pytest.raises(ValueError, match="one recommender"):
        pixel_ascent(preference, catalogue().floats([60, 61]))
    with pytest.raises(ValueError, match="one picture for each of 2"):
        pixel_ascent(preference.only(0), catalogue().floats([60]))
