"""Tiles, near copies and what may be shared."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from medgan_fashion.report.pictures import copy_flags, grids, load_samples, neighbours, tile, tile_image, without_real


def test_a_tile_keeps_the_picture_and_marks_it() -> None:
    image = np.full((16, 32), 90, np.uint8)
    made = tile(image, "synthetic", "one")
    picture = base64.b64decode(made.src.removeprefix("data:image/png;base64,"))
    shown = Image.open(io.BytesIO(picture)).convert("RGB")
    assert shown.size == (made.width, made.height)
    assert shown.size == (128 + 10, 64 + 25)
    assert shown.getpixel((70, 40)) == (90, 90, 90)
    assert shown.getpixel((1, 40)) == (124, 58, 160)
    band = np.asarray(shown)[-20:]
    assert (band == 255).all(axis=2).any()  # the word SYNTHETIC


@pytest.mark.parametrize("shape", [(80, 64), (40, 32), (120, 20)])
def test_films_keep_their_proportions_and_their_word(shape: tuple[int, int]) -> None:
    shown = np.asarray(tile_image(np.full(shape, 90, np.uint8), "synthetic"))
    inside = (shown == 90).all(axis=2)
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    assert len(rows) == 128
    assert abs(len(columns) - 128 * shape[1] / shape[0]) < 1
    letters = np.flatnonzero((shown[-20:] == 255).all(axis=2).any(0))
    assert letters[0] > 0
    assert letters[-1] < shown.shape[1] - 1


def test_pictures_of_another_type_are_refused() -> None:
    with pytest.raises(ValueError, match="uint8"):
        tile_image(np.zeros((4, 4), np.float32), "real")


def test_neighbours_come_most_similar_first_with_the_copy_flagged(samples: dict[str, np.ndarray]) -> None:
    pairs = neighbours(samples, 0, copies=1)
    assert [p.ncc for p in pairs] == [0.981, 0.8, 0.71, 0.62, 0.55]
    assert [p.copy for p in pairs] == [True, False, False, False, False]


def test_stored_flags_of_copies_win(samples: dict[str, np.ndarray]) -> None:
    samples["f0_neighbour_copy"] = np.array([0, 0, 1, 0, 1])
    assert copy_flags(samples, 0, copies=1).tolist() == [False, False, True, False, True]


def test_only_listed_arrays_are_shared_and_the_given_ones_stay(samples: dict[str, np.ndarray]) -> None:
    before = samples["f0_synthetic"].copy()
    kept = without_real(samples | {"f0_secret": before}, {0: 1})
    kinds = {key.split("_", 1)[1] for key in kept}
    assert kinds == {"synthetic", "neighbour_synthetic", "neighbour_ncc"}
    assert len(kept["f0_neighbour_ncc"]) == 4
    assert not kept["f0_synthetic"][0, 0].any()
    np.testing.assert_array_equal(samples["f0_synthetic"], before)


def test_pictures_must_fit_the_classes(samples: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match=r"f0_real must have one row per class \(2\)"):
        grids(samples, 0, ["a", "b"])


def test_no_file_means_no_pictures(tmp_path) -> None:
    assert load_samples(tmp_path / "samples.npz") == {}
