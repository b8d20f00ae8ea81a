"""What a shopper is shown follows what they said."""

import numpy as np

from medgan_fashion.fashion.design.pool import Wish
from medgan_fashion.studio.garments.offers import offer, recommended, taste_in, to_rate
from medgan_fashion.studio.garments.workshop import Shopper, Workshop, read_shopper
from medgan_fashion.studio.store.people import Said


def test_what_was_named_is_not_shown_again(workshop: Workshop) -> None:
    items = workshop.opened.catalogue.items
    shopper = Shopper(Said(items[:3], items[3:5]))
    rows = recommended(workshop, shopper, None, 10)
    assert len(rows) == 10
    assert not set(rows.tolist()) & set(range(5))
    only = recommended(workshop, shopper, 1, 10)
    assert set(workshop.opened.catalogue.category[only].tolist()) == {1}


def test_a_taste_changes_the_offer_and_the_shop_is_the_same(workshop: Workshop) -> None:
    category = workshop.draws()[0]
    rows = np.flatnonzero(workshop.opened.catalogue.category == category)
    tastes = [Shopper(Said((workshop.opened.catalogue.items[row],))) for row in rows[:2]]
    found = [offer(taste_in(workshop, taste, category), workshop.pools[category]) for taste in tastes]
    assert not np.allclose(found[0].z, found[1].z)
    for one in found:
        assert np.isfinite(one.z).all()
        assert ((one.liked_less >= 0) & (one.liked_less <= 1)).all()
        chosen = one.best(Wish(), 4)
        assert len(set(chosen.tolist())) == len(chosen) == 4
        assert set(workshop.opened.catalogue.category[one.to_buy(int(chosen[0]))].tolist()) == {category}


def test_the_deck_keeps_its_order_when_a_card_is_taken(workshop: Workshop) -> None:
    first = to_rate(workshop.atelier, np.zeros(0, np.int64), 6, seed=0)
    later = to_rate(workshop.atelier, first[:1], 6, seed=0)
    assert len(set(first.tolist())) == 6
    assert set(first[1:].tolist()) <= set(later.tolist())
    assert not np.array_equal(first, to_rate(workshop.atelier, np.zeros(0, np.int64), 6, seed=1))


def test_a_shopper_travels_as_plain_data(workshop: Workshop) -> None:
    shopper = Shopper(Said(("1",), ("2",), (("3", "4"),)), "C-1")
    assert read_shopper(shopper.plain()) == shopper


def test_items_that_left_the_shop_are_passed_over(workshop: Workshop) -> None:
    here = workshop.opened.catalogue.items[0]
    said = Said((here, "sold long ago"), (), (("sold long ago", here),))
    assert workshop.known(said) == Said((here,))
    assert len(workshop.people(Shopper(said)).names) == 1
