from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.fashion.config import CatalogueConfig
from medgan_fashion.fashion.data.check import check_catalogue, describe_purchases, problem_lines
from medgan_fashion.fashion.data.purchases import Purchases
from medgan_fashion.fashion.data.tables import Problem
from tests.fashion.door_tables import plain_catalogue, write

CONFIG = CatalogueConfig(size=16, images="photos", suffix=".png", hold_out=0.0)


def test_it_says_what_can_be_used_and_what_not(tmp_path: Path) -> None:
    rows = "a,1,tops,red,5\nb,2,hats,,7\nc,99,hats,blue,\nd,,hats,blue,\n"
    table = write(tmp_path, "item,image,category,colour,price\n" + rows)
    bought = write(tmp_path, "customer,item\n1,a\n1,b\n2,a\n2,zz\n", name="bought.csv")
    assert check_catalogue(table, CONFIG, bought) == [
        "shop.csv:",
        "2 items in 2 styles, pictures 16x16",
        "held out: 0 items in 0 styles, which no training sees",
        "categories: 2",
        "  hats      1, 0 held out",
        "  tops      1, 0 held out",
        "attribute colour: 1 values, known of 1 items",
        "price: 5 to 7, known of 2 items",
        "left out: 2",
        "  row 3, item 'c': the file does not exist (check its name, catalogue.images and catalogue.suffix)",
        "  row 4, item 'd': no picture (fill it in, or remove the row)",
        "",
        "bought.csv:",
        "3 pairs of 2 customers and 2 items: 3 likes, 0 dislikes",
        "likes of each customer (least, quartiles, most): 1, 1.25, 1.5, 1.75, 2",
        "customers with fewer than 3 likes of items that are not held out: 2 (trained on, but not judged)",
        "customers without any like: 0 (they get what is popular)",
        "items that nobody likes: 0; likes of held-out items: 0",
        "times known of 0 pairs: the others are split by chance, as the oldest",
        "left out: 1",
        "  row 4, item 'zz': 1 row names this item, which is not in the catalogue",
    ]
    with pytest.raises(ValueError, match="2 of 2 items"):
        check_catalogue(write(tmp_path, "item,image,category\nc,99,hats\nd,,hats\n"), CONFIG)


def test_customers_with_too_few() -> None:
    # customer 0: four likes, one of them cold; customer 1: a dislike only
    customer, item = np.array([0, 0, 0, 0, 1]), np.array([0, 1, 2, 5, 3])
    weight = np.array([1, 1, 0.2, 1, -1], dtype=np.float32)
    purchases = Purchases(("C-a", "C-b"), customer, item, weight, np.arange(5.0))
    lines = describe_purchases(purchases, plain_catalogue(held_out=(5,)))
    assert lines[0].endswith("4 likes, 1 dislikes")
    assert lines[2].endswith("held out: 1 (trained on, but not judged)")
    assert lines[3].startswith("customers without any like: 1")
    assert lines[4] == "items that nobody likes: 2; likes of held-out items: 1"
    assert lines[5] == "times known of 5 pairs"


def test_long_lists_are_cut() -> None:
    lines = problem_lines([Problem(i, "x", "odd", left_out=i % 2 == 0) for i in range(1, 61)])
    assert lines[0] == "left out: 30"
    assert lines[21:23] == ["  and 10 more", "worth knowing: 30"]
    assert len(lines) == 44
