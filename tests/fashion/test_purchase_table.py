from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.fashion.config import PurchaseConfig
from medgan_fashion.fashion.data.purchases import (
    Purchases,
    customer_pseudonyms,
    find_customer,
    known_as,
    merge_events,
    parse_time,
    read_purchases,
)
from tests.fashion.door_tables import plain_catalogue

NAN = float("nan")


def read(folder: Path, text: str, **config: dict) -> tuple[Purchases, list[str]]:
    (folder / "bought.csv").write_text(text, encoding="utf-8")
    purchases, problems = read_purchases(folder / "bought.csv", plain_catalogue(), PurchaseConfig(**config))
    return purchases, [str(problem) for problem in problems]


def pairs(purchases: Purchases) -> dict[tuple[str, int], float]:
    rows = zip(purchases.customer, purchases.item, purchases.weight, strict=True)
    return {(purchases.customers[c], int(i)): round(float(w), 3) for c, i, w in rows}


def test_customers_are_hashed_and_items_are_rows(tmp_path: Path) -> None:
    purchases, problems = read(tmp_path, "customer,item\n0042,01\n7,00\n0042,05\n")
    names = customer_pseudonyms(["0042", "7"])
    assert set(purchases.customers) == set(names.values())
    assert all(name.startswith("C-") and len(name) == 12 for name in purchases.customers)
    assert pairs(purchases) == {(names["0042"], 1): 1, (names["7"], 0): 1, (names["0042"], 5): 1}
    assert np.isnan(purchases.time).all()
    assert not problems


def test_a_customer_is_known_by_id_and_by_pseudonym() -> None:
    name = customer_pseudonyms(["0042"])["0042"]
    assert known_as(" 0042 ") == name
    assert known_as(name) == name
    assert known_as("42") != name
    assert find_customer(" 0042 ", {name}) == name
    assert find_customer(name, (name,)) == name
    assert find_customer("42", {name}) is None
    with pytest.raises(ValueError, match="no customer"):
        find_customer("", {name})
    with pytest.raises(ValueError, match="no customer"):
        known_as(" ")


@pytest.mark.parametrize(
    ("weights", "times", "weight", "time"),
    [
        ([1, 1], [5, 3], 1, 5),  # twice the same
        ([0.2, 0.2, 0.2], [1, 2, 3], 0.2, 3),  # views do not add up
        ([0.2, 1, 0.2], [1, 2, 3], 1, 3),
        ([1, -0.5], [1, 2], -0.5, 2),  # bought and returned: no like
        ([1, -0.5], [NAN, NAN], -0.5, NAN),
        ([1, -0.5, 1], [1, 2, 3], 1, 3),  # bought again
        ([1, -0.5, 1], [1, 2, NAN], -0.5, 2),  # who knows when
        ([1, -0.5, 0.2], [1, 2, 3], -0.5, 2),  # a look does not take a return back
        ([-1, 0.2, 1], [1, 2, 3], 1, 3),
        ([1, -0.5], [2, 2], -0.5, 2),  # on one day
        ([-0.5, -1], [1, 2], -1, 2),
        ([0], [4], 0, 4),
    ],
)
def test_events_of_a_pair_are_merged(weights: list, times: list, weight: float, time: float) -> None:
    n = len(weights)
    merged = merge_events(np.zeros(n, dtype=np.int64), np.array(weights, float), np.array(times, float))
    np.testing.assert_array_equal(merged, [[weight], [time]])


def test_pairs_do_not_disturb_each_other() -> None:
    weight, time = merge_events(np.array([1, 0, 1, 0]), np.array([1, -1, -0.5, 1]), np.array([1.0, 2, 3, 4]))
    assert weight.tolist() == [1, -0.5]
    assert time.tolist() == [4, 3]


