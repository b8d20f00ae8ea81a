"""Which pair to ask about: the one whose answer is open, in a direction that is unknown."""

from dataclasses import replace

import numpy as np

from medgan_fashion.fashion.design.people import ask, information
from medgan_fashion.fashion.recommend.fold_in import Taste, fold_in
from tests.fashion.tiny_atelier import recommender


def test_information_against_the_closed_form() -> None:
    model = replace(recommender(0.0), phi=np.array([[1, 0, 0], [0, 1, 0]], np.float32), bias=np.zeros(2, np.float32))
    taste = Taste(np.array([np.log(3), 0.0, 0.0]), np.diag([2.0, 0.5, 9.0]))
    # p = 3 / 4, d' C d = 2 + 0.5
    assert np.allclose(information(model, taste, np.arange(2))[0, 1], 0.75 * 0.25 * 2.5)


def test_what_is_known_is_not_asked_again() -> None:
    model = recommender(0.0)
    nothing = Taste(model.prior.mean, model.prior.covariance)
    rows = np.arange(len(model.items))
    pair = ask(model, nothing, rows, seed=0)
    assert pair is not None
    before = information(model, nothing, np.array(pair))[0, 1]
    told = fold_in(model, np.zeros(0, np.int64), np.zeros(0, np.int64), 0, choices=np.array([pair]))
    assert information(model, told, np.array(pair))[0, 1] < before


def test_fewer_than_two_cannot_be_compared() -> None:
    model = recommender(0.0)
    assert ask(model, Taste(model.prior.mean, model.prior.covariance), np.array([3]), seed=0) is None
