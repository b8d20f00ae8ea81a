"""Garments of the sample: which there are, their outlines, and the picture that a catalogue would show of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.fashion.sample.measurements import rgb_from_lab

# ---------------------------------------------------------------------------------------------------------------------
# Outlines of the sample garments: what is cloth, how it catches the light, and how its pattern lies.
#
# A picture is the square [-1, 1] x [-1, 1], x (1, w) to the right and y (h, 1) down. Cover has hard edges: pictures are
# drawn finer than they are kept.


Grid = NDArray[np.floating]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Fit:
    """What varies from piece to piece and is nobody's taste: width, spread of sleeves or legs, height on the page."""

    width: float = 1.0
    spread: float = 0.0
    lift: float = 0.0


@dataclass(frozen=True)
class Outline:
    """How a garment lies on the page, each (h, w) or what spreads to it.

    Args:
        cover: where it is.
        relief: L* to add for seams, rounding and what lies in shadow.
        u, v: axes of its pattern, in units of the picture.
        plain: parts that carry no pattern (soles, collars, waistbands, insides).
    """

    cover: Mask
    relief: Grid
    u: Grid
    v: Grid
    plain: Mask


def _curve(at: Grid, points: list[float], values: list[float]) -> Grid:
    return np.interp(at, points, values).astype(np.float32)


def _rounding(across: Grid) -> Grid:
    """L* of a cylinder lit from the upper left; `across` runs from -1 at its left edge to 1 at its right."""
    clipped = across.clip(-1.1, 1.1)
    return -9 * clipped**4 - 3 * clipped


def _line(distance: Grid, width: float, depth: float) -> Grid:
    """A seam: darker by `depth` L* where the distance from it is small."""
    return (-depth * np.exp(-((distance / width) ** 2))).astype(np.float32)


def _neck(neckline: str, q: Grid, y: Grid) -> Grid:
    """Signed distance from the edge of the front's opening, below 0 inside; q = |x|."""
    if neckline == "round":
        return 0.2 * (np.hypot(q / 0.23, (y + 0.78) / 0.24) - 1)
    return 0.17 * (q / 0.21 + (y + 0.78) / (0.52 if neckline == "v" else 0.28) - 1)


def _collar(q: Grid, y: Grid) -> tuple[Mask, Grid]:
    """The two flaps beside the opening, and the light on them; q = |x|."""
    along = (y + 0.79) / 0.32  # from the neck down to the flap's point
    inner = 0.23 - 0.21 * along
    flap = (along > 0) & (along < 1 - 1.75 * (q - inner).clip(0)) & (q > inner) & (q < 0.26) & (y > -0.82 + 0.4 * q)
    return flap, (5 - 10 * np.exp(-(((along - 1 + 1.75 * (q - inner)) / 0.12) ** 2))).astype(np.float32)


def _buttons(x: Grid, y: Grid) -> Grid:
    """The placket's edge and its buttons, L*."""
    button = np.exp(-((np.hypot(x - 0.035, (y + 0.42) % 0.24 - 0.12) / 0.024) ** 4))
    return _line(x, 0.012, 8) - 12 * button.astype(np.float32)


def _sleeve(q: Grid, y: Grid, end: float, fit: Fit) -> tuple[Mask, Grid, Grid, Grid]:
    """Cover of both sleeves and each point's place along, across, and across from -1 to 1; q = |x|."""
    angle = np.deg2rad(38 + 2 * fit.spread)
    dx, dy = q - 0.28 * fit.width, y + 0.52
    along, across = dx * np.sin(angle) + dy * np.cos(angle), dx * np.cos(angle) - dy * np.sin(angle)
    half = _curve(along, [-0.1, 0.2, 1.0], [0.16, 0.165, 0.105])
    return (along > -0.26) & (along < end) & (np.abs(across) < half), along, across, across / half


