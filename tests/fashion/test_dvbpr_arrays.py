import io
import os
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from medgan_fashion.fashion.config import CatalogueConfig
from medgan_fashion.fashion.data.dvbpr_arrays import read_dvbpr, read_objects
from medgan_fashion.fashion.data.purchases import customer_pseudonyms, split_purchases


def jpeg(number: int) -> bytes:
    picture = Image.new("RGB", (16, 16), "white")
    picture.paste((number * 50, 200 - number * 20, 90), (4, 4, 12, 12))
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()


def content(n_items: int = 5) -> list[Any]:
    """Two users; user 0 trains on 0, 1, is validated on 2 and tested on 3; user 1 on 4, 0, 1, 2."""

    def records(*items: int) -> list[dict]:
        return [{b"productid": item} for item in items]

    items = {
        i: {b"imgs": jpeg(i), b"asin": f"B00{i}".encode(), b"c": np.eye(6)[i % 2].astype(np.int64)}
        for i in range(n_items)
    }
    train, validation, test = {0: records(0, 1), 1: records(4, 0)}, {0: records(2), 1: records(1)}, {}
    test = {0: records(3), 1: records(2)}
    return [train, validation, test, items, 2, n_items]


def save(path: Path, value: Any, **keys: Any) -> Path:
    array = np.empty(len(value), dtype=object)
    array[:] = value
    np.save(path, array, **keys)
    return path


def test_the_authors_layout(tmp_path: Path) -> None:
    config = CatalogueConfig(size=8, hold_out=0.0)
    catalogue, purchases = read_dvbpr(save(tmp_path / "a.npy", content()), config)
    assert catalogue.items == ("B000", "B001", "B002", "B003", "B004")
    assert catalogue.categories == ("category 0", "category 1")
    assert catalogue.category.tolist() == [0, 1, 0, 1, 0]
    assert catalogue.images.shape == (5, 3, 8, 8)
    split = split_purchases(purchases, catalogue, seed=0)
    row = {name: i for i, name in enumerate(purchases.customers)}
    users = customer_pseudonyms(["0", "1"])
    held_back = {
        part: dict(zip(p.customer.tolist(), p.item.tolist(), strict=True))
        for part, p in (("validation", split.validation), ("test", split.test))
    }
    assert held_back["validation"] == {row[users["0"]]: 2, row[users["1"]]: 1}
    assert held_back["test"] == {row[users["0"]]: 3, row[users["1"]]: 2}
    assert len(split.train) == 4


def test_text_keys_lists_and_missing_extras(tmp_path: Path) -> None:
    value = content()
    plain = [[{k.decode(): v for k, v in r.items()} for r in value[0][u]] for u in (0, 1)]
    items = [{"imgs": value[3][i][b"imgs"]} for i in range(5)]
    path = save(tmp_path / "a.npy", [plain, *value[1:3], items, 2, 5])
    catalogue, purchases = read_dvbpr(path, CatalogueConfig(size=8))
    assert catalogue.items == ("0", "1", "2", "3", "4")
    assert catalogue.categories == ("all",)
    assert len(purchases) == 8


def test_unreadable_pictures(tmp_path: Path) -> None:
    value = content()
    value[3][4][b"imgs"] = b"no jpeg"
    path = save(tmp_path / "a.npy", value)
    with pytest.raises(ValueError, match=r"1 of 5 items of a.npy cannot be used: row 5, item 'B004'"):
        read_dvbpr(path, CatalogueConfig(size=8))
    told: list[str] = []
    catalogue, purchases = read_dvbpr(path, CatalogueConfig(size=8, skip_unreadable=True), told.append)
    assert len(catalogue) == 4
    assert len(purchases) == 7
    assert "1 of 5 items" in told[0]


