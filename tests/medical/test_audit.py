"""What the leakage audit calls the same picture."""

from dataclasses import replace

import numpy as np
from scipy.ndimage import gaussian_filter

from medgan_fashion.imaging.prepare.imageset import Card, ImageSet
from medgan_fashion.imaging.prepare.near_copies.groups import join_look_alikes
from medgan_fashion.medical.results import audit


def films() -> ImageSet:
    """Six breasts of one outline, each of a patient of her own, and a seventh row: the first film, brighter."""
    y, x = np.mgrid[:40, :32]
    rng = np.random.default_rng(0)
    outline = ((y - 20) / 19) ** 2 + (x / 26) ** 2 < 1
    soft = [0.3 * gaussian_filter(rng.standard_normal((40, 32)), 2) for _ in range(6)]
    drawn = [np.where(outline, 0.5 + 0.01 * (26 - x) + tissue, 0) for tissue in soft]
    pixels = np.stack([*drawn, drawn[0] ** 0.9])[:, None].astype(np.float32)
    n = len(pixels)
    card = Card(("a", "b"), (40, 32), tuple("pqrstuv"), "patient", "grey", "t")
    return ImageSet(
        pixels, np.zeros(n, int), np.arange(n), np.arange(n), np.ones(n, "f4"), np.arange(1, n + 1), np.zeros(n, bool),
        np.zeros(n, int), np.zeros((n, 2, 3)), card=card,
    )  # fmt: skip


def test_films_of_one_outline_are_no_leak_and_a_copy_is() -> None:
    found = audit._pictures(films())
    assert (found["passed"], found["detail"]) == (False, "rows 1 and 7 look alike under different patients")


def test_what_the_door_joins_is_no_leak() -> None:
    images = films()
    joined, _ = join_look_alikes(images.images, images.card.size, images.groups)
    assert joined.tolist() == [0, 1, 2, 3, 4, 5, 0]
    found = audit._pictures(replace(images, groups=joined))
    assert (found["passed"], found["detail"]) == (True, "7 crops compared")