def top(x: Grid, y: Grid, neckline: str, sleeve: float, length: float, fit: Fit) -> Outline:
    """A top seen from the front: `sleeve` 0 (none) to 1 (to the wrist), `length` 0 (cropped) to 1 (tunic)."""
    y, q = y - fit.lift, np.abs(x)
    hem, collar = 0.1 + 0.78 * length, neckline == "collar"
    end = float(np.interp(sleeve, [0, 0.1, 1], [-0.3, 0.08, 0.98]))  # a cap soon, so that the cloth seen grows evenly
    half = fit.width * _curve(y, [-0.8, -0.62, -0.45, -0.28, 0.05, 0.9], [0.28, 0.29, 0.3, 0.375, 0.355, 0.4])
    above = y > -0.80 + 0.42 * (q - 0.18).clip(0)  # the line of the shoulders
    body = (q < half) & above & (y < hem + 0.03 * np.cos(2.5 * q) - 0.03)
    arm, along, across, round_arm = _sleeve(q, y, end, fit)
    arm &= above
    seam = q - 0.35 * fit.width - 0.06 * (y + 0.3)  # where the sleeve is set in
    on_arm = arm & ~(body & (seam < 0))
    relief = np.where(on_arm, _rounding(round_arm * np.sign(x)), _rounding(x / half))
    relief += _line(seam, 0.02, 9) * arm + _line(along - end + 0.06, 0.012, 5) * on_arm
    relief += (_line(y - hem + 0.07, 0.012, 5) + (_buttons(x, y) if collar else 0)) * body
    edge = _neck(neckline, q, y)
    relief += _line(edge - 0.035, 0.014, 6) * body
    flap, light = _collar(q, y) if collar else (np.zeros_like(body), relief)
    inside = (edge < 0) & ~flap
    back = y > -0.76 + 0.35 * (q - 0.2)  # the back's own neckline, seen through the front's opening
    relief = np.where(inside, -16, np.where(flap, light, relief)).astype(np.float32)
    u, v = np.where(on_arm, across * np.sign(x), x), np.where(on_arm, along, y)
    return Outline((body | arm | flap) & ~(inside & ~back), relief, u, v, inside | flap)


def bottom(x: Grid, y: Grid, length: float, fit: Fit) -> Outline:
    """Shorts (`length` 0) to trousers (1), seen from the front."""
    y, q, hem = y - fit.lift, np.abs(x), -0.1 + 1.0 * length
    half = fit.width * _curve(y, [-0.88, -0.76, -0.5, -0.28], [0.29, 0.305, 0.38, 0.41])
    middle = 0.205 * fit.width + (0.03 + 0.03 * fit.spread) * (y + 0.3)
    wide = fit.width * (0.208 - (0.07 - 0.03 * fit.spread) * (y + 0.3).clip(0))
    seat, leg = (y > -0.88) & (y < -0.28) & (q < half), (y > -0.3) & (y < hem) & (np.abs(q - middle) < wide)
    band = seat & (y < -0.77)
    relief = np.where(y < -0.34, _rounding(x / half), _rounding((q - middle) / wide * np.sign(x)))
    relief += _line(x, 0.014, 8) * (seat & (y < -0.4)) + _line(y + 0.77, 0.014, 9) * seat
    relief += _line(np.hypot(q - 0.4, y + 0.77) - 0.18, 0.014, 7) * (seat & ~band)  # pockets
    relief += _line(y - hem + 0.06, 0.012, 5) * leg
    relief += -7 * np.exp(-((q / 0.1) ** 2) - ((y + 0.27) / 0.09) ** 2)  # creases where the legs meet
    return Outline(seat | leg, relief.astype(np.float32), x, y, band)


