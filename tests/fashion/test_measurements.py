"""Measurements: numbers by hand, agreement with the renderer, finite for anything."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.fashion.restyle.mask import garment_mask
from medgan_fashion.fashion.sample.garments import CATEGORIES, draw_garment, render_all
from medgan_fashion.fashion.sample.measurements import MEASURES, eroded, measure

SIZE = 32


def of(values: np.ndarray, name: str) -> np.ndarray:
    return values[:, MEASURES.index(name)]


def block(rows: slice, columns: slice, colour: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    picture, mask = np.ones((1, 3, SIZE, SIZE), np.float32), np.zeros((1, SIZE, SIZE), bool)
    picture[:, :, rows, columns] = np.array(colour, np.float32)[None, :, None, None]
    mask[:, rows, columns] = True
    return picture, mask


def test_a_block_by_hand() -> None:
    """A red block of 16 rows, wholly in the band of the 14 middle columns but for 2 columns on each side."""
    values = measure(*block(slice(8, 24), slice(7, 25), (1, 0, 0)))
    np.testing.assert_allclose(values[0, :3], (53.24, 80.09, 67.20), atol=0.05)
    assert of(values, "sleeve")[0] == pytest.approx(4 * 16 / 32**2)
    assert of(values, "length")[0] == pytest.approx(0.5)
    assert of(values, "pattern")[0] == 0


@pytest.mark.parametrize("turned", [False, True])
def test_stripes_have_their_frequency_whichever_way_they_run(turned: bool) -> None:
    picture, mask = block(slice(2, 30), slice(2, 30), (0.5, 0.5, 0.5))
    wave = 0.2 * np.sign(np.sin(2 * np.pi * 4 * (np.arange(SIZE) + 0.5) / SIZE))
    picture += (wave[None, :] if turned else wave[:, None]) * mask
    values = measure(picture.astype(np.float32), mask)
    assert of(values, "pattern")[0] == pytest.approx(4, abs=0.6)
    assert of(values, "length")[0] == pytest.approx(28 / 32)


def test_erosion_keeps_what_is_thin() -> None:
    masks = np.zeros((2, SIZE, SIZE), bool)
    masks[0, 10:20, 10:20], masks[1, 10, 4:20] = True, True
    inner = eroded(masks)
    assert inner[0].sum() == 64
    np.testing.assert_array_equal(inner[1], masks[1])


@pytest.mark.parametrize("category", CATEGORIES)
def test_agreement_with_the_renderer(category: str) -> None:
    rng = np.random.default_rng(7)
    garments = [replace(draw_garment(rng, category), look=number) for number in range(250)]
    pictures = render_all(garments, SIZE)
    values = measure(pictures, garment_mask(pictures))
    attributes = {name: [garment.colour[k] for garment in garments] for k, name in enumerate(MEASURES[:3])}
    attributes |= {"length": [garment.length for garment in garments]}
    attributes |= {"pattern": [garment.frequency for garment in garments]}
    if category == "tops":
        attributes |= {"sleeve": [garment.sleeve for garment in garments]}
    for name, wanted in attributes.items():
        least = 0.97 if name != "pattern" else 0.95  # what a cycle is differs a little between patterns
        assert np.corrcoef(wanted, of(values, name))[0, 1] > least, name


def test_anything_has_finite_measurements() -> None:
    rng = np.random.default_rng(0)
    images = rng.normal(size=(5, 3, 24, 40)).astype(np.float32)
    images[1], images[2], images[3, 0, 3, 3] = 1, 0, np.nan
    masks = np.zeros((5, 24, 40), bool)
    masks[0], masks[2], masks[3], masks[4, 3, 3] = True, True, rng.random((24, 40)) < 0.5, True
    values = measure(images, masks)
    assert np.isfinite(values).all()
    np.testing.assert_array_equal(values[1], (100, 0, 0, 0, 0, 0))
    assert measure(images[:0], masks[:0]).shape == (0, 6)


def test_shapes_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match=r"\(2, 3, 8, 8\).*\(1, 8, 8\)"):
        measure(np.zeros((2, 3, 8, 8), np.float32), np.zeros((1, 8, 8), bool))


def test_real_photos(shared_data: Path) -> None:
    """Shorts are shorter than trousers, and what a shop calls red is redder than what it calls green."""
    import csv

    from medgan_fashion.fashion.data.photos import read_photo

    folder = shared_data / "fashion_products"
    with (folder / "styles.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    def measured(column: str, word: str) -> np.ndarray:
        names = [row["id"] for row in rows if row[column] == word][:20]
        stored = np.stack([read_photo(folder / "images" / f"{name}.jpg", 64) for name in names])
        pictures = np.asarray(stored / 255, dtype=np.float32)
        return measure(pictures, garment_mask(pictures))

    shorts, jeans = measured("articleType", "Shorts"), measured("articleType", "Jeans")
    assert of(shorts, "length").mean() < of(jeans, "length").mean()
    assert of(measured("baseColour", "Red"), "a").mean() > of(measured("baseColour", "Green"), "a").mean() + 20
