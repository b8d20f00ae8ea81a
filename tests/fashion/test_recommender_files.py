"""Files of recommenders: the same scores after reading, the same bytes for the same model, clear refusals."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from medgan_fashion.fashion.config import DvbprConfig, PairsConfig, TowerConfig, VbprConfig
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.purchases import Purchases
from medgan_fashion.fashion.recommend.files import FORMAT, load_recommender, save_recommender
from medgan_fashion.fashion.recommend.model import FactorModel
from medgan_fashion.fashion.recommend.recommenders import RECOMMENDERS, fit
from medgan_fashion.fashion.recommend.towers import train_catalogue_encoder

PAIRS = PairsConfig(batch=16, updates=3)
CONFIGS: dict[str, Any] = {
    "vbpr": VbprConfig(3, 4, PAIRS),
    "dvbpr": DvbprConfig(4, TowerConfig("residual", size=16, width=8), PAIRS),
}


def fitted(name: str, catalogue: Catalogue, train: Purchases) -> Any:
    encoder = train_catalogue_encoder(catalogue, updates=3, seed=0) if name == "vbpr" else None
    return fit(name, catalogue, train, CONFIGS.get(name), 0, encoder=encoder)


@pytest.mark.parametrize("name", RECOMMENDERS)
def test_comes_back_as_it_was(name: str, catalogue: Catalogue, purchases: Purchases, tmp_path: Path) -> None:
    model = fitted(name, catalogue, purchases)
    save_recommender(model, tmp_path / "a.safetensors")
    again = load_recommender(tmp_path / "a.safetensors")
    save_recommender(again, tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    everyone = np.arange(24)
    np.testing.assert_array_equal(model.score_items(everyone), again.score_items(everyone))
    assert (again.name, again.customers, again.items) == (name, purchases.customers, catalogue.items)
    if isinstance(model, FactorModel) and model.tower is not None:
        assert isinstance(again, FactorModel)
        for mine, theirs in zip(model.embed(catalogue.floats()), again.embed(catalogue.floats()), strict=True):
            np.testing.assert_array_equal(mine, theirs)


def damaged(path: Path, change: Any) -> Path:
    """A copy of the file whose metadata and tensors `change` was given to alter."""
    with safe_open(path, framework="pt") as file:
        about = json.loads(file.metadata()[FORMAT])
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
    change(about, tensors)
    save_file(tensors, path.with_name("damaged.safetensors"), {FORMAT: json.dumps(about)})
    return path.with_name("damaged.safetensors")


def test_says_in_one_sentence_what_is_wrong(catalogue: Catalogue, purchases: Purchases, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_recommender(fitted("dvbpr", catalogue, purchases), path)
    with pytest.raises(ValueError, match="no recommender at"):
        load_recommender(tmp_path / "nothing.safetensors")
    (tmp_path / "text").write_text("item,image")
    with pytest.raises(ValueError, match="is not a safetensors file"):
        load_recommender(tmp_path / "text")
    save_file({"a": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="is not a recommender: it needs metadata"):
        load_recommender(tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="lacks 'theta'"):
        load_recommender(damaged(path, lambda about, tensors: tensors.pop("theta")))
    with pytest.raises(ValueError, match="do not fit its lists of customers and items"):
        load_recommender(damaged(path, lambda about, tensors: about["items"].pop()))
    with pytest.raises(ValueError, match="unknown kind of tower 'vit'"):
        load_recommender(damaged(path, lambda about, tensors: about["tower"].update(kind="vit")))
    with pytest.raises(ValueError, match="weights of the tower do not fit the architecture"):
        load_recommender(damaged(path, lambda about, tensors: about["tower"]["tower"].update(width=16)))
