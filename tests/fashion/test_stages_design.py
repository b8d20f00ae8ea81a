import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medgan_fashion.fashion.config import DesignConfig
from medgan_fashion.fashion.data.purchases import Purchases, save_purchases
from medgan_fashion.fashion.design.search import load_designed
from medgan_fashion.fashion.design.taste import Problem
from medgan_fashion.fashion.run import stages_design
from medgan_fashion.fashion.run.stages_design import _firsts, design_controls, design_garments, problems_of
from tests.fashion.tiny_atelier import BLUE, RED, atelier, catalogue

QUICK = DesignConfig(starts=2, candidates=8, steps=3, fallback_draws=8, n_diverse=2)
ASKED = [[BLUE, 0], [RED, 1]]


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The planted atelier, which comes from no file, in the place of the one that folders name."""
    monkeypatch.setattr(stages_design, "load_atelier", lambda *given: atelier())
    (tmp_path / "history").mkdir()
    nothing = np.zeros(0, dtype=np.int64)
    bought = Purchases(("C-red", "C-blue"), nothing, nothing, np.zeros(0, np.float32), np.zeros(0))
    save_purchases(bought, tmp_path / "history")
    rest = dict.fromkeys(("catalogue", "shelf", "encoder", "gan"), tmp_path)
    return rest | {"purchases": tmp_path / "history", "ensemble": [], "held_out": [], "config": QUICK}


def test_problems_speak_of_the_customers_asked_for() -> None:
    customers, problems = problems_of([[7, 1], [3, 0], [7, 0]])
    assert customers.tolist() == [3, 7]
    assert problems == [Problem((1,), 1), Problem((0,), 0), Problem((1,), 0)]


def test_designs_and_their_controls(tmp_path: Path, folders: dict[str, Any]) -> None:
    designs, controls = tmp_path / "designs", tmp_path / "controls"
    designs.mkdir()
    controls.mkdir()
    design_garments.function(designs, asked=ASKED, eta=1.0, seed=0, **folders)
    assert json.loads((designs / "asked.json").read_text()) == [RED, BLUE]
    made = load_designed(designs)
    assert [one.problem.category for one in made] == [0, 1]
    design_controls.function(controls, designs=designs, asked=ASKED, seed=0, **folders)
    arms = {row["name"]: row for row in json.loads((controls / "arms.json").read_text())}
    assert list(arms) == ["designs", "best real items", "random drawings", "pixel ascent"]
    for p, one in enumerate(made):
        expected = one.scores.each.mean() if len(one.images) else None
        assert arms["designs"]["climbed"][p] == (None if expected is None else pytest.approx(expected))
    assert arms["best real items"]["climbed"][0] > arms["random drawings"]["climbed"][0]
    with np.load(controls / "arms.npz") as first:
        assert {pictures.shape for pictures in first.values()} == {(2, 3, 16, 16)}
        tops = np.stack([catalogue().images[one.real[0]] for one in made])
        assert np.array_equal(first["best real items"], tops)
    assert json.loads((controls / "asked.json").read_text()) == [RED, BLUE]


def test_a_problem_without_a_picture_is_blank() -> None:
    black = np.zeros((2, 3, 4, 4), dtype=np.float32)
    assert _firsts([black, black[:0]]).mean(axis=(1, 2, 3)).tolist() == [0.0, 255.0]
    assert _firsts([black[:0], black[:0]]).shape == (2, 3, 4, 4)  # no problem has one
