"""Outlines of the sample garments: what is cloth, how it catches the light, and how its pattern lies.

A picture is the square [-1, 1] x [-1, 1], x (1, w) to the right and y (h, 1) down. Cover has hard edges: pictures are
drawn finer than they are kept.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
