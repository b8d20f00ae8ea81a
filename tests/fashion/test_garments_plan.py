from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medgan_fashion.fashion.config import GarmentsConfig, read_settings
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.purchases import Purchases, split_purchases
from medgan_fashion.fashion.run.plan import OTHER, Plan, Planner
from medgan_fashion.fashion.run.shop import Shop
from medgan_fashion.runs.engine.executor import in_order


def config(**changes: Any) -> GarmentsConfig:
    return read_settings({"gan": {"least_pictures": 4}, "judged_on": 5, "designed_for": 2} | changes)


def plan(run: Path, items: Catalogue, bought: Purchases, settings: GarmentsConfig, newcomers: int = 3) -> Plan:
    split = split_purchases(bought, items, 0)
    few = np.arange(len(bought.customers)) < newcomers
    return Planner(run, Shop("shop", "real", items, bought, split, few, None, ()), settings).plan()


@pytest.fixture
def made(tmp_path: Path, catalogue: Catalogue, purchases: Purchases) -> Plan:
    return plan(tmp_path, catalogue, purchases, config())


def test_nothing_runs_and_everything_is_planned(made: Plan, tmp_path: Path) -> None:
    names = [task.stage.name for task in in_order(made.tasks)]
    assert names.count("garment_gan") == names.count("catalogue_encoder") == 1
    assert names.count("fit_recommender") == 6 + 2 + 1 + 1  # compared, two more seeds, held out, without newcomers
    assert names.count("design_garments") == 4 + 1  # etas, and those that are shown
    assert not list((tmp_path / "stages").glob("fit_recommender/*"))
    assert made.models["dvbpr"].key == made.ensemble[0].key  # fitted once


def test_who_judges_has_another_seed_and_architecture(made: Plan) -> None:
    seeds = [task.inputs["seed"] for task in made.ensemble]
    (judge,) = made.held_out
    assert seeds == [0, 1, 2]
    assert judge.inputs["seed"] == OTHER
    assert judge.inputs["config"].tower.architecture != made.ensemble[0].inputs["config"].tower.architecture


def test_customers_take_categories_in_turn(made: Plan) -> None:
    assert [kind for _, kind in made.judged] == [0, 1, 0, 1, 0]
    assert len({customer for customer, _ in made.judged}) == 5
    shown = {customer for customer, _ in made.shown_for}
    assert [sorted(kind for c, kind in made.shown_for if c == customer) for customer in shown] == [[0, 1], [0, 1]]


def test_named_customers_come_first_and_once(tmp_path: Path, catalogue: Catalogue, purchases: Purchases) -> None:
    names = tuple(f"C-{number:010x}" for number in range(24))
    bought = replace(purchases, customers=names)
    made = plan(tmp_path, catalogue, bought, config(customers=[names[7], names[3], names[7]]))
    assert list(dict.fromkeys(customer for customer, _ in made.shown_for)) == [7, 3]
    assert [customer for customer, _ in made.judged[:2]] == [7, 3]
    with pytest.raises(ValueError, match=r"customers: 'C-00000000ff' has no purchase in this table"):
        plan(tmp_path, catalogue, bought, config(customers=["C-00000000ff"]))


def test_a_setting_changes_its_own_stages_alone(
    made: Plan, tmp_path: Path, catalogue: Catalogue, purchases: Purchases
) -> None:
    other = plan(tmp_path, catalogue, purchases, config(planted=9))
    before, after = ({task.key for task in in_order(one.tasks)} for one in (made, other))
    assert after - before == {other.planted.key}
    assert before - after == {made.planted.key}


def test_own_features_take_the_encoders_place(tmp_path: Path, catalogue: Catalogue, purchases: Purchases) -> None:
    shop = Shop(
        "s", "real", catalogue, purchases, split_purchases(purchases, catalogue, 0), np.zeros(24, bool), None, ()
    )
    made = Planner(tmp_path, shop, config(), np.ones((40, 2), np.float32)).plan()
    assert made.models["vbpr"].inputs["encoder"] is None
    assert made.models["vbpr"].inputs["features"].folder.is_dir()
    assert made.newcomers is None  # nobody was left out


def test_what_cannot_be_learned_from_is_refused(tmp_path: Path, catalogue: Catalogue, purchases: Purchases) -> None:
    with pytest.raises(ValueError, match="nobody likes an item that is not held out"):
        plan(tmp_path, catalogue, replace(purchases, weight=-purchases.weight), config())
    with pytest.raises(ValueError, match="no category has 99 pictures"):
        plan(tmp_path, catalogue, purchases, config(gan={"least_pictures": 99}))
    with pytest.raises(ValueError, match="one category only"):
        plan(tmp_path, replace(catalogue, held_out=catalogue.category == 1), purchases, config())
    with pytest.raises(ValueError, match=r"no model at gone\.safetensors"):
        plan(tmp_path, catalogue, purchases, config(gan={"model": "gone.safetensors"}))
