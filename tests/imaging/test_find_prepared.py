"""A prepared set found by its content: by the newest key, but never under row numbers that may be another table's."""

from collections.abc import Callable
from pathlib import Path

import pytest

from medgan_fashion.imaging.cases.config import ImageConfig
from medgan_fashion.imaging.prepare.prepare import cached_prepare, find_prepared

CONFIG = ImageConfig(size=(8, 8))
HEADER = "image,label,patient,x,y,width,height"


@pytest.fixture
def rows(picture: Callable[..., str]) -> list[str]:
    return [f"{picture(f'{n}.png', n)},{'ab'[n % 2]},p{n // 2},10,10,12,8" for n in range(6)]


def test_one_content_under_one_numbering_is_found(
    rows: list[str], table: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    path = table(HEADER, *rows)
    content = cached_prepare(path, CONFIG, cache).images.content_hash()
    assert find_prepared(cache, "another") is None
    monkeypatch.setenv("MEDGAN_FASHION_KEY", "another secret text")
    newest = cached_prepare(path, CONFIG, cache)
    path.write_text(path.read_text().replace("p0", "p9"))  # another name for the first patient: the same content
    assert cached_prepare(path, CONFIG, cache).images.content_hash() == content
    found = find_prepared(cache, content)
    assert found is not None
    assert found.images.rows.tolist() == newest.images.rows.tolist()
    assert len(list(cache.iterdir())) == 3


def test_one_content_under_two_numberings_is_refused(
    rows: list[str], table: Callable[..., Path], tmp_path: Path
) -> None:
    """A row that is left out moves the numbers of those below it, and no pixel."""
    cache = tmp_path / "cache"
    content = cached_prepare(table(HEADER, *rows), CONFIG, cache).images.content_hash()
    edited = table(HEADER, *rows[:2], "gone.png,a,p7,10,10,12,8", *rows[2:])
    moved = cached_prepare(edited, CONFIG, cache, skip_unreadable=True).images
    assert (moved.content_hash(), moved.rows.tolist()) == (content, [1, 2, 4, 5, 6, 7])
    with pytest.raises(ValueError, match=r"under the row numbers of two case tables \(\w{12}\.\.\. and \w{12}\.\.\.\)"):
        find_prepared(cache, content)
