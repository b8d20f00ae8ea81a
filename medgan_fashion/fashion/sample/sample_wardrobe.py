"""Which garments there are: the palette, how attributes are spread, and the regions that the catalogue leaves out."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from medgan_fashion.fashion.sample.garments import NECKLINES, PATTERNS, Garment

Colour = tuple[float, float, float]

# CIELAB L*, a*, b*; how often each is worn stands beside it
PALETTE: dict[str, tuple[Colour, float]] = {
    "charcoal": ((30, 0, -2), 1.2),
    "grey": (((58, 0, 0)), 1.0),
    "beige": ((76, 4, 16), 1.0),
    "brown": ((40, 14, 22), 0.8),
    "red": ((45, 52, 30), 1.0),
    "coral": ((64, 38, 36), 0.7),
    "mustard": ((70, 12, 56), 0.8),
    "olive": ((50, -14, 32), 0.7),
    "green": ((46, -30, 12), 0.7),
    "sky": ((68, -8, -26), 0.9),
    "blue": ((44, 4, -40), 1.2),
    "navy": ((28, 6, -26), 1.2),
    "purple": ((42, 28, -30), 0.6),
    "pink": ((72, 30, 0), 0.7),
}
_PLAIN = 0.45  # share of garments without a pattern
_SPREAD = 5.0  # standard deviation of L*, a* and b* about the palette's colours
_FREQUENCIES, _CONTRASTS = (3.5, 7.5), (20.0, 32.0)


def _warm(garment: Garment) -> bool:
    return garment.colour[1] > 8 and garment.colour[2] > 10


def _blue(garment: Garment) -> bool:
    return garment.colour[2] < -14


# What the catalogue leaves out, by category and in words
GAPS: dict[str, tuple[str, Callable[[Garment], bool]]] = {
    "warm long-sleeved patterns": ("tops", lambda g: _warm(g) and g.sleeve > 0.55 and g.pattern != "plain"),
    "long blue tops with short sleeves": ("tops", lambda g: _blue(g) and g.sleeve < 0.4 and g.length > 0.5),
    "short blue bottoms": ("bottoms", lambda g: _blue(g) and g.length < 0.5),
    "long warm bottoms": ("bottoms", lambda g: _warm(g) and g.length > 0.55),
    "light boots": ("shoes", lambda g: g.colour[0] > 60 and g.length > 0.5),
    "low patterned shoes in blue": ("shoes", lambda g: _blue(g) and g.length < 0.5 and g.pattern != "plain"),
}


def gap_of(garment: Garment) -> str | None:
    """Name of the gap in the catalogue that a garment lies in, if any."""
    for name, (category, inside) in GAPS.items():
        if garment.category == category and inside(garment):
            return name
    return None


def in_gap(garment: Garment) -> bool:
    """Whether the catalogue leaves out garments like this one."""
    return gap_of(garment) is not None


def colour_name(colour: Colour) -> str:
    """The palette's nearest colour."""
    return min(PALETTE, key=lambda name: float(np.linalg.norm(np.subtract(PALETTE[name][0], colour))))


def _room(contrast: float) -> tuple[float, float]:
    """Least and greatest mean L* that leave room for a pattern of that contrast, and set it off from the ground."""
    return 14 + contrast / 2, 84 - contrast / 2


def draw_colour(rng: np.random.Generator, contrast: float) -> Colour:
    """A colour near one of the palette's that leaves room for a pattern of that contrast."""
    weights = np.array([weight for _, weight in PALETTE.values()])
    centre, _ = list(PALETTE.values())[rng.choice(len(weights), p=weights / weights.sum())]
    lightness, a, b = np.asarray(centre) + _SPREAD * rng.normal(size=3)
    return float(np.clip(lightness, *_room(contrast))), float(a), float(b)


def draw_garment(rng: np.random.Generator, category: str) -> Garment:
    """A garment of the whole attribute space, gaps included, in the studio's look."""
    pattern = PATTERNS[0] if rng.random() < _PLAIN else PATTERNS[rng.integers(1, len(PATTERNS))]
    plain = pattern == PATTERNS[0]
    contrast = 0.0 if plain else float(rng.uniform(*_CONTRASTS))
    return Garment(
        category=category,
        neckline=NECKLINES[rng.integers(len(NECKLINES))] if category == "tops" else "",
        sleeve=float(rng.uniform()) if category == "tops" else 0.0,
        length=float(rng.uniform()),
        colour=draw_colour(rng, contrast),
        pattern=pattern,
        frequency=0.0 if plain else float(rng.uniform(*_FREQUENCIES)),
        contrast=contrast,
    )


def near(rng: np.random.Generator, garment: Garment, spread: float) -> Garment:
    """A garment like another one: `spread` is the standard deviation in units of each attribute's own spread."""
    lightness, a, b = np.asarray(garment.colour) + spread * np.array([16, 20, 26]) * rng.normal(size=3)
    step, again = spread * 0.29 * rng.normal(size=2), float(garment.frequency + spread * 1.2 * rng.normal())
    return replace(
        garment,
        sleeve=float(np.clip(garment.sleeve + step[0], 0, 1)) if garment.category == "tops" else 0.0,
        length=float(np.clip(garment.length + step[1], 0, 1)),
        colour=(float(np.clip(lightness, *_room(garment.contrast))), float(a), float(b)),
        frequency=float(np.clip(again, *_FREQUENCIES)) if garment.frequency else 0.0,
    )
