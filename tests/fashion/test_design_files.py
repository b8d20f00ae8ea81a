import json
from pathlib import Path

import numpy as np

from medgan_fashion.fashion.config import DesignConfig
from medgan_fashion.fashion.design.search import design, load_designed, save_designed
from medgan_fashion.fashion.design.taste import Problem, Scores
from tests.fashion.tiny_atelier import BLUE, RED, atelier

QUICK = DesignConfig(starts=2, candidates=8, steps=2, fallback_draws=4, n_diverse=2)


def test_designs_come_back(tmp_path: Path) -> None:
    own = atelier()
    problems = [Problem((RED,), 0), Problem((RED, BLUE), 1)]
    made = design(own, own.tastes([RED, BLUE]), None, problems, QUICK, seed=0)
    save_designed(made, tmp_path)
    assert json.loads((tmp_path / "designs.json").read_text())["synthetic"] is True
    found = load_designed(tmp_path)
    assert [one.problem for one in found] == problems
    for one, other in zip(found, made, strict=True):
        assert (one.how, one.reason) == (other.how, other.reason)
        assert one.images.dtype == np.float32
        assert np.abs(one.images - other.images).max() <= 0.5 / 255 + 1e-6  # kept as uint8
        assert np.array_equal(one.real, other.real)
        for name in Scores.__dataclass_fields__:
            assert np.array_equal(getattr(one.scores, name), getattr(other.scores, name))
            assert np.array_equal(getattr(one.real_scores, name), getattr(other.real_scores, name))


def test_a_problem_without_a_design_comes_back(tmp_path: Path) -> None:
    own = atelier()
    (made,) = design(own, own.tastes([RED]), None, [Problem((0,), 0)], QUICK, seed=0)
    none = type(made)(
        made.problem, "none", "why", made.images[:0], made.z[:0], made.scores.take(np.arange(0)), made.real,
        made.real_scores,
    )  # fmt: skip
    save_designed([none], tmp_path)
    (found,) = load_designed(tmp_path)
    assert (found.how, found.reason, found.images.shape, len(found.scores)) == ("none", "why", (0, 3, 16, 16), 0)
