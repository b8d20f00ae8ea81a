"""Warm and cold ranking on a checkerboard of purchases: two tastes, items of two colours, answers known."""

from dataclasses import replace

import numpy as np
import pytest

from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.data.purchases import Purchases, Split, split_purchases
from medgan_fashion.fashion.recommend.evaluate import judge_task, rank_quality, ranking_task
from medgan_fashion.fashion.recommend.model import FactorModel, Prior
from medgan_fashion.fashion.recommend.recommenders import Chance

N_ITEMS, N_CUSTOMERS = 40, 30
COLD = np.arange(N_ITEMS) >= 30


def checkerboard() -> tuple[Catalogue, Purchases]:
    """Even customers buy even items, odd customers odd ones; items 30 to 39 are held out."""
    nothing = np.full(N_ITEMS, np.nan)
    catalogue = Catalogue(
        tuple(f"{i:03d}" for i in range(N_ITEMS)),
        np.zeros((N_ITEMS, 3, 4, 4), np.uint8),
        np.zeros(N_ITEMS, np.int64),
        ("top",),
        np.arange(N_ITEMS),
        COLD,
        nothing,
        nothing,
        {},
    )
    rng = np.random.default_rng(0)
    pairs = []
    for customer in range(N_CUSTOMERS):
        own = np.arange(customer % 2, N_ITEMS, 2)
        pairs += [(customer, int(item)) for item in rng.choice(own[own < 30], 8, replace=False)]
        pairs += [(customer, int(item)) for item in rng.choice(own[own >= 30], 2, replace=False)]
    customer, item = np.array(pairs).T
    names = tuple(f"C-{i:010x}" for i in range(N_CUSTOMERS))
    return catalogue, Purchases(names, customer, item, np.ones(len(item), np.float32), np.full(len(item), np.nan))


CATALOGUE, PURCHASES = checkerboard()
SPLIT = split_purchases(PURCHASES, CATALOGUE, seed=0)


def colour_model(known: np.ndarray | None = None, name: str = "dvbpr") -> FactorModel:
    """Scores 1 for items of the customer's colour, 0 for others."""
    theta = np.eye(2, dtype=np.float32)[np.arange(N_CUSTOMERS) % 2]
    phi = np.eye(2, dtype=np.float32)[np.arange(N_ITEMS) % 2]
    may = np.ones(N_ITEMS, dtype=bool) if known is None else known
    prior = Prior(np.zeros(2), np.eye(2))
    bias = np.zeros(N_ITEMS, np.float32)
    return FactorModel(name, PURCHASES.customers, CATALOGUE.items, theta, phi, bias, may, prior)


def test_a_model_that_knows_the_colour_ranks_as_worked_out_by_hand() -> None:
    table = rank_quality(colour_model(), SPLIT, CATALOGUE, k=5)
    assert table.warm is not None
    assert table.cold is not None
    # warm: 8 of 15 own items bought, 7 of them seen: 23 candidates, 8 own, of which 1 is the target
    assert table.warm.n_candidates == 30
    np.testing.assert_allclose(table.warm.values["auc"], (15 + 7 / 2) / 22)
    np.testing.assert_allclose(table.warm.values["hit"], 5 / 8)
    # cold: 5 own of 10, two of them targets: 5 foreign and 3 other own ones are no targets
    np.testing.assert_allclose(table.cold.values["auc"], (5 + 3 / 2) / 8)
    np.testing.assert_allclose(table.cold.values["hit"], 1)
    assert table.cold.coverage == 1
    assert len(table.rows()) == 2


def test_cold_items_may_be_ranked_among_all() -> None:
    table = rank_quality(colour_model(), SPLIT, CATALOGUE, k=5, cold_among="all")
    assert table.cold is not None
    # of 40 items 8 warm ones are seen: 12 own left, 2 of them targets; 20 foreign
    np.testing.assert_allclose(table.cold.values["auc"], (20 + 10 / 2) / 30)
    assert table.cold.n_candidates == 40


def test_a_collaborative_model_has_no_cold_figures_and_says_why() -> None:
    table = rank_quality(colour_model(~COLD, "bpr"), SPLIT, CATALOGUE)
    assert table.cold is None
    assert table.note == "bpr cannot rank items that nobody has bought: n/a"
    assert [row["setting"] for row in table.rows()] == ["warm"]


def test_chance_is_beaten_by_a_paired_interval() -> None:
    chance = rank_quality(Chance(PURCHASES.customers, CATALOGUE.items), SPLIT, CATALOGUE)
    colour = rank_quality(colour_model(), SPLIT, CATALOGUE)
    assert chance.warm is not None
    assert chance.cold is not None
    assert colour.warm is not None
    assert colour.cold is not None
    found = chance.warm.interval("auc")
    assert found.low < 0.5 < found.high
    assert colour.warm.better_than(chance.warm, "auc").low > 0
    with pytest.raises(ValueError, match="different customers or candidates"):
        colour.warm.better_than(colour.cold, "auc")


def test_random_scores_are_the_same_for_a_customer_in_any_company() -> None:
    chance = Chance(PURCHASES.customers, CATALOGUE.items, seed=3)
    np.testing.assert_array_equal(chance.score_items(np.array([4, 9]))[1], chance.score_items(np.array([9]))[0])


def test_seen_items_are_neither_listed_nor_ranked_and_targets_are_never_seen() -> None:
    for setting in ("warm", "validation", "cold"):
        task = ranking_task(SPLIT, CATALOGUE, setting)
        for customer, targets in zip(task.customers, task.targets, strict=True):
            assert task.candidates[targets].all()
            assert not task.seen[[customer]].toarray()[0, targets].any()
        assert len(task.customers) == N_CUSTOMERS


def test_customers_without_a_like_in_training_are_counted_not_judged() -> None:
    keep = (SPLIT.train.customer != 4) & (SPLIT.train.customer != 5)
    split = Split(SPLIT.train.take(keep), SPLIT.validation, SPLIT.test, SPLIT.cold)
    task = ranking_task(split, CATALOGUE, "cold")
    assert task.left_out == 2
    assert not np.isin([4, 5], task.customers).any()
    nobody = split.train.take(np.zeros(len(split.train), dtype=bool))
    table = rank_quality(colour_model(), Split(nobody, nobody, nobody, nobody), CATALOGUE)
    assert (table.warm, table.cold) == (None, None)
    assert "the warm figures are missing" in table.note


def test_a_model_of_other_customers_is_refused() -> None:
    with pytest.raises(ValueError, match="fit it on these tables"):
        judge_task(replace(colour_model(), customers=PURCHASES.customers[1:]), ranking_task(SPLIT, CATALOGUE))


def test_batches_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    chance, task = Chance(PURCHASES.customers, CATALOGUE.items, seed=3), ranking_task(SPLIT, CATALOGUE)
    whole = judge_task(chance, task, seed=1)
    monkeypatch.setattr("medgan_fashion.fashion.recommend.evaluate._CELLS", 7 * N_ITEMS)
    parts = judge_task(chance, task, seed=1)
    assert whole is not None
    assert parts is not None
    for name, values in whole.values.items():
        np.testing.assert_array_equal(values, parts.values[name], err_msg=name)
