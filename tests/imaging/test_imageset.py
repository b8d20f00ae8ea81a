from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.imaging.prepare.imageset import Card, ImageSet, centre, first_appearance


def make(n: int = 6) -> ImageSet:
    rng = np.random.default_rng(0)
    card = Card(("a", "b"), (4, 4), ("P-1", "P-2", "P-3"), "patient", "HU", "cases.csv", ("CC", "MLO"))
    return ImageSet(
        images=rng.normal(size=(n, 1, 6, 6)).astype(np.float32),
        labels=np.arange(n) % 2,
        groups=np.arange(n) // 2,
        lesions=np.arange(n),
        diameters=np.full(n, 3.0, dtype=np.float32),
        rows=np.arange(1, n + 1),
        external=np.zeros(n, dtype=bool),
        view_positions=np.arange(n) % 2,
        to_source=np.tile(np.eye(2, 3), (n, 1, 1)),
        card=card,
    )


def test_first_appearance() -> None:
    assert first_appearance([7, 3, 7, 9, 3]).tolist() == [0, 1, 0, 2, 1]
    assert first_appearance(["z", "a", "z"]).tolist() == [0, 1, 0]


def test_centre_is_a_window() -> None:
    images = np.arange(36.0).reshape(1, 6, 6)
    assert centre(images, (2, 4)).tolist() == [[[13, 14, 15, 16], [19, 20, 21, 22]]]
    assert np.shares_memory(centre(images, (2, 2)), images)
    with pytest.raises(ValueError, match="does not fit"):
        centre(images, (8, 2))


def test_take_and_view() -> None:
    images = make()
    part = images.take([4, 1])
    assert part.rows.tolist() == [5, 2]
    assert part.groups.tolist() == [2, 0]
    assert len(images.take(images.labels == 1)) == 3
    assert len(images.take([])) == 0
    assert images.view().shape == (6, 1, 4, 4)


def test_save_and_load_memory_mapped(tmp_path: Path) -> None:
    images = make()
    images.save(tmp_path / "set")
    loaded = ImageSet.load(tmp_path / "set")
    assert isinstance(loaded.images, np.memmap)
    assert loaded.card == images.card
    assert loaded.content_hash() == images.content_hash()
    assert loaded.take([2, 0]).content_hash() == images.take([2, 0]).content_hash()
    (tmp_path / "set" / "labels.npy").unlink()
    with pytest.raises(ValueError, match=r"labels\.npy"):
        ImageSet.load(tmp_path / "set")


def test_hash_ignores_names_and_sees_content() -> None:
    images = make()
    same = replace(
        images,
        rows=images.rows + 100,
        groups=np.array([2, 2, 0, 0, 1, 1]),
        lesions=images.lesions[::-1].copy(),
        card=replace(images.card, pseudonyms=("P-8", "P-9", "P-7")),
    )
    assert same.content_hash() == images.content_hash()
    pixel = images.images.copy()
    pixel[3, 0, 0, 0] += 1
    others = [
        replace(images, images=pixel),
        replace(images, labels=1 - images.labels),
        replace(images, groups=np.zeros(6, dtype=np.int64)),
        replace(images, lesions=np.zeros(6, dtype=np.int64)),
        images.take([1, 0, 2, 3, 4, 5]),
    ]
    assert len({images.content_hash(), *(other.content_hash() for other in others)}) == 6


@pytest.mark.parametrize("field", ["labels", "groups", "rows"])
def test_wrong_arrays_are_refused(field: str) -> None:
    with pytest.raises(ValueError, match=field):
        replace(make(), **{field: np.arange(5)})


def test_unknown_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="labels"):
        replace(make(), labels=np.full(6, 2))
