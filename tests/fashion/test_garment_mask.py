from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from medgan_fashion.fashion.restyle.mask import ellipse, find_garments, flood, garment_mask, largest_parts

SIDE = 48


def picture(ground: tuple[float, float, float], garment: tuple[float, float, float]) -> NDArray[np.float32]:
    """A rectangle of 16x24 pixels in the middle of a plain ground: (3, 48, 48)."""
    out = np.empty((3, SIDE, SIDE), dtype=np.float32)
    out[:] = np.array(ground)[:, None, None]
    out[:, 12:36, 16:32] = np.array(garment)[:, None, None]
    return out


def planted() -> NDArray[np.bool_]:
    truth = np.zeros((SIDE, SIDE), dtype=np.bool_)
    truth[12:36, 16:32] = True
    return truth


def overlap(mask: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    return (mask & truth).sum() / (mask | truth).sum()


@pytest.mark.parametrize(
    ("ground", "garment"),
    [
        ((1, 1, 1), (0.8, 0.1, 0.2)),
        ((1, 1, 1), (0.96, 0.96, 0.96)),  # white on white
        ((1, 1, 1), (0.99, 0.99, 0.98)),
        ((0.2, 0.3, 0.2), (0.3, 0.3, 0.2)),
    ],
)
def test_a_plain_ground(ground: tuple, garment: tuple) -> None:
    mask = garment_mask(picture(ground, garment)[None])
    assert mask.shape == (1, SIDE, SIDE)
    assert overlap(mask[0], planted()) == 1


@pytest.mark.parametrize("noise", [0.01, 0.03])
def test_a_noisy_ground(noise: float) -> None:
    image = picture((0.97, 0.97, 0.97), (0.3, 0.5, 0.4))
    image += np.random.default_rng((1, 2)).normal(0, noise, image.shape).astype(np.float32)
    assert overlap(garment_mask(image[None])[0], planted()) > 0.85


def test_print_and_holes_belong_to_the_garment() -> None:
    image = picture((1, 1, 1), (0.1, 0.1, 0.6))
    image[:, 20:26, 20:26] = 1
    assert overlap(garment_mask(image[None])[0], planted()) == 1


def test_a_gap_in_the_outline_does_not_leak() -> None:
    image = picture((1, 1, 1), (0.9, 0.9, 0.9))
    image[:, 13:35, 17:31] = 1  # an outline of one pixel
    image[:, 20, 16] = 1  # with a gap
    assert overlap(garment_mask(image[None])[0], planted()) > 0.97


def test_crumbs_are_dropped_and_pairs_kept() -> None:
    mask = np.zeros((20, 20), dtype=np.bool_)
    mask[2:8, 2:8] = mask[12:17, 12:17] = mask[0, 19] = True
    kept = largest_parts(mask)
    assert kept[3, 3]
    assert kept[13, 13]
    assert not kept[0, 19]
    assert not largest_parts(np.zeros((4, 4), dtype=np.bool_)).any()


def test_a_letterboxed_photo_is_looked_into() -> None:
    grain = np.random.default_rng((1, 3)).normal(0, 0.02, (3, SIDE, SIDE)).astype(np.float32)
    image = picture((0.55, 0.4, 0.3), (0.1, 0.2, 0.7)) + grain
    image[:, :, 40:] += 0.03
    image[:, :8] = image[:, -8:] = np.array([0.5, 0.36, 0.28])[:, None, None]
    truth = planted()
    assert overlap(garment_mask(image[None])[0], truth) > 0.7


def test_never_empty() -> None:
    flat = np.full((1, 3, SIDE, SIDE), 0.5, dtype=np.float32)
    noise = np.random.default_rng((1, 4)).random((2, 3, SIDE, SIDE), dtype=np.float32)
    masks, found = find_garments(np.concatenate([flat, noise]).astype(np.float32))
    assert not found[0]
    np.testing.assert_array_equal(masks[0], ellipse(SIDE, SIDE))
    assert masks.any(axis=(1, 2)).all()
    assert 0.3 < ellipse(SIDE, SIDE).mean() < 0.45


def test_flood_needs_a_way_of_three_pixels() -> None:
    near = np.zeros((12, 12), dtype=np.bool_)
    near[:4] = True
    near[6:11, 2:10] = True
    near[4:6, 5] = True  # a way of one pixel
    assert not flood(near)[8, 5]
    near[4:6, 4:7] = True
    assert flood(near)[8, 5]


def test_real_photos(shared_data: Path) -> None:
    from medgan_fashion.fashion.data.photos import read_photo

    files = sorted((shared_data / "fashion_products" / "images").glob("*.jpg"))[:40]
    photos = np.stack([read_photo(file, 64) for file in files])
    masks, found = find_garments((photos / 255).astype(np.float32))
    assert found.all()
    assert (masks.mean(axis=(1, 2)) > 0.1).all()
    assert (masks.mean(axis=(1, 2)) < 0.7).all()
    assert not masks[:, 0, 0].any()