def test_events_and_times_of_a_table(tmp_path: Path) -> None:
    text = (
        "who,what,when,did\na,00,2024-01-01,Purchase\na,00,2024-01-05T12:00:00+02:00,return\na,01,86400,\n"
        "b,01,1970-01-03,view\nb,02,soon,dislike\nb,03,1700000000000,like\n"
    )
    columns = {"customer": "who", "item": "what", "time": "when", "event": "did"}
    purchases, problems = read(tmp_path, text, columns=columns, weights={"view": 0.4})
    a, b = customer_pseudonyms("ab").values()
    assert pairs(purchases) == {(a, 0): -0.5, (a, 1): 1, (b, 1): 0.4, (b, 2): -1, (b, 3): 1}
    times = dict(zip(pairs(purchases), purchases.time, strict=True))
    assert times[a, 0] == 1704448800
    assert times[a, 1] == 86400
    assert times[b, 1] == 2 * 86400
    assert np.isnan(times[b, 2])
    assert problems == [
        "row 5, item '02': time 'soon' is neither seconds nor an ISO date such as 2024-05-31: taken as unknown",
        "row 6, item '03': time '1700000000000' is no number of seconds since 1970 (divide milliseconds by 1000): "
        "taken as unknown",
        "1 rows repeat a customer and an item: merged",
    ]
    with pytest.raises(ValueError, match=r"row 1 .*'Gift', known are purchase, like.*purchases\.weights\.gift=NUMBER"):
        read(tmp_path, "customer,item,event\na,00,Gift\n")
    assert len(read(tmp_path, "customer,item,event\na,00,Gift\n", weights={"Gift": 0.5})[0]) == 1


def test_what_cannot_be_used(tmp_path: Path) -> None:
    purchases, problems = read(tmp_path, "customer,item\na,00\na,1\nb,1\n,02\nb,99\n")
    assert len(purchases) == 1
    assert len(purchases.customers) == 1
    assert problems == [
        "row 4, item '02': no customer",
        "row 2, item '1': 2 rows name this item, which is not in the catalogue",
        "row 5, item '99': 1 row names this item, which is not in the catalogue",
    ]
    with pytest.raises(ValueError, match=r"the first item is '1' and the catalogue's '00'.*leading zeros"):
        read(tmp_path, "customer,item\na,1\n")
    with pytest.raises(ValueError, match=r"no column 'customer'.*--set purchases\.columns\.customer"):
        read(tmp_path, "user,item\na,1\n")
    with pytest.raises(ValueError, match=r"purchases\.weights\.view"):
        PurchaseConfig(weights={"view": 3.0})


def test_times() -> None:
    assert parse_time("1.5") == 1.5
    assert parse_time("1970-01-02") == 86400
    assert parse_time("1970-01-01T00:00:10Z") == 10


def test_parquet_with_timestamps(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    times = pa.array([86400, None], pa.timestamp("s"))
    parquet.write_table(pa.table({"customer": [1, 2], "item": ["00", "01"], "time": times}), tmp_path / "b.parquet")
    purchases, problems = read_purchases(tmp_path / "b.parquet", plain_catalogue(), PurchaseConfig())
    assert sorted(purchases.time.tolist(), key=str) == [86400, pytest.approx(NAN, nan_ok=True)]
    assert not problems


def test_wardrobes(shared_data: Path) -> None:
    from medgan_fashion.fashion.config import CatalogueConfig
    from medgan_fashion.fashion.data.catalogue import read_catalogue

    table = shared_data / "clothing_by_sender" / "images.csv"
    columns = {"item": "image", "category": "label"}
    catalogue, _ = read_catalogue(table, CatalogueConfig(16, columns, images="images", suffix=".jpg"))
    config = PurchaseConfig(columns={"customer": "sender_id", "item": "image"})
    purchases, problems = read_purchases(table, catalogue, config)
    assert (len(purchases), len(purchases.customers), len(problems)) == (396, 36, 0)
    assert np.bincount(purchases.item).tolist() == [1] * 396
