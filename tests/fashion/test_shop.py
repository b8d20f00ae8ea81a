from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.fashion.config import CatalogueConfig, GarmentsConfig, SampleConfig
from medgan_fashion.fashion.data.purchases import customer_pseudonyms
from medgan_fashion.fashion.run.forget import remember
from medgan_fashion.fashion.run.shop import open_shop, store_purchases
from tests.fashion.door_tables import write
from tests.fashion.test_dvbpr_arrays import content, save

SAMPLE = SampleConfig(n_styles=12, n_customers=10, new_customers=0, groups=2, purchases=(6, 8))
CONFIG = GarmentsConfig(catalogue=CatalogueConfig(size=16), sample=SAMPLE, likes=2, simulated_customers=6)
SHOP = "item,image,category\n001,photos/1.png,tops\n002,photos/2.png,tops\n003,photos/3.png,shoes\n"


def test_no_data_draws_the_sample_once(tmp_path: Path) -> None:
    said: list[str] = []
    shop = open_shop({}, tmp_path, CONFIG, said.append)
    again = open_shop({}, tmp_path, CONFIG, lambda text: pytest.fail(f"did it again: {text}"))
    assert "drawing the sample catalogue" in said[0]
    assert (shop.source, shop.customers) == ("sample catalogue", "simulated")
    assert shop.tastes is not None
    assert set(shop.purchases.customers) == set(customer_pseudonyms(f"K{n:05d}" for n in range(1, 11)).values())
    assert shop.tastes.customers == shop.purchases.customers  # row for row
    assert shop.catalogue.content_hash() == again.catalogue.content_hash()
    assert shop.catalogue.size == 16


def test_a_users_tables_and_ids_with_leading_zeros(tmp_path: Path) -> None:
    table = write(tmp_path, SHOP)
    (tmp_path / "bought.csv").write_text("customer,item\n0012,001\n0012,003\n0012,009\n")
    shop = open_shop({"catalogue": table, "purchases": tmp_path / "bought.csv"}, tmp_path / "run", CONFIG)
    assert (shop.source, shop.customers, shop.tastes) == ("shop", "real", None)
    assert shop.catalogue.items == ("001", "002", "003")
    assert shop.purchases.customers == (customer_pseudonyms(["0012"])["0012"],)
    assert len(shop.purchases) == 2
    assert any(problem.item == "009" and problem.left_out for problem in shop.problems)  # nothing lost: it is listed


def test_a_changed_picture_is_read_again(tmp_path: Path) -> None:
    table = write(tmp_path, SHOP)
    before = open_shop({"catalogue": table}, tmp_path / "run", CONFIG).catalogue.images.copy()
    (tmp_path / "photos" / "1.png").write_bytes((tmp_path / "photos" / "4.png").read_bytes())
    after = open_shop({"catalogue": table}, tmp_path / "run", CONFIG).catalogue.images
    assert (before != after).any(axis=(1, 2, 3)).tolist() == [True, False, False]


def test_without_purchases_customers_are_simulated_and_it_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    shop = open_shop({"catalogue": write(tmp_path, SHOP)}, tmp_path / "run", CONFIG, said.append)
    assert "no purchases given: simulating 6 customers" in said[-1]
    assert (shop.customers, len(shop.purchases.customers)) == ("simulated", 6)


def test_a_limit_keeps_items_with_their_purchases(tmp_path: Path) -> None:
    whole = open_shop({}, tmp_path, CONFIG)
    some = open_shop({}, tmp_path, replace(CONFIG, limit=9))
    assert len(some.catalogue) == 9
    assert some.catalogue.categories == whole.catalogue.categories

    def pairs(shop) -> set[tuple[int, str]]:
        bought = zip(shop.purchases.customer.tolist(), shop.purchases.item.tolist(), strict=True)
        return {(customer, shop.catalogue.items[item]) for customer, item in bought}

    assert pairs(some) == {(customer, item) for customer, item in pairs(whole) if item in some.catalogue.items}
    held_out = dict(zip(whole.catalogue.items, whole.catalogue.held_out, strict=True))
    assert [held_out[item] for item in some.catalogue.items] == some.catalogue.held_out.tolist()


