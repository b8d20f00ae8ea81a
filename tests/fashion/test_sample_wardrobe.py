"""The palette, the spread of attributes, and the catalogue's gaps."""

from dataclasses import replace

import numpy as np

from medgan_fashion.fashion.sample.garments import (
    CATEGORIES,
    GAPS,
    PALETTE,
    Garment,
    colour_name,
    draw_garment,
    gap_of,
    in_gap,
    near,
)

RED, BLUE = (45.0, 52.0, 30.0), (44.0, 4.0, -40.0)


def test_gaps_by_hand() -> None:
    shirt = Garment("tops", "collar", 0.9, 0.5, RED, "checks", 5.0, 25.0)
    assert gap_of(shirt) == "warm long-sleeved patterns"
    assert not in_gap(replace(shirt, pattern="plain", frequency=0.0, contrast=0.0))
    assert not in_gap(replace(shirt, sleeve=0.2))
    assert not in_gap(replace(shirt, colour=BLUE))
    shorts = Garment("bottoms", "", 0.0, 0.1, BLUE, "plain", 0.0, 0.0)
    assert gap_of(shorts) == "short blue bottoms"
    assert not in_gap(replace(shorts, length=0.9))


def test_every_gap_is_in_the_space_that_garments_are_drawn_from() -> None:
    rng = np.random.default_rng(0)
    drawn = [gap_of(draw_garment(rng, category)) for _ in range(400) for category in CATEGORIES]
    assert {name for name in drawn if name} == set(GAPS)
    assert 0.1 < np.mean([name is not None for name in drawn]) < 0.4


def test_colours_have_names() -> None:
    assert all(colour_name(colour) == name for name, (colour, _) in PALETTE.items())


def test_near_stays_what_it_is() -> None:
    rng = np.random.default_rng(1)
    for category in CATEGORIES:
        garment = draw_garment(rng, category)
        assert near(rng, garment, 0.0) == garment
        other = near(rng, garment, 3.0)
        assert (other.category, other.neckline, other.pattern) == (category, garment.neckline, garment.pattern)
        assert 0 <= other.length <= 1
        assert other.sleeve == 0 or category == "tops"