def shoe(x: Grid, y: Grid, length: float, fit: Fit) -> Outline:
    """A shoe from the side, toe to the right: `length` 0 (a low shoe) to 1 (a boot)."""
    y = y - fit.lift
    mouth, toe = 0.04 - 0.86 * length, fit.width
    heel = -0.6 + 0.03 * np.cos(5 * (y - 0.35))
    front = -0.1 + (0.08 + 0.03 * fit.spread) * (-y).clip(0)
    at = [-0.2, -0.08, 0.02, 0.14, 0.3, 0.48, 0.62, 0.72, 0.79, 0.83]
    vamp = _curve(x / toe, at, [-0.12, -0.04, 0.045, 0.12, 0.18, 0.225, 0.27, 0.325, 0.4, 0.5])
    foot = (y > np.maximum(vamp, mouth)) & (y < 0.5) & (x > heel) & (x < 0.83 * toe)
    shaft = (x > heel) & (x < front) & (y > mouth) & (y < 0.15)
    sole = (y > 0.46) & (y < 0.57 - 0.02 * (x > 0.5)) & (x > -0.63) & (x < 0.86 * toe - 1.2 * (y - 0.5).clip(0))
    sole |= (y > 0.5) & (y < 0.62) & (x > -0.63 + 0.2 * (y - 0.5)) & (x < -0.22 - 0.5 * (y - 0.5))
    inside = np.hypot((x + 0.35) / 0.25, (y - mouth) / 0.05) < 1
    bent = np.where(y < 0, _rounding((x + 0.34) / 0.27), 2 - 5 * ((y - 0.12) / 0.42).clip(0, 1) ** 2)
    seams = _line(np.hypot(x - 0.84, y - 0.5) - 0.3, 0.012, 6) + _line(np.hypot(x + 0.62, y - 0.5) - 0.28, 0.012, 5)
    lace = (np.abs(y - vamp - 0.055) < 0.045) & (x > -0.04) & (x < 0.3) & (np.sin(46 * (x + 0.3 * y)) > 0.2)
    relief = np.where(lace & foot, 9, bent + seams)
    relief = np.where(sole, np.where(y < 0.485, -16, -6), np.where(inside, -15, relief)).astype(np.float32)
    return Outline(foot | shaft | sole | inside, relief, x, y, sole | inside | lace)


CATEGORIES = ("bottoms", "shoes", "tops")
NECKLINES = ("round", "v", "collar")
PATTERNS = ("plain", "stripes", "dots", "checks")
STUDIO = -1  # the look without folds, grain and pose: the garment as it was meant
_FINER = 4  # samples a side of a pixel
_ADDRESS = 51


@dataclass(frozen=True)
class Garment:
    """One garment, drawn by `render`.

    Args:
        category: of CATEGORIES.
        neckline: of NECKLINES for tops, else "".
        sleeve: 0 (none) to 1 (to the wrist); 0 for other categories.
        length: 0 to 1: cropped to tunic, shorts to trousers, low shoe to boot.
        colour: its mean colour, CIELAB L*, a*, b*.
        pattern: of PATTERNS.
        frequency: cycles of the pattern over a picture's width, 0 where plain.
        contrast: L* between the pattern's light and dark, 0 where plain.
        look: address of folds, grain, fit and pose, which are nobody's taste; STUDIO for none.
    """

    category: str
    neckline: str
    sleeve: float
    length: float
    colour: tuple[float, float, float]
    pattern: str
    frequency: float
    contrast: float
    look: int = STUDIO


def _wave(phase: Grid) -> Grid:
    """A soft square wave of mean 0 between -0.5 and 0.5."""
    return 0.5 * np.tanh(5 * np.sin(phase))


def _pattern(garment: Garment, u: Grid, v: Grid) -> Grid:
    """The pattern, about -0.5 to 0.5 with mean near 0, on axes that run over [-1, 1]."""
    turn = np.float32(np.pi * garment.frequency)
    if garment.pattern == "stripes":
        return _wave(turn * v)
    if garment.pattern == "checks":
        return 0.75 * (_wave(1.15 * turn * u) + _wave(1.15 * turn * v))
    if garment.pattern == "dots":  # discs on a lattice at 45 degrees, which cover about a third
        step = np.float32(0.85) * turn
        return 0.5 * np.tanh(4 * (np.cos(step * u) * np.cos(step * v) - 0.25)) + 0.12
    return np.zeros_like(u)


