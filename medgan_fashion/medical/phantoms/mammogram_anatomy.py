"""How a phantom of a breast looks on a mammogram: outline, tissue, muscle and a mass; the chest wall is on the left.

Lengths are millimetres, brightness is the share of the presentation range (0 = air, 1 = white).
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from medgan_fashion.medical.phantoms.mammogram_masses import Grid, Mass, Rng, mass_shares, soft

HEIGHT_MM = 240.0  # of the frame, as a 24 x 30 cm detector's shorter side

View = Literal["CC", "MLO"]


@dataclass(frozen=True)
class Breast:
    """What both films of a breast share: chest wall to nipple, half the height, both in mm; density 0 (fatty) to 1;
    brightness of fat; strength and fineness of strands; width of the rim in which compressed tissue thins out."""

    reach: float
    half: float
    density: float
    fat: float
    strands: float
    rim: float


def draw_breasts(rng: Rng) -> tuple[Breast, Breast]:
    """A patient's two breasts: alike, not equal."""
    reach, half, density = rng.uniform(70, 120), rng.uniform(74, 98), rng.beta(1.4, 1.5)
    fat, strands, rim = rng.uniform(0.34, 0.44), rng.uniform(0.8, 1.4), rng.uniform(0.22, 0.4)

    def one() -> Breast:
        near = rng.normal(1, 0.035, 4)
        return Breast(reach * near[0], half * near[1], float(density * near[2]), fat * near[3], strands, rim)

    return one(), one()


@cache
def _log_frequency(size: tuple[int, int], stretch: float) -> Grid:
    """log f of the half spectrum in cycles per frame height; structures are `stretch` times longer along x."""
    fy = np.fft.fftfreq(size[0]) * size[0]
    fx = np.fft.rfftfreq(size[1]) * size[0] * stretch
    return np.log(np.maximum(np.hypot(fy[:, None], fx[None, :]), 1.0))


def power_law(
    rng: Rng, size: tuple[int, int], slope: float = 1.5, stretch: float = 1.0, band: tuple[float, float] = (0, 1e9)
) -> Grid:
    """Noise (H, W) of mean 0 and sd 1 whose amplitude falls as f^-slope; 1.5 is the f^-3 power spectrum of breast
    tissue (Burgess et al., Med Phys 28:419, 2001). Outside `band` (cycles per frame height) it falls off fast."""
    log_f = _log_frequency(size, stretch)
    with np.errstate(divide="ignore"):
        low, high = np.log(band)
    gain = np.exp(-slope * log_f - 4 * np.maximum(low - log_f, 0) ** 2 - 4 * np.maximum(log_f - high, 0) ** 2)
    gain[0, 0] = 0
    spectrum = np.asarray(fft.rfft2(rng.standard_normal(size, dtype=np.float32))) * gain.astype(np.float32)
    field = np.asarray(fft.irfft2(spectrum, s=size))
    return field / field.std()


def outline(breast: Breast, view: View, nipple: float, y: Grid) -> Grid:
    """How far the breast reaches from the chest wall at height y; `nipple` is the nipple's height."""
    below = np.clip(1 - np.abs((y - nipple) / breast.half) ** 2.3, 0, None) ** 0.5
    if view == "MLO":  # up to the axilla the breast runs out of the frame
        above = 0.42 + 0.29 * (1 + np.cos(np.pi * np.clip((nipple - y) / nipple, 0, 1)))
        below = np.where(y < nipple, above, below)
    return breast.reach * below + np.where(below > 0, 2.5 * np.exp(-(((y - nipple) / 5) ** 2)), 0)


def _strands(rng: Rng, x: Grid, y: Grid, breast: Breast, nipple: float, spacing: float) -> Grid:
    """Ducts and ligaments: crests where band-limited noise crosses 0, fanning out from the nipple."""
    size = x.shape
    fan = 1 / np.clip(1.15 - x / breast.reach, 0.3, 1.15)
    at = np.stack([(nipple + (y - nipple) * fan) / spacing, x / spacing + 0.0 * y])
    crests = np.zeros(size)
    for low, high, width, weight in ((3, 14, 0.14, 0.5), (8, 34, 0.2, 0.5), (22, 80, 0.35, 0.35)):
        noise = power_law(rng, size, 1.0, 1.8, (low, high))
        crests += weight * np.exp(-((noise / width) ** 2)) * soft(1.6 * power_law(rng, size, 1.2) - 0.3)
    return ndimage.map_coordinates(crests, at, order=1, mode="wrap")


def _gland(rng: Rng, x: Grid, y: Grid, breast: Breast, view: View, nipple: float) -> Grid:
    """Share (H, W) of fibroglandular tissue: a cloud behind the nipple whose extent grows with density."""
    up = 0.12 * breast.half if view == "MLO" else 0.0
    across, along = (y - nipple + up) / (0.72 * breast.half), (x - 0.52 * breast.reach) / (0.5 * breast.reach)
    cloud = 1.0 - 1.3 * (across**2 + along**2)
    uneven = 0.6 * power_law(rng, x.shape, 2.2, 1.3, (2, 1e9)) + 0.2 * power_law(rng, x.shape, 1.5, 1.5, (5, 1e9))
    return soft((cloud + uneven + 2.6 * (breast.density - 0.6)) / 0.25)


