from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.fashion.recommend.visual import read_features, store_features
from tests.fashion.door_tables import plain_catalogue


def table(folder: Path, text: str) -> Path:
    (folder / "features.csv").write_text(text)
    return folder / "features.csv"


def test_features_come_in_the_catalogues_order(tmp_path: Path) -> None:
    path = table(tmp_path, "item,a,b\n02,5,6\n00,1,2\nother,9,9\n01,3,4\n")
    found = read_features(path, plain_catalogue(3))
    assert found.dtype == np.float32
    assert found.tolist() == [[1, 2], [3, 4], [5, 6]]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("id,a\n00,1\n", "no column 'item'; it has id, a"),
        ("item,a\n00,1\n", r"no features of item '01' \(2 are lacking\)"),
        ("item,a\n00,1\n01,x\n02,3\n", "column 'a' of features.csv holds what is no number"),
        ("item,a\n00,1\n01,nan\n02,3\n", "holds NaN or infinity"),
        ("item,a\n00,1\n01,2\n02,3\n01,4\n", "more than one row of item '01': keep one"),
        ("item\n00\n01\n02\n", "no column beside 'item'"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        read_features(table(tmp_path, text), plain_catalogue(3))


def test_features_are_stored_by_content(tmp_path: Path) -> None:
    stored = store_features(tmp_path, np.ones((3, 2), np.float32))
    assert np.load(stored.folder / "features.npy").tolist() == [[1, 1]] * 3
    assert store_features(tmp_path, np.ones((3, 2), np.float32)).key == stored.key
    assert store_features(tmp_path, np.zeros((3, 2), np.float32)).key != stored.key
