"""What the leakage audit calls the same picture."""

import numpy as np
from scipy.ndimage import gaussian_filter

from medgan_fashion.imaging.prepare.imageset import Card, ImageSet
from medgan_fashion.medical.results.audit import same_picture_groups


def test_films_of_one_outline_are_no_leak_and_a_copy_is() -> None:
    """Two breasts of one outline share their hash; a brighter copy of a film also correlates with it."""
    y, x = np.mgrid[:40, :32]
    rng = np.random.default_rng(0)
    outline = ((y - 20) / 19) ** 2 + (x / 26) ** 2 < 1
    soft = [1.17 * gaussian_filter(rng.standard_normal((40, 32)), 7) for _ in range(2)]
    first, other = (np.where(outline, 0.5 + 0.01 * (26 - x) + t, 0) for t in soft)
    films = np.stack([first, other, first**0.9])[:, None].astype(np.float32)
    n = len(films)
    card = Card(("a", "b"), (40, 32), ("p", "q", "r"), "patient", "grey", "t")
    images = ImageSet(
        films, np.zeros(n, int), np.arange(n), np.arange(n), np.ones(n, "f4"), np.arange(1, n + 1), np.zeros(n, bool),
        np.zeros(n, int), np.zeros((n, 2, 3)), card=card,
    )  # fmt: skip
    assert same_picture_groups(images) == ["rows 1, 2, 3"]
    assert same_picture_groups(images, films=True) == ["rows 1, 3"]
