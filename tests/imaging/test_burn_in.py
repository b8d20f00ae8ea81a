"""The burned-in mark: letters, corner, and what fits into small pictures."""

import numpy as np
import pytest

from medgan_fashion.imaging.synthetic_dicom import burn_mark, pixel_word


def test_letters() -> None:
    rows = ["".join(".#"[int(dot)] for dot in row) for row in pixel_word("SYN")]
    assert rows == ["###.#.#.#..#", "#...#.#.##.#", "###..#..#.##", "..#..#..#..#", "###..#..#..#"]


@pytest.mark.parametrize(
    ("shape", "lines", "scale"),
    [
        ((64, 48), ["SYNTHETIC"], 1),
        ((32, 40), ["SYNTHETIC"], 1),
        ((40, 32), ["SYN", "THETIC"], 1),
        ((24, 24), ["SYN"], 1),
        ((8, 8), ["S"], 1),
        ((512, 416), ["SYNTHETIC"], 3),
        ((1280, 1024), ["SYNTHETIC"], 7),
    ],
)
def test_mark_is_in_the_corner_and_nowhere_else(shape: tuple[int, int], lines: list[str], scale: int) -> None:
    picture = np.full(shape, 100, dtype=np.uint16)
    marked, burned = burn_mark(picture, 4095)
    width, height = max(pixel_word(line).shape[1] for line in lines) + 2, 6 * len(lines) + 1
    top, left = shape[0] - scale * height, shape[1] - scale * width
    assert burned
    assert (picture == 100).all()
    assert (marked[:top] == 100).all()
    assert (marked[:, :left] == 100).all()
    mark = marked[top::scale, left::scale]
    assert mark.shape == (height, width)
    assert not mark[0].any()
    for number, line in enumerate(lines):
        letters = pixel_word(line)
        found = mark[1 + 6 * number : 6 + 6 * number, 1 : 1 + letters.shape[1]]
        np.testing.assert_array_equal(found, letters * 4095)


def test_colour_is_marked_white_on_black_and_too_small_a_picture_not_at_all() -> None:
    marked, burned = burn_mark(np.full((16, 64, 3), 9, dtype=np.uint8), 255)
    assert burned
    assert {tuple(pixel) for pixel in marked[-6:, -30:].reshape(-1, 3).tolist()} == {(0, 0, 0), (255, 255, 255)}
    small = np.full((6, 6), 9, dtype=np.uint8)
    assert not burn_mark(small, 255)[1]