def _folds(rng: np.random.Generator, x: Grid, y: Grid) -> Grid:
    """L* of soft folds, longer down than across, and of a weave; (h, w)."""
    light = np.zeros(np.broadcast_shapes(x.shape, y.shape), dtype=np.float32)
    for size, across, down, n in ((1.3, 5, 2, 4), (0.35, 45, 45, 8)):
        for _ in range(n):
            kx, ky, phase = rng.normal(0, across), rng.normal(0, down), rng.uniform(0, 2 * np.pi)
            light += size * np.sin(np.float32(kx) * x + np.float32(ky) * y + np.float32(phase))
    return light


def _outline(garment: Garment, x: Grid, y: Grid, fit: Fit) -> Outline:
    if garment.category == "tops":
        return top(x, y, garment.neckline, garment.sleeve, garment.length, fit)
    if garment.category == "bottoms":
        return bottom(x, y, garment.length, fit)
    return shoe(x, y, garment.length, fit)


def _paint(garment: Garment, outline: Outline, folds: Grid) -> Grid:
    """Colour of every sample (3, h, w): the colours of one garment differ in lightness alone, so a table serves."""
    levels = np.linspace(0, 100, 201)
    _, a, b = garment.colour
    table = rgb_from_lab(np.stack([levels, np.full_like(levels, a), np.full_like(levels, b)]))
    drawn = np.where(outline.plain, 0, _pattern(garment, outline.u, outline.v)) * garment.contrast
    lightness = (garment.colour[0] + 3 + drawn + outline.relief + folds).clip(4, 94)
    rows = np.where(outline.cover, np.rint(2 * lightness), 0).astype(np.int16)
    table[:, 0] = 1  # lightness 0 stands for the white ground
    return table[:, rows]


def render(garment: Garment, size: int = 32) -> NDArray[np.float32]:
    """The garment's picture on a white ground, float32 (3, size, size) in [0, 1], sRGB.

    It is drawn with 16 samples a pixel and averaged. The same garment gives the same picture; ValueError names an
    unknown category, neckline or pattern.
    """
    if garment.category not in CATEGORIES or garment.pattern not in PATTERNS:
        raise ValueError(f"no garment '{garment.category}, {garment.pattern}': use {CATEGORIES} and {PATTERNS}")
    if garment.category == "tops" and garment.neckline not in NECKLINES:
        raise ValueError(f"no neckline '{garment.neckline}': use {NECKLINES}")
    places = ((np.arange(size * _FINER, dtype=np.float32) + 0.5) / (size * _FINER) * 2 - 1).astype(np.float32)
    x, y = places[None, :], places[:, None]
    fit, folds = Fit(), np.zeros((1, 1), dtype=np.float32)
    if garment.look != STUDIO:
        rng = np.random.default_rng((_ADDRESS, garment.look))
        fit = Fit(1 + 0.04 * rng.normal(), float(rng.uniform(-1, 1)), 0.02 * rng.normal())
        folds = _folds(rng, x, y)
    painted = _paint(garment, _outline(garment, x, y, fit), folds)
    return painted.reshape(3, size, _FINER, size, _FINER).mean((2, 4))


def render_all(garments: Sequence[Garment], size: int = 32) -> NDArray[np.float32]:
    """Pictures of many garments, float32 (N, 3, size, size) in [0, 1]."""
    pictures = np.empty((len(garments), 3, size, size), dtype=np.float32)
    for row, garment in enumerate(garments):
        pictures[row] = render(garment, size)
    return pictures


# ---------------------------------------------------------------------------------------------------------------------
# Which garments there are: the palette, how attributes are spread, and the regions that the catalogue leaves out.


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