def _muscle(rng: Rng, x: Grid, y: Grid, breast: Breast) -> Grid:
    """Share of pectoral muscle: a triangle at the top of the chest wall with a slightly bent border."""
    top, bottom = rng.uniform(0.42, 0.62) * breast.reach, rng.uniform(95, 150)
    inside = 1 - x / top - y / bottom + rng.uniform(-0.25, 0.25) * (x / top) * (y / bottom)
    return soft(inside * top / 1.6)


def _around(row: int, column: int, reach: float, size: tuple[int, int]) -> tuple[slice, slice]:
    """The window of the frame within `reach` pixels."""
    r = int(np.ceil(reach))
    return (
        slice(max(row - r, 0), min(row + r + 1, size[0])),
        slice(max(column - r, 0), min(column + r + 1, size[1])),
    )


def _place(mass: Mass, rng: Rng, breast: Breast, depth: Grid, muscle: Grid, spacing: float) -> tuple[int, int]:
    """Row and column of the mass's middle: well inside, at its distance from the nipple, not on the muscle."""
    column = max(int(breast.reach * (1 - mass.depth) / spacing), int(1.25 * mass.radius / spacing))
    free = depth[:, column] - HEIGHT_MM * muscle[:, column]
    rows = np.flatnonzero(free > min(1.6 * mass.radius, 0.8 * free.max()))
    edge = 1.3 * mass.radius / spacing
    kept = rows[(rows > edge) & (rows < len(depth) - edge)]
    return int(rng.choice(kept if len(kept) else rows)), column


def _tissue(rng: Rng, x: Grid, y: Grid, breast: Breast, view: View, nipple: float, spacing: float) -> tuple[Grid, Grid]:
    """Brightness of fat, gland and strands under the muscle, and the muscle's share."""
    size = (x.shape[0], x.shape[1])
    gland, texture = _gland(rng, x, y, breast, view, nipple), power_law(rng, size)
    strands = breast.strands * _strands(rng, x, y, breast, nipple, spacing)
    film = breast.fat + 0.03 * texture + strands * (0.08 + 0.15 * gland)
    film += gland * (0.2 + 0.14 * breast.density + 0.05 * power_law(rng, size, 1.5, 1.5, (4, 1e9)))
    muscle = _muscle(rng, x, y, breast) if view == "MLO" else np.zeros(size)
    return film + muscle * (0.8 + 0.03 * texture + 0.06 * strands - film), muscle


def _add_mass(
    film: Grid, mass: Mass, rng: Rng, at: tuple[int, int], inside: NDArray[np.bool_], spacing: float
) -> tuple[int, int, int, int]:
    """Adds the mass at (row, column) to `film` in place and gives its box (x, y, width, height)."""
    near = _around(*at, 2.5 * mass.radius / spacing, (film.shape[0], film.shape[1]))
    rows, columns = np.mgrid[near]
    added, body = mass_shares(mass, (columns - at[1]) * spacing, (rows - at[0]) * spacing, rng.normal(0, 0.5))
    film[near] += mass.contrast * added
    found = np.argwhere((body > 0.5) & inside[near]) + np.array([near[0].start, near[1].start])
    (top, left), (bottom, right) = found.min(axis=0), found.max(axis=0)
    return (int(left), int(top), int(right - left + 1), int(bottom - top + 1))


def draw_film(
    breast: Breast, view: View, mass: Mass | None, rng: Rng, size: tuple[int, int]
) -> tuple[Grid, tuple[int, int, int, int] | None]:
    """One film (H, W) in [0, 1], air exactly 0, and the mass's box (x, y, width, height) in pixels."""
    spacing = HEIGHT_MM / size[0]
    y, x = (np.mgrid[0 : size[0], 0 : size[1]] + 0.5) * spacing
    nipple = HEIGHT_MM * (rng.uniform(0.47, 0.53) if view == "CC" else rng.uniform(0.52, 0.58))
    inside = x < outline(breast, view, nipple, y)
    depth = np.asarray(ndimage.distance_transform_edt(inside), dtype=np.float64) * spacing
    film, muscle = _tissue(rng, x, y, breast, view, nipple, spacing)
    box = None
    if mass is not None:
        box = _add_mass(film, mass, rng, _place(mass, rng, breast, depth, muscle, spacing), inside, spacing)
    thick = np.sqrt(1 - (1 - np.clip(depth / (breast.rim * breast.reach), 0.03, 1)) ** 2)
    film = film * thick + 0.05 * np.exp(-(((depth - 1.2) / 0.7) ** 2))  # the skin shows as a line
    film = ndimage.gaussian_filter(film * inside, 0.5) + rng.normal(0, 0.012, size)
    return np.where(inside, np.clip(film, 0.02, 1), 0), box
