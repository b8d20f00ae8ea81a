from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medgan_fashion.imaging.config import ImageConfig
from medgan_fashion.imaging.preview import preview


def test_a_sheet_with_a_red_field(picture: Callable[..., str], table: Callable[..., Path], tmp_path: Path) -> None:
    rows = [f"{picture(f'{n}.png', n)},{'ab'[n % 2]}" for n in range(9)]
    path = table("image,label", *rows, "missing.png,b")
    preview(path, tmp_path / "out/sheet.png", 10, ImageConfig(size=(16, 16), roi="whole"))
    sheet = np.asarray(Image.open(tmp_path / "out/sheet.png"))
    assert sheet.shape == (2 * 164 + 6, 8 * 134 + 6, 3)
    assert (sheet == (120, 30, 30)).all(axis=2).sum() == 128 * 128
    with pytest.raises(ValueError, match="0 views"):
        preview(path, tmp_path / "x.png", 0)
