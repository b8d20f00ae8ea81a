"""Tiny shops for the tests of the door."""

from pathlib import Path

import numpy as np
from PIL import Image

from medgan_fashion.fashion.data.catalogue import Catalogue


def draw(path: Path, number: int) -> None:
    """A small garment on white, another colour for each number."""
    picture = Image.new("RGB", (20, 20), "white")
    picture.paste((number * 37 % 256, number * 91 % 256, 40), (5, 5, 15, 15))
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path)


def write(folder: Path, text: str, pictures: int = 6, name: str = "shop.csv") -> Path:
    """A table, and pictures 1.png, 2.png, ... in the folder's `photos`."""
    for number in range(1, pictures + 1):
        draw(folder / "photos" / f"{number}.png", number)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def plain_catalogue(n: int = 6, held_out: tuple[int, ...] = ()) -> Catalogue:
    """Items "00", "01", ... of two categories, all pictures of one colour each."""
    images = np.broadcast_to(np.arange(n, dtype=np.uint8)[:, None, None, None], (n, 3, 8, 8)).copy()
    cold = np.zeros(n, dtype=np.bool_)
    cold[list(held_out)] = True
    return Catalogue(
        items=tuple(f"{i:02d}" for i in range(n)),
        images=images,
        category=np.arange(n) % 2,
        categories=("shoes", "tops"),
        style=np.arange(n),
        held_out=cold,
        price=np.linspace(10, 20, n),
        stock=np.full(n, np.nan),
        attributes={"colour": tuple("red" if i % 2 else "" for i in range(n))},
    )
