import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.fashion.config import DvbprConfig, PairsConfig, PopularityConfig, TowerConfig
from medgan_fashion.fashion.data.catalogue import Catalogue, save_catalogue
from medgan_fashion.fashion.data.purchases import Purchases, save_purchases, split_purchases
from medgan_fashion.fashion.recommend.files import load_recommender, save_recommender
from medgan_fashion.fashion.recommend.model import FactorModel
from medgan_fashion.fashion.recommend.recommenders import Neighbourhood, fit
from medgan_fashion.fashion.run.stages_recommend import fit_recommender, new_customers, rank_recommenders

DVBPR = DvbprConfig(factors=4, tower=TowerConfig(size=16, width=8), pairs=PairsConfig(updates=40, batch=32))


def laid_out(folder: Path, items: Catalogue, bought: Purchases) -> dict[str, object]:
    """Catalogue and split in folders, as stages take them."""
    split = split_purchases(bought, items, 0)
    parts = {"train": split.train, "validation": split.validation, "test": split.test, "cold": split.cold}
    for name in ("items", "work", *parts):
        (folder / name).mkdir()
    save_catalogue(items, folder / "items")
    for name, part in parts.items():
        save_purchases(part, folder / name)
    return {"catalogue": folder / "items", "split": [folder / name for name in parts]}


def kept(folder: Path, model: FactorModel | Neighbourhood) -> Path:
    folder.mkdir()
    save_recommender(model, folder / "recommender.safetensors")
    return folder


def ranked(folder: Path, items: Catalogue, bought: Purchases) -> dict:
    """The ranking of popularity on a checkerboard of purchases."""
    given = laid_out(folder, items, bought)
    model = fit("popularity", items, split_purchases(bought, items, 0).train, PopularityConfig(), 0)
    rank_recommenders.function(folder / "work", models=[kept(folder / "model", model)], k=5, seed=0, **given)
    return json.loads((folder / "work" / "ranking.json").read_text())


def test_a_fit_is_kept(tmp_path: Path, catalogue: Catalogue, purchases: Purchases) -> None:
    given = laid_out(tmp_path, catalogue, purchases)
    settings = PopularityConfig(logarithm=False)
    fit_recommender.function(
        tmp_path / "work", given["catalogue"], tmp_path / "train", None, None, "popularity", settings, 0
    )
    model = load_recommender(tmp_path / "work" / "recommender.safetensors")
    train = split_purchases(purchases, catalogue, 0).train
    counts = np.bincount(train.item, minlength=len(catalogue))
    assert isinstance(model, FactorModel)
    assert model.bias[counts > 0] == pytest.approx(counts[counts > 0])


def test_random_order_stands_first_and_differences_are_paired(
    tmp_path: Path, catalogue: Catalogue, purchases: Purchases
) -> None:
    found = ranked(tmp_path, catalogue, purchases)
    assert [(row["model"], row["setting"]) for row in found["rows"]] == [("random", "warm"), ("popularity", "warm")]
    assert [row["customers"] for row in found["rows"]] == [24, 24]
    one = next(row for row in found["differences"] if row["metric"] == "ndcg")
    assert (one["model"], one["against"]) == ("popularity", "random")
    assert one["estimate"] == pytest.approx(found["rows"][1]["ndcg"] - found["rows"][0]["ndcg"])


def test_one_customer_gives_no_figures_and_says_so(tmp_path: Path, catalogue: Catalogue, purchases: Purchases) -> None:
    found = ranked(tmp_path, catalogue, purchases.take(purchases.customer == 5))
    assert found["rows"] == found["differences"] == []
    assert "too few customers or candidates can be judged (warm) for an interval" in found["notes"][0]


def test_nobody_to_test_on_says_so(
    tmp_path: Path, catalogue: Catalogue, make_purchases: Callable[..., Purchases]
) -> None:
    found = ranked(tmp_path, catalogue, make_purchases(catalogue, likes=2))
    assert found["rows"] == []
    assert "no customer has a purchase to test on" in found["notes"][0]


def test_newcomers_are_served_by_their_likes(
    tmp_path: Path, catalogue: Catalogue, make_purchases: Callable[..., Purchases]
) -> None:
    bought = make_purchases(catalogue, n_customers=40, likes=7)
    given, who = laid_out(tmp_path, catalogue, bought), list(range(8))
    train = split_purchases(bought, catalogue, 0).train
    models = [fit("dvbpr", catalogue, part, DVBPR, 0) for part in (train.take(~np.isin(train.customer, who)), train)]
    without, trained = (kept(tmp_path / f"model{i}", model) for i, model in enumerate(models))
    new_customers.function(
        tmp_path / "work", without=without, trained=trained, newcomers=who, likes=4, k=5, seed=0, **given
    )
    found = json.loads((tmp_path / "work" / "new_customers.json").read_text())
    assert (found["customers"], found["likes"], found["k"]) == (8, 4, 5)
    assert found["new"] > found["popularity"]  # the colour that they like is told by four likes
    assert 0 < found["uncertainty_left"] < 1
