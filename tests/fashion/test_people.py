from dataclasses import replace

import numpy as np
import pytest

from medgan_fashion.fashion.data.purchases import Purchases, customer_pseudonyms, known_as
from medgan_fashion.fashion.design.people import NEW, customer_rows, find_people
from medgan_fashion.fashion.recommend.model import Prior
from tests.fashion.tiny_atelier import BLUE, RED, catalogue, recommender

NAMES = ("C-00000000aa", "C-00000000bb")
MODELS = [replace(recommender(skew), customers=NAMES) for skew in (0.0, 0.2)]
HISTORY = Purchases(NAMES, np.array([RED, RED, BLUE]), np.array([3, 5, 7]), np.ones(3, np.float32), np.full(3, np.nan))


def test_customers_by_id_or_pseudonym() -> None:
    names = (NAMES[0], known_as("0012"))
    assert customer_rows(["0012", *names], names).tolist() == [1, 0, 1]
    with pytest.raises(ValueError, match=r"no customer '12' in this run: check the ID \(leading zeros count\)"):
        customer_rows(["12"], names)


def test_an_id_that_looks_like_a_pseudonym_is_found() -> None:
    identity = "C-0000012345"
    name = customer_pseudonyms([identity])[identity]
    assert customer_rows([identity, name], (NAMES[0], name)).tolist() == [1, 1]
    assert customer_rows([identity], (identity, name)).tolist() == [0]


def test_known_customers_bring_vectors_and_what_they_have() -> None:
    people = find_people(MODELS, catalogue(), HISTORY, [NAMES[1], NAMES[0]], [], [])
    assert people.names == (NAMES[1], NAMES[0])
    assert all(np.array_equal(taste, model.theta[[1, 0]]) for taste, model in zip(people.tastes, MODELS, strict=True))
    assert [people.seen[row].indices.tolist() for row in (0, 1)] == [[7], [3, 5]]
    assert people.notes == ()


def test_a_customer_without_a_like_is_told_of() -> None:
    models = [replace(model, trained=np.array([True, False])) for model in MODELS]
    (note,) = find_people(models, catalogue(), HISTORY, list(NAMES), [], []).notes
    assert note == f"{NAMES[1]} has no purchase to learn from: what follows is the average customer's taste"


def test_a_new_customer_is_folded_in() -> None:
    items = catalogue()
    red = [items.items[i] for i, tone in enumerate(items.attributes["tone"]) if tone == "red"][:5]
    blue = [items.items[i] for i, tone in enumerate(items.attributes["tone"]) if tone == "blue"][:5]
    people = find_people(MODELS, items, HISTORY, [], red, blue)
    assert people.names == (NEW,)
    assert [taste.shape for taste in people.tastes] == [(1, 3), (1, 3)]
    for taste, model in zip(people.tastes, MODELS, strict=True):
        toward = taste[0] @ model.phi.T
        assert toward[items.rows(red)].mean() > toward[items.rows(blue)].mean()
    assert sorted(people.seen[0].indices) == sorted(items.rows(red + blue))
    assert people.notes[0].startswith("known by 5 likes and 5 dislikes: ")


def test_without_vectors_a_new_customer_gets_what_is_popular() -> None:
    items = catalogue()
    popular = replace(
        MODELS[0],
        name="popularity",
        theta=np.zeros((2, 0), np.float32),
        phi=np.zeros((len(items), 0), np.float32),
        prior=Prior(np.zeros(0), np.zeros((0, 0))),
    )
    people = find_people([popular], items, HISTORY, [], [items.items[0]], [])
    assert people.notes == ("'popularity' learns no customer's taste: a new customer gets what is popular",)
    assert people.tastes[0].shape == (1, 0)
    both = find_people([MODELS[0], popular], items, HISTORY, [], [items.items[0]], [])
    assert both.notes[0].startswith("known by 1 likes and 0 dislikes: ")
    assert both.notes[1:] == people.notes


def test_somebody_has_to_be_named_once() -> None:
    for customers, likes in (([], []), ([NAMES[0]], ["0001"])):
        with pytest.raises(ValueError, match="say for whom"):
            find_people(MODELS, catalogue(), HISTORY, customers, likes, [])
    with pytest.raises(ValueError, match="no item '1' in the catalogue"):
        find_people(MODELS, catalogue(), HISTORY, [], ["1"], [])
