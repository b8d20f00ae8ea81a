from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medgan_fashion.imaging.cases.config import ImageConfig, MammogramConfig
from medgan_fashion.imaging.prepare.preview import preview


def test_a_sheet_with_a_red_field(picture: Callable[..., str], table: Callable[..., Path], tmp_path: Path) -> None:
    rows = [f"{picture(f'{n}.png', n)},{'ab'[n % 2]}" for n in range(9)]
    path = table("image,label", *rows, "missing.png,b")
    preview(path, tmp_path / "out/sheet.png", 10, ImageConfig(size=(16, 16), roi="whole"))
    sheet = np.asarray(Image.open(tmp_path / "out/sheet.png"))
    assert sheet.shape == (2 * 164 + 6, 8 * 134 + 6, 3)
    assert (sheet == (120, 30, 30)).all(axis=2).sum() == 128 * 128
    with pytest.raises(ValueError, match="0 views"):
        preview(path, tmp_path / "x.png", 0)


def test_films_through_the_mammogram_door(
    draw_film: Callable[..., np.ndarray], table: Callable[..., Path], tmp_path: Path
) -> None:
    for side in ("left", "right"):
        Image.fromarray(np.rint(255 * draw_film(side)).astype(np.uint8)).save(tmp_path / f"{side}.png")
    Image.new("L", (50, 40), 7).save(tmp_path / "blank.png")
    path = table("image,label,laterality", "left.png,a,L", "right.png,b,R", "blank.png,b,L")
    config = ImageConfig(size=(64, 64), roi="whole", mammogram=MammogramConfig())
    preview(path, tmp_path / "sheet.png", 4, config)
    sheet = np.asarray(Image.open(tmp_path / "sheet.png")).astype(int)
    left, right = sheet[6:134, 6:134], sheet[6:134, 140:268]
    assert np.abs(left - right).mean() < 3  # both face one way
    assert (left[:, -20:] == 0).all()
    assert (sheet == (120, 30, 30)).all(axis=2).sum() == 128 * 128
