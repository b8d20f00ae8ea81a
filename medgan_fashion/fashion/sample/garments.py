"""Garments of the sample: a few attributes, and the picture that a catalogue would show of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgan_fashion.fashion.sample.cielab import rgb_from_lab
from medgan_fashion.fashion.sample.sample_shapes import Fit, Grid, Outline, bottom, shoe, top

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
