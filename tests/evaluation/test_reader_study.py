"""Figures of a reader study against values worked out by hand."""

import numpy as np
import pytest
from scipy.special import ndtr

from medgan_fashion.evaluation.classifiers.readers import agreements, area, kappa, rate, reader_figures

TRUTH = [True, True, True, True, False, False, False, False]
SAID = [True, True, True, False, False, False, True, True]  # 3 of 4 and 2 of 4
SURE = [5, 4, 1, 2, 5, 1, 2, 1]


def test_wilson_s_interval_of_five_of_eight() -> None:
    found = rate([True] * 5 + [False] * 3)
    z2 = 1.959964**2
    middle, half = (5 + z2 / 2) / (8 + z2), 1.959964 * (8 * 0.625 * 0.375 + z2 / 4) ** 0.5 / (8 + z2)
    assert (found.n, found.value) == (8, 0.625)
    assert (found.low, found.high) == pytest.approx((middle - half, middle + half), abs=1e-6)


def test_a_reader_s_figures_by_hand() -> None:
    found = reader_figures(TRUTH, SAID, SURE, [True, False] * 4)
    assert (found.accuracy.value, found.sensitivity.value, found.specificity.value) == (0.625, 0.75, 0.5)
    # P(X >= 5 or X <= 3 of 8) = 1 - C(8,4) / 256
    assert found.p == pytest.approx(1 - 70 / 256)
    # synthetic 5 4 1 -2 against real -5 -1 2 1: 4 + 4 + 2.5 + 1 of 16 pairs
    assert found.auc.value == pytest.approx(11.5 / 16)
    assert (found.classes.value, found.classes_real.n, found.classes_synthetic.n) == (0.5, 4, 4)


def test_what_was_not_read_has_no_figure_but_a_reason() -> None:
    found = reader_figures([True, True], [True, False], [1, 2])
    assert (found.specificity.value, found.auc.value, found.classes.value) == (None, None, None)
    assert "real and synthetic" in found.auc.reason
    assert found.classes.reason
    assert reader_figures([], [], []).p is None


def test_an_area_s_interval_is_where_newcombe_s_score_is_1_96() -> None:
    found = area([3, 4, 2, 5, 1, 2, 3, 1, 1], [1, 1, 1, 1, 0, 0, 0, 0, 0])
    assert found.value is not None
    assert found.value == pytest.approx(18 / 20)  # 3 loses one half to 3, 2 one half to 2 and one to 3
    assert found.low is not None
    assert found.high is not None
    for end in (found.low, found.high):
        spread = 1 + 3.5 * (1 - end) / (2 - end) + 3.5 * end / (1 + end)
        assert abs(found.value - end) == pytest.approx(1.959964 * (end * (1 - end) * spread / 20) ** 0.5, abs=1e-6)


def test_a_perfect_area_has_an_interval_all_the_same() -> None:
    perfect, hopeless = area([1, 2, 3, 4], [0, 0, 1, 1]), area([4, 3, 2, 1], [0, 0, 1, 1])
    assert (perfect.value, perfect.high, hopeless.value, hopeless.low) == (1, 1, 0, 0)
    assert perfect.low == pytest.approx(1 - (hopeless.high or 0))
    assert 0.3 < (perfect.low or 0) < 0.5


@pytest.mark.parametrize("shift", [0.0, 0.8, 2.0])
def test_the_area_s_interval_holds_the_truth_in_95_of_100(shift: float) -> None:
    rng, truth = np.random.default_rng(3), float(ndtr(shift / 2**0.5))
    held = []
    for _ in range(400):
        drawn = rng.normal(size=40) + np.repeat([0, shift], 20)
        found = area(np.clip(np.round(drawn * 2), -5, 5), np.repeat([False, True], 20))  # in few steps, as confidence
        held.append((found.low or 0) <= truth <= (found.high or 0))
    assert 0.92 <= np.mean(held) <= 0.99


def test_cohen_s_kappa_by_hand() -> None:
    # 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: agreement 0.7, by chance 0.5 * 0.6 + 0.5 * 0.4 = 0.5
    table = [["y", "y"]] * 20 + [["y", "n"]] * 5 + [["n", "y"]] * 10 + [["n", "n"]] * 15
    found = kappa(table, seed=1)
    assert found.value == pytest.approx(0.4)
    assert (found.low, found.high) == pytest.approx((0.15, 0.65), abs=0.04)  # 0.4 -+ 1.96 * 0.127, Fleiss et al. 1969
    assert kappa(table, seed=1) == found


def test_fleiss_kappa_by_hand() -> None:
    # 4 images, 3 readers; agreement (1 + 1/3 + 1/3 + 1) / 4 = 2/3, shares 1/2 and 1/2: (2/3 - 1/2) / (1/2)
    found = kappa([[0, 0, 0], [0, 0, 1], [0, 1, 1], [1, 1, 1]])
    assert found.value == pytest.approx(1 / 3)
    assert (found.low or -2) < 1 / 3 < (found.high or -2)


def test_kappa_says_why_it_is_not_there() -> None:
    for answers in ([[0, 0]] * 5, [[0, 0], [0, 1], [0, 1]], [[1, 1, 1]] * 4):
        found = kappa(answers)
        assert (found.value, found.low) == (None, None)
        assert "same answer" in found.reason
    agreed = kappa([[0, 0], [1, 1], [0, 0]])
    assert (agreed.value, agreed.low) == (1, None)
    assert "no disagreement" in agreed.reason
    assert "fewer than two" in kappa(np.zeros((0, 2))).reason


def test_agreement_is_over_the_images_that_a_group_read() -> None:
    answers = {
        "a": {"1": True, "2": False, "3": True, "4": False},
        "b": {"1": True, "2": False, "3": False, "4": True},
        "c": {"1": True, "2": False},
    }
    found = {one.readers: one.kappa for one in agreements(answers)}
    assert {readers: one.n for readers, one in found.items()} == {
        ("a", "b"): 4,
        ("a", "c"): 2,
        ("b", "c"): 2,
        ("a", "b", "c"): 2,
    }
    assert found["a", "b"].value == pytest.approx(0)
    assert found["a", "b", "c"].value == pytest.approx(1)
    assert agreements({"a": answers["a"]}) == []


@pytest.mark.parametrize(
    ("given", "words"),
    [(([True], [True, False], [1]), "one length"), (([True], [True], [6]), "must lie in 1 to 5")],
)
def test_what_does_not_fit_is_refused(given: tuple[list, list, list], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        reader_figures(*given)
    with pytest.raises(ValueError, match="two or more readers"):
        kappa([[1], [2]])
