"""Arms whose true worth is known: every customer's best item as the design, the worst as the recommendation."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from medgan_fashion.fashion.config import SampleConfig
from medgan_fashion.fashion.data.catalogue import Catalogue
from medgan_fashion.fashion.run import findings as module
from medgan_fashion.fashion.run.findings import known_utility
from medgan_fashion.fashion.sample.customers import simulate_customers, utility

Pictures = dict[str, np.ndarray]


def shop_and_plan(catalogue: Catalogue) -> tuple[Any, Any]:
    """Six simulated customers, judged on tops and bottoms in turn."""
    tastes, bought = simulate_customers(catalogue, 6, 0, SampleConfig(groups=3, purchases=(2, 3)))
    shop = SimpleNamespace(catalogue=catalogue, tastes=tastes, split=SimpleNamespace(train=bought))
    task = SimpleNamespace(folder=lambda run: run)
    controls = SimpleNamespace(inputs={"designs": task})
    return shop, SimpleNamespace(designs={1.0: task}, controls=controls, judged=[[c, c % 2] for c in range(6)])


def extremes(shop: Any) -> tuple[np.ndarray, np.ndarray, list[float]]:
    """The best and the worst picture for each customer among items not bought, and the best one's worth."""
    items, best, worst, worth = shop.catalogue, [], [], []
    seen = shop.split.train.seen(len(items)).toarray() > 0
    for customer in range(6):
        rows = np.flatnonzero((items.category == customer % 2) & ~seen[customer])
        values = utility(shop.tastes.take([customer]), items.floats(rows), items.categories[customer % 2])[0]
        best.append(items.images[rows[values.argmax()]])
        worst.append(items.images[rows[values.argmin()]])
        worth.append(float(values.max()))
    return np.stack(best), np.stack(worst), worth


def judged(monkeypatch: pytest.MonkeyPatch, catalogue: Catalogue, n_there: int) -> tuple[Any, list[float]]:
    shop, plan = shop_and_plan(catalogue)
    best, worst, worth = extremes(shop)
    made = [SimpleNamespace(images=np.zeros(int(p < n_there)), real=np.zeros(1)) for p in range(6)]
    monkeypatch.setattr(module, "load_designed", lambda folder: made)
    arms = {"designs": best, "best real items": worst}
    return known_utility(Path(), cast(Any, shop), cast(Any, plan), arms), worth


def test_the_best_items_reach_the_catalogues_optimum(monkeypatch: pytest.MonkeyPatch, catalogue: Catalogue) -> None:
    found, worth = judged(monkeypatch, catalogue, 6)
    assert found["customers"] == 6
    assert found["means"]["designs"]["estimate"] == pytest.approx(np.mean(worth), abs=1e-5)
    gap = found["differences"]["designs - catalogue's optimum"]
    assert (gap["estimate"], gap["low"], gap["high"]) == pytest.approx((0, 0, 0), abs=1e-5)
    assert found["differences"]["designs - best real items"]["low"] > 0
    assert found["means"]["best real items"]["estimate"] < found["means"]["designs"]["estimate"] <= 0


def test_customers_without_a_design_are_left_out(monkeypatch: pytest.MonkeyPatch, catalogue: Catalogue) -> None:
    found, worth = judged(monkeypatch, catalogue, 3)
    assert found["customers"] == 3
    assert found["means"]["catalogue's optimum"]["estimate"] == pytest.approx(np.mean(worth[:3]), abs=1e-5)


def test_one_design_says_nothing(monkeypatch: pytest.MonkeyPatch, catalogue: Catalogue) -> None:
    assert judged(monkeypatch, catalogue, 1)[0] is None
