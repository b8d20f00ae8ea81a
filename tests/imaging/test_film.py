from collections.abc import Callable

import numpy as np
import pytest

from medgan_fashion.imaging.mammograms.breast import film_canvas, find_breast, flip_canvas, undo, without_air
from medgan_fashion.imaging.prepare.imageset import centre

Draw = Callable[..., np.ndarray]
MARKS = ((70, 30), (120, 60), (150, 95))  # (y, x) of bright squares of 5x5 pixels in a left breast


def _at(to_source: np.ndarray, y: float, x: float) -> np.ndarray:
    """Source (x, y) of the middle of a canvas pixel."""
    return to_source @ [x + 0.5, y + 0.5, 1]


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("context", [1.0, 1.5])
def test_planted_marks_come_back(draw_film: Draw, side: str, context: float) -> None:
    film = draw_film(side)
    breast = find_breast(film)
    for y, x in MARKS:
        x = x if side == "left" else 199 - x
        marked = film.copy()
        marked[y - 2 : y + 3, x - 2 : x + 3] += 0.4
        make = {"breast": breast, "size": (96, 80), "flip": side == "right", "context": context}
        canvas, _, to_source = film_canvas(marked[None], **make)
        plain, _, _ = film_canvas(film[None], **make)
        gap = centre((canvas - plain)[0], (96, 80))
        place = np.array(np.unravel_index(np.argmax(gap), gap.shape)) + (np.array(canvas.shape[1:]) - gap.shape) // 2
        np.testing.assert_allclose(_at(to_source, *place), (x + 0.5, y + 0.5), atol=1.6)
        back = undo(canvas - plain, to_source, film.shape)[0]
        rows, columns = np.nonzero(back[:, 5:195] > 0.6 * back.max())
        assert (rows.mean(), columns.mean() + 5) == pytest.approx((y, x), abs=1)


@pytest.mark.parametrize("side", ["left", "right"])
def test_undo_gives_the_film_back(draw_film: Draw, side: str) -> None:
    film = draw_film(side)
    canvas, _, to_source = film_canvas(film[None], find_breast(film), (192, 160), flip=side == "right", context=1.25)
    back = undo(canvas, to_source, film.shape)[0]
    assert np.abs(back - film)[:, 3:-3].mean() < 0.01


def test_chest_wall_left_air_zero_and_skin_whole(draw_film: Draw) -> None:
    film = draw_film("right", air=0.03)
    canvas, diameter, _ = film_canvas(film[None], find_breast(film), (96, 80), flip=True, context=1.0)
    view = canvas[0]
    assert view[48, 0] > 0.4
    assert (view[:, -10:] == 0).all()
    assert (view[0] == 0).all()
    assert (view == 0).mean() > 0.3
    assert diameter == pytest.approx(96 * 0.92, abs=3)  # 192 of 192 and twice the margin
    left, _, _ = film_canvas(film[None, :, ::-1], find_breast(film[:, ::-1]), (96, 80), flip=False, context=1.0)
    np.testing.assert_allclose(canvas, left, atol=0.02)


def test_breast_is_untouched_where_air_goes(draw_film: Draw) -> None:
    film = draw_film(air=0.03)
    clean = without_air(film, find_breast(film))
    np.testing.assert_array_equal(clean[film > 0.06], film[film > 0.06])
    assert (clean[:, 140:] == 0).all()
    assert (clean[:10] == 0).all()


def test_proportions_are_kept_and_the_rest_is_air(draw_film: Draw) -> None:
    film = draw_film()
    breast = find_breast(film)
    for size in ((60, 120), (120, 60), (64, 64)):
        canvas, _, to_source = film_canvas(film[None], breast, size, flip=False, context=1.0)
        assert canvas.shape == (1, *size)
        assert to_source[0, 0] == to_source[1, 1]
        assert to_source[0, 2] == pytest.approx(0, abs=1e-9)  # the chest wall is the view's left edge
        assert canvas[0, size[0] // 2, 0] > 0.4


def test_beyond_the_chest_wall_the_breast_is_mirrored_and_elsewhere_is_air(draw_film: Draw) -> None:
    film = draw_film()
    canvas, _, _ = film_canvas(film[None], find_breast(film), (96, 80), flip=False, context=1.5)
    border = (canvas.shape[2] - 80) // 2
    np.testing.assert_allclose(canvas[0, :, :border], canvas[0, :, border : 2 * border][:, ::-1], atol=1e-5)
    assert (canvas[0, :, -border:] == 0).all()
    assert (canvas[0, :20] == 0).all()


def test_a_breast_cut_at_the_top_lies_against_the_top(draw_film: Draw) -> None:
    film = draw_film()[90:]  # the film begins inside the breast
    breast = find_breast(film)
    assert breast.cut[:2] == (True, True)
    canvas, _, _ = film_canvas(film[None], breast, (96, 60), flip=False, context=1.5)
    view = centre(canvas, (96, 60))[0]
    assert view[0, 0] > 0.4
    assert (view[-20:] == 0).all()
    border = (canvas.shape[1] - 96) // 2
    np.testing.assert_allclose(canvas[0, :border], canvas[0, border : 2 * border][::-1], atol=1e-5)


def test_flipping_a_canvas_flips_its_map() -> None:
    canvas = np.arange(12, dtype=np.float32).reshape(1, 3, 4)
    to_source = np.array([[2.0, 0, 10], [0, 2, 20]])
    flipped, new = flip_canvas(canvas, to_source)
    np.testing.assert_array_equal(flipped[0, 0], [3, 2, 1, 0])
    for x in range(4):
        np.testing.assert_allclose(_at(new, 1, x), _at(to_source, 1, 3 - x))
