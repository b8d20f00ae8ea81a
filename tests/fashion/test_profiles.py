"""Invented people: opposite ends of what customers differ in, in the catalogue's own words."""

import numpy as np

from medgan_fashion.fashion.design.people import common_words, invent_profiles
from tests.fashion.tiny_atelier import catalogue, recommender


def test_opposite_tastes_like_opposite_things_and_never_what_is_held_out() -> None:
    made = invent_profiles(catalogue(), recommender(0.0), n=4, each=3)
    assert [profile.name for profile in made] == ["Ada", "Ben", "Chloe", "Dario"]
    for profile in made:
        assert len(profile.likes) == 6
        assert not catalogue().held_out[list(profile.likes)].any()
    assert not set(made[0].likes) & set(made[1].likes)
    assert invent_profiles(catalogue(), recommender(0.0), n=4, each=3) == made


def test_words_are_what_they_have_more_often_than_the_shop() -> None:
    tone = np.array(catalogue().attributes["tone"])
    red, anything = np.flatnonzero(tone == "red")[:6].tolist(), list(range(0, 120, 2))
    assert common_words(catalogue(), red) == "red"
    assert common_words(catalogue(), anything) == ""
