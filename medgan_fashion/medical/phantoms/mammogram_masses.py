"""Masses of the mammogram phantoms: two classes that overlap on purpose. Lengths in millimetres."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CLASSES = ("benign", "malignant")
SEPARATION = 1.0  # of the classes in standard deviations of what tells them apart, from their midpoint

Rng = np.random.Generator
Grid = NDArray[np.float64]


@dataclass(frozen=True)
class Mass:
    """A mass of `radius` mm. `suspicion` is the one thing that tells the classes apart: about -SEPARATION in benign
    and +SEPARATION in malignant masses, with sd 1; outline, margin and spicules follow from it."""

    radius: float
    suspicion: float
    contrast: float
    waves: Grid  # (6,) complex amplitudes' moduli of the outline's harmonics 2..7
    phases: Grid
    spicules: Grid  # (n, 4): angle, length over radius, width in mm, bend
    depth: float  # share of the way from nipple to chest wall


def soft(x: Grid) -> Grid:
    """A smooth step from 0 (x far below 0) to 1 (far above)."""
    return 1 / (1 + np.exp(-np.clip(x, -40, 40)))


def draw_mass(rng: Rng, kind: int) -> Mass:
    """A mass of a kind (index into CLASSES). A classifier that sees `suspicion` itself is right in
    Phi(SEPARATION) = 84 % of both classes; nothing else in the film depends on the class."""
    n = int(rng.integers(12, 26))
    angles = np.linspace(0, 2 * np.pi, n, endpoint=False) + rng.normal(0, 1.5 / n, n)
    spicules = [angles, rng.uniform(0.5, 1.5, n), rng.uniform(0.5, 0.9, n), rng.normal(0, 0.35, n)]
    return Mass(
        radius=float(np.exp(rng.uniform(np.log(5), np.log(12)))),
        suspicion=rng.normal(SEPARATION * (2 * kind - 1), 1),
        contrast=rng.uniform(0.16, 0.34),
        waves=np.abs(rng.normal(0, 1, 6)) * 2 / np.arange(2, 8),
        phases=rng.uniform(0, 2 * np.pi, 6),
        spicules=np.stack(spicules, axis=1),
        depth=rng.uniform(0.3, 0.75),
    )


def mass_shares(mass: Mass, dx: Grid, dy: Grid, turn: float) -> tuple[Grid, Grid]:
    """Brightness that the mass adds (1 at its centre), and its body's share without spicules."""
    angry = float(soft(np.asarray(1.4 * mass.suspicion)))
    distance, angle = np.hypot(dx, dy), np.arctan2(dy, dx) + turn
    orders = np.arange(2, 8)[:, None, None]
    waves = (mass.waves[:, None, None] * np.cos(orders * angle + mass.phases[:, None, None])).sum(axis=0)
    radius = mass.radius * (1 + (0.035 + 0.07 * angry) * waves)
    body = soft((radius - distance) / (0.45 + 0.13 * angry * mass.radius))
    lines = np.zeros_like(body)
    for at, length, width, bend in mass.spicules:
        off = (angle - at - bend * distance / mass.radius * 0.3 + np.pi) % (2 * np.pi) - np.pi
        beyond = (distance / mass.radius - 0.6) / length
        line = np.exp(-((distance * off / width) ** 2)) * np.clip(1 - beyond, 0, 1) * (beyond > -0.6)
        lines = np.maximum(lines, line)
    return body * (1 - 0.25 * (distance / radius).clip(0, 1) ** 2) + 0.6 * angry * lines * (1 - body), body