def test_another_layout(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="another layout"):
        read_dvbpr(save(tmp_path / "a.npy", content()[:3]))
    with pytest.raises(ValueError, match="Item is int"):
        read_dvbpr(save(tmp_path / "b.npy", [{}, {}, {}, 3, 0, 0]))
    with pytest.raises(ValueError, match="no number 'productid'"):
        read_dvbpr(save(tmp_path / "c.npy", [{0: [{b"x": 1}]}, *content()[1:]]), CatalogueConfig(size=8))


class Hostile:
    """What a hostile file does: it names a function and its arguments."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self) -> tuple:
        return (os.mkdir, (self.path,))


def test_code_in_a_file_is_refused_and_not_run(tmp_path: Path) -> None:
    path = save(tmp_path / "a.npy", [Hostile(tmp_path / "harm"), 1])
    with pytest.raises(ValueError, match=r"a\.npy was refused, it asks for '.*mkdir'"):
        read_objects(path)
    assert not (tmp_path / "harm").exists()
    np.load(path, allow_pickle=True)
    assert (tmp_path / "harm").exists()  # the attack is a real one


def npy(payload: bytes) -> bytes:
    """A .npy file of objects with that pickle in it."""
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + payload


@pytest.mark.parametrize(
    "payload",
    [
        b"cbuiltins\neval\n(S'1'\ntR.",
        b"c__builtin__\nlist\n)R.",
        b"cnumpy\nndarray\n)R.",
        b"cnumpy.core.multiarray\n_reconstruct\n)R(I1\n(tI5\ntb.",
        b"(I1",
        b"",
        b"I1\n",
        b"cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(S'V8'\ntRS'12345678'\ntR.",
    ],
)
def test_other_tricks(payload: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(npy(payload))
    with pytest.raises(ValueError, match=r"a\.npy (was refused|is no .npy)"):
        read_objects(tmp_path / "a.npy")


# {'productid': 5, 'c': numpy.array([0, 1])} as Python 2 pickles it: a str is a string of bytes
PYTHON_2 = (
    b"\x80\x02}(U\x09productidK\x05U\x01ccnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    b"(K\x01K\x02\x85cnumpy\ndtype\nU\x02i8K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x10"
    + np.array([0, 1], dtype="<i8").tobytes()
    + b"tbu."
)


def test_files_of_python_2(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(npy(PYTHON_2))
    found = read_objects(tmp_path / "a.npy")
    assert found[b"productid"] == 5
    assert found[b"c"].tolist() == [0, 1]
    # a defaultdict(list) comes back as a dict, its factory is not called
    (tmp_path / "a.npy").write_bytes(npy(b"\x80\x02ccollections\ndefaultdict\nc__builtin__\nlist\n\x85RK\x07]s."))
    assert read_objects(tmp_path / "a.npy") == {7: []}


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_arrays_of_every_kind_come_back(protocol: int, tmp_path: Path) -> None:
    arrays = [np.arange(6.0).reshape(2, 3), np.asfortranarray(np.arange(6).reshape(2, 3)), np.array(["a", "bc"])]
    arrays += [np.array([1, 2], dtype=">i4"), np.array([b"x"])]
    whole = np.empty(2, dtype=object)
    whole[:] = [arrays, {"n": np.int64(4), "f": np.float32(0.5), "s": b"\xff\x00", "t": (1, "é")}]
    (tmp_path / "a.npy").write_bytes(npy(pickle.dumps(whole, protocol)))
    found, rest = read_objects(tmp_path / "a.npy")
    for a, b in zip(arrays, found, strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == b.dtype
    assert rest == {"n": 4, "f": 0.5, "s": b"\xff\x00", "t": [1, "é"]}


def test_files_that_are_none(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(3))
    with pytest.raises(ValueError, match="plain numbers"):
        read_objects(tmp_path / "a.npy")
    (tmp_path / "b.npy").write_bytes(b"hello")
    with pytest.raises(ValueError, match="damaged"):
        read_objects(tmp_path / "b.npy")
    with pytest.raises(ValueError, match="cannot be opened"):
        read_objects(tmp_path / "c.npy")
