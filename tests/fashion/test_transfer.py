import numpy as np
import pytest

from medgan_fashion.fashion.config import DesignConfig
from medgan_fashion.fashion.design.search import design
from medgan_fashion.fashion.design.taste import Problem, Scores, measure_standards, set_up
from medgan_fashion.fashion.design.transfer import arm, contestants, summary, transfer_ratio

from .tiny_atelier import BLUE, RED, atelier

CONFIG = DesignConfig(starts=2, candidates=8, steps=6, n_diverse=2, realism_quantile=1.0)
PROBLEMS = [Problem((RED,), 1), Problem((BLUE,), 1), Problem((RED,), 0)]


def scores(each: list[list[float]], held_out: list[float]) -> Scores:
    n = len(each)
    ones = np.ones(n)
    return Scores(
        z=np.array(each).min(axis=1),
        each=np.array(each),
        held_out=np.array(held_out)[:, None],
        judge=ones,
        distance=ones,
        quantile=ones * 0.5,
        category_agreed=ones > 0,
        realistic=np.arange(n) > 0,
        nearest=np.zeros((n, 1), dtype=np.int64),
        nearest_distance=np.zeros((n, 1)),
    )


def test_the_ratio_is_that_of_the_means_over_customers() -> None:
    both = [scores([[2, 4], [2, 4]], [1, 2]), scores([[1, 1], [1, 1]], [1, 1])]
    pictures = [np.zeros((2, 3, 16, 16), dtype=np.float32)] * 2
    one = arm("designs", both, pictures)
    assert one.climbed.tolist() == [3, 1]
    assert one.held_out.tolist() == [1.5, 1]
    assert one.realistic.tolist() == [0.5, 0.5]
    assert transfer_ratio(one).estimate == pytest.approx(2.5 / 4)
    assert arm("pixel ascent", both, pictures, climbed=0).climbed.tolist() == [2, 1]
    assert summary(one)["climbed"] == 2
    assert summary(one)["variety"] == pytest.approx(0)


def test_a_problem_without_pictures_is_left_out() -> None:
    none = scores([[0.0, 0.0]], [0.0]).take(np.zeros(0, dtype=np.int64))
    both = [scores([[2, 2]], [1]), none, scores([[4, 4]], [2])]
    one = arm("designs", both, [np.zeros((len(s), 3, 16, 16), dtype=np.float32) for s in both])
    assert np.isnan(one.climbed[1])
    assert transfer_ratio(one).estimate == pytest.approx(0.5)


def test_four_arms_stand_beside_each_other() -> None:
    made = atelier()
    tastes, standards = made.tastes([RED, BLUE]), measure_standards(made, CONFIG, 0)
    designed = design(made, tastes, None, PROBLEMS, CONFIG, seed=0, standards=standards)
    bench = set_up(made, tastes, None, PROBLEMS, CONFIG, standards, 0)
    found = contestants(bench, designed, seed=0)
    arms = [arm(one.name, one.scores, one.images, one.climbed) for one in found]
    assert [one.name for one in arms] == ["designs", "best real items", "random drawings", "pixel ascent"]
    by_name = {one.name: summary(one) for one in arms}
    assert len(designed) == 3
    assert by_name["pixel ascent"]["realistic"] == 0
    assert by_name["best real items"]["realistic"] > 0.6
    assert by_name["designs"]["realistic"] == 1
    assert abs(by_name["random drawings"]["climbed"]) < by_name["designs"]["climbed"]
