import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.fashion.config import KnnConfig
from medgan_fashion.fashion.data.catalogue import Catalogue, save_catalogue
from medgan_fashion.fashion.data.purchases import Purchases, save_purchases
from medgan_fashion.fashion.recommend.files import save_recommender
from medgan_fashion.fashion.recommend.recommenders import fit
from medgan_fashion.fashion.run.open import Parts, open_run, read_parts, visual, write_parts

PARTS = Parts(
    "c", "s", ("t", "v", "e", "o"), "h", "n", "g", "l", "m", {"item_knn": "k"}, ("1", "2", "3"), ("4",), {"seed": 3}
)


def test_parts_come_back(tmp_path: Path) -> None:
    write_parts(tmp_path, PARTS)
    assert read_parts(tmp_path) == PARTS
    assert json.loads((tmp_path / "results" / "parts.json").read_text())["models"] == {"item_knn": "k"}
    with pytest.raises(ValueError, match=r"holds no finished run of garments: make one with .* --out"):
        read_parts(tmp_path / "elsewhere")


def test_a_run_is_opened(tmp_path: Path, catalogue: Catalogue, purchases: Purchases) -> None:
    for name in ("c", "h", "k"):
        (tmp_path / name).mkdir()
    save_catalogue(catalogue, tmp_path / "c")
    (tmp_path / "s").mkdir()
    np.save(tmp_path / "s" / "price.npy", catalogue.price + 1)
    np.save(tmp_path / "s" / "stock.npy", catalogue.stock)
    save_purchases(purchases, tmp_path / "h")
    save_recommender(fit("item_knn", catalogue, purchases, KnnConfig(), 0), tmp_path / "k" / "recommender.safetensors")
    write_parts(tmp_path, PARTS)
    opened = open_run(tmp_path)
    assert opened.catalogue.items == catalogue.items
    np.testing.assert_array_equal(opened.catalogue.price, catalogue.price + 1)
    assert opened.history.customers == purchases.customers
    assert opened.model("item_knn").customers == purchases.customers
    with pytest.raises(ValueError, match="no recommender 'dvbpr' in this run; it has item_knn"):
        opened.model("dvbpr")
    with pytest.raises(ValueError, match="'item_knn' has no vectors: designing needs visual ones"):
        visual(tmp_path / "k")


def test_parts_of_another_version_are_refused(tmp_path: Path, make_catalogue: Callable[..., Catalogue]) -> None:
    write_parts(tmp_path, PARTS)
    path = tmp_path / "results" / "parts.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"extra": 1}))
    with pytest.raises(ValueError, match="extra"):
        open_run(tmp_path)
