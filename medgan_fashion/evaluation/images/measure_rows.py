"""What a measure of two sets of images says: its row, and the table of all measures with what they mean."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

Better = Literal["lower", "higher", "as reals"]


@dataclass(frozen=True)
class Row:
    """One measure: its mean `value` over the halvings, the same of reals against reals (`reals`, between `low` and
    `high` over the halvings), which way is `better`, and what that means (`reading`).

    The halvings share their images, so other reals would often lie a little outside low..high."""

    name: str
    value: float
    reals: float
    low: float
    high: float
    better: Better
    reading: str


@dataclass(frozen=True)
class Measured:
    """`encoder` in words; `rows`; every comparison is of `n` against `n` images; `left_out` {measure: why}."""

    encoder: str
    n: int
    rows: tuple[Row, ...]
    left_out: dict[str, str] = field(default_factory=dict)


def measured_row(name: str, values: list[float], reals: list[float], added: str = "") -> Row:
    """The row of a measure from its values of fakes and of reals over the halvings; `added` ends the reading."""
    better, words = MEASURES["SWD" if name.startswith("SWD") else name]  # one row for each level of detail
    return Row(name, float(np.mean(values)), float(np.mean(reals)), min(reals), max(reals), better, words + added)


def _cells(row: Row) -> tuple[str, str, str, str]:
    spread = "" if row.low == row.high else f" ({row.low:.3g} to {row.high:.3g})"
    better = "like the reals is better" if row.better == "as reals" else f"{row.better} is better"
    return row.name, f"{row.value:.3g}", f"{row.reals:.3g}{spread}", f"{better}: {row.reading}"


def as_table(found: Measured) -> list[str]:
    """Lines of plain text: a table of the rows, what was left out and why, and what the encoder is."""
    cells = [("measure", "fakes", "reals among themselves", "reading"), *map(_cells, found.rows)]
    widths = [max(len(cell[k]) for cell in cells) for k in range(3)]
    lines = ["  ".join([*(cell[k].ljust(widths[k]) for k in range(3)), cell[3]]) for cell in cells]
    lines.insert(1, "  ".join("-" * width for width in (*widths, len("reading"))))
    lines += [f"left out: {name}: {why}" for name, why in found.left_out.items()]
    return [*lines, f"{found.n} against {found.n} images; encoder {found.encoder}"]


MEASURES: dict[str, tuple[Better, str]] = {
    "KID x 1000": ("lower", "distance of the two clouds of features, without bias; about 0 between alike sets"),
    "FID": ("lower", "distance of two Gaussians fitted to the features; too large where images are few"),
    "FID-infinity": ("lower", "FID as if there were endlessly many images; about 0 between alike sets"),
    "precision": ("higher", "share of the fakes that lie among the reals: how real they look"),
    "recall": ("higher", "share of the reals that lie among the fakes: how much variety is drawn"),
    "density": ("higher", "precision that counts how many reals are near; about 1 for alike sets"),
    "coverage": ("higher", "share of the reals with a fake nearby"),
    "SWD": ("lower", "distance of small patches at this level of detail"),
    "feature diversity": ("as reals", "mean distance of two images; far below the reals': drawn too alike"),
    "Inception Score": ("higher", "sure and varied classes; blind to copies and to one picture per class"),
    "MS-SSIM of pairs": ("as reals", "likeness of two images of a class; far above the reals': collapse"),
    "SSIM diversity": ("as reals", "1 - likeness of two images of a class; far below the reals': collapse"),
    "C2ST accuracy": ("lower", "a classifier tells fakes from reals; 0.5 = it cannot"),
    "CAS": ("higher", "trained on fakes, right on reals; reals: trained on reals"),
    "GAN-test": ("as reals", "trained on reals, right on fakes; above the reals': too typical, or copies"),
}