def test_newcomers_can_be_judged_and_known_by_likes(tmp_path: Path) -> None:
    shop = open_shop({}, tmp_path, CONFIG)
    who = np.flatnonzero(shop.newcomers)
    train = shop.split.train
    assert len(who) == 2  # a fifth of ten
    assert np.isin(who, shop.split.test.customer).all()
    assert all(((train.customer == customer) & (train.weight > 0)).sum() >= CONFIG.likes for customer in who)
    assert not open_shop({}, tmp_path, replace(CONFIG, likes=99)).newcomers.any()


def test_the_dvbpr_layout_brings_its_own_purchases(tmp_path: Path) -> None:
    path = save(tmp_path / "fashion.npy", content())
    shop = open_shop({"catalogue": path}, tmp_path / "run", CONFIG)
    again = open_shop({"catalogue": path}, tmp_path / "run", CONFIG)
    assert (shop.source, shop.customers, shop.tastes) == ("fashion", "real", None)
    assert shop.catalogue.items == again.catalogue.items == ("B000", "B001", "B002", "B003", "B004")
    assert set(shop.purchases.customers) == set(customer_pseudonyms(["0", "1"]).values())
    assert len(shop.purchases) == len(again.purchases) == 8
    with pytest.raises(ValueError, match=r"fashion\.npy holds its own purchases: leave --data purchases=b\.csv out"):
        open_shop({"catalogue": path, "purchases": Path("b.csv")}, tmp_path / "run", CONFIG)


def test_what_the_dvbpr_layout_leaves_out_is_listed_each_time(tmp_path: Path) -> None:
    value = content()
    value[3][1][b"imgs"] = b"no picture"
    path = save(tmp_path / "fashion.npy", value)
    config = replace(CONFIG, catalogue=CatalogueConfig(size=16, skip_unreadable=True))
    for _ in range(2):
        shop = open_shop({"catalogue": path}, tmp_path / "run", config)
        assert ["B001" in problem.reason for problem in shop.problems] == [True]


@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [
        ({"purchases": "b.csv"}, "purchases without a catalogue"),
        ({"catalogue": "a.csv"}, r"no catalogue at .*a\.csv"),
        ({"catalogue": "a.npy"}, r"no catalogue at .*a\.npy"),
        ({"catalogue": "shop.csv", "purchases": "b.csv"}, r"no purchases at .*b\.csv"),
    ],
)
def test_missing_tables_are_named(tmp_path: Path, inputs: dict[str, str], sentence: str) -> None:
    write(tmp_path, SHOP)
    with pytest.raises(ValueError, match=sentence):
        open_shop({name: tmp_path / path for name, path in inputs.items()}, tmp_path / "run", CONFIG)


def test_purchases_are_stored_by_their_content(tmp_path: Path) -> None:
    bought = open_shop({}, tmp_path, CONFIG).purchases
    assert store_purchases(tmp_path, bought).key == store_purchases(tmp_path, bought.take(np.arange(len(bought)))).key
    assert store_purchases(tmp_path, bought).key != store_purchases(tmp_path, bought.take([0, 1])).key


def test_whom_the_folder_has_forgotten_does_not_come_back(tmp_path: Path) -> None:
    before = open_shop({}, tmp_path, CONFIG)
    remember(tmp_path, before.purchases.customers[3])
    after = open_shop({}, tmp_path, CONFIG)
    assert after.tastes is not None
    assert after.purchases.customers[3] == after.tastes.customers[3] == "forgotten-3"
    assert after.purchases.customers[4:] == before.purchases.customers[4:]
    assert 3 not in after.purchases.customer
    assert store_purchases(tmp_path, after.purchases).key != store_purchases(tmp_path, before.purchases).key
