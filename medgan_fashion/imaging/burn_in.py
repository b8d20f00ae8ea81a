"""Words burned into pixels, in letters that need no font file."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

# letters 5 pixels high: legible at one pixel per stroke, and no font file is needed
_LETTERS = {
    "S": "### #.. ### ..# ###",
    "Y": "#.# #.# .#. .#. .#.",
    "N": "#..# ##.# #.## #..# #..#",
    "T": "### .#. .#. .#. .#.",
    "H": "#.# #.# ### #.# #.#",
    "E": "### #.. ##. #.. ###",
    "I": "# # # # #",
    "C": "### #.. #.. #.. ###",
    "L": "#.. #.. #.. #.. ###",
    "M": "#...# ##.## #.#.# #...# #...#",
    "O": "### #.# #.# #.# ###",
    "R": "##. #.# ##. #.# #.#",
}
_MARKS = (("SYNTHETIC",), ("SYN", "THETIC"), ("SYN",), ("S",))  # the first that fits is burned in


def pixel_word(word: str) -> NDArray[np.bool_]:
    """A word of the letters CEHILMNORSTY as a bitmap (5, w), letters one pixel apart."""
    columns = []
    for letter in word:
        columns.append(np.array([[dot == "#" for dot in row] for row in _LETTERS[letter].split()]))
        columns.append(np.zeros((5, 1), dtype=bool))
    return np.concatenate(columns[:-1], axis=1)


def _stack(lines: Sequence[str]) -> NDArray[np.bool_]:
    """Lines below each other, ranged left, in a frame one pixel wide."""
    drawn = [pixel_word(line) for line in lines]
    width = max(line.shape[1] for line in drawn)
    rows = [np.pad(line, ((1, 0), (1, width - line.shape[1] + 1))) for line in drawn]
    return np.pad(np.concatenate(rows), ((0, 1), (0, 0)))


def burn_mark(pixels: NDArray[Any], high: int) -> tuple[NDArray[Any], bool]:
    """Writes SYNTHETIC into the lower right corner, bright on black, about a quarter of the picture wide.

    Narrow pictures get it on two lines, smaller ones SYN or S: whatever fits into a third of the height.

    Args:
        pixels: (H, W) or (H, W, 3).
        high: the value of the letters.

    Returns the marked copy, and False where the picture is too small (under 7 x 5 pixels) for any mark.
    """
    height, width = pixels.shape[:2]
    for lines in _MARKS:
        mark = _stack(lines)
        if mark.shape[1] <= width and mark.shape[0] <= min(height, max(7, height / 3)):
            break
    else:
        return pixels, False
    scale = max(1, round(width / 4 / mark.shape[1]))
    while scale > 1 and scale * mark.shape[0] > height / 3:
        scale -= 1
    mark = np.kron(mark, np.ones((scale, scale), dtype=bool))
    marked = pixels.copy()
    corner = marked[height - mark.shape[0] :, width - mark.shape[1] :]
    corner[...] = np.where(mark if pixels.ndim == 2 else mark[..., None], high, 0)
    return marked, True
