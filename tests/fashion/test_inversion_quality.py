from dataclasses import replace

import numpy as np
import pytest

from medgan_fashion.fashion.restyle.quality import (
    at_gan_size,
    cosines,
    measure_quality,
    overlap,
    psnr_inside,
    share_nearer,
    ssim_inside,
)

from .tiny_atelier import atelier, catalogue, garments, shapes

GREY = garments(np.full((1, 3), 0.5), np.array([1]))
MASK = shapes()[1][None]


def test_only_the_garment_counts() -> None:
    stained = GREY.copy()
    stained[:, :, 0] = 0.0
    lighter = garments(np.full((1, 3), 0.6), np.array([1]))
    assert psnr_inside(GREY, stained, MASK)[0] == 100
    assert psnr_inside(GREY, lighter, MASK)[0] == pytest.approx(20.0, abs=1e-3)


def test_structure_inside_the_garment() -> None:
    grain = GREY + np.random.default_rng(0).normal(0, 0.2, GREY.shape).astype(np.float32)
    assert ssim_inside(GREY, GREY, MASK)[0] == pytest.approx(1.0)
    assert ssim_inside(GREY, grain, MASK)[0] < 0.7
    assert cosines(np.array([[1.0, 0], [1, 1]]), np.array([[2.0, 0], [1, -1]])).tolist() == pytest.approx([1, 0])


def test_share_of_garments_that_are_nearer_than_the_drawing() -> None:
    others = garments(np.array([[0.58] * 3, [0.61] * 3, [0.3] * 3, [0.9] * 3]), np.ones(4, dtype=np.int64))
    drawing = garments(np.full((1, 3), 0.55), np.array([1]))[0]
    assert share_nearer(GREY[0], drawing, MASK[0], others) == 0.25
    assert share_nearer(GREY[0], drawing, MASK[0], others[:0]) == 0.0


def test_overlap_of_silhouettes() -> None:
    bar, square = shapes()
    assert overlap(bar[None], square[None])[0] == pytest.approx(32 / (56 + 64 - 32))


def test_an_exact_drawing_moves_nothing_and_another_garment_does() -> None:
    made, items = atelier(), catalogue()
    rows = np.array([60, 61])
    photos, masks = items.floats(rows), shapes()[items.category[rows]]
    drawings = np.stack([photos[0], garments(np.array([[1.0, 0.0, 0.0]]), np.array([0]))[0]])
    quality = measure_quality(made, photos, drawings, masks, items.category[rows], own=rows)
    assert quality.psnr[0] == 100
    assert quality.psnr[1] < 15
    assert quality.category_kept.tolist() == [True, False]
    assert quality.preference_moved[0] == 0
    assert quality.preference_moved[1] > 1
    assert quality.nearer[0] == 0
    assert quality.nearer[1] > 0.1
    assert quality.cosine[0] == pytest.approx(1.0)
    assert quality.silhouette[0] > quality.silhouette[1]


def test_another_colour_of_the_garment_is_no_other_garment() -> None:
    items = catalogue()
    made = atelier(catalogue=replace(items, style=items.style // 2))
    photos, kinds = items.floats([60]), items.category[[60]]
    drawing = items.floats([61])
    masks = shapes()[kinds]
    foreign = measure_quality(made, photos, drawing, masks, kinds)
    known = measure_quality(made, photos, drawing, masks, kinds, own=np.array([60]))
    assert foreign.nearer[0] * 60 == pytest.approx(known.nearer[0] * 58 + 1)


def test_photos_come_to_the_size_of_the_gan() -> None:
    assert at_gan_size(atelier(), np.ones((2, 3, 40, 40), dtype=np.float32)).shape == (2, 3, 16, 16)
