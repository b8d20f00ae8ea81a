import numpy as np
import pytest

from medgan_fashion.fashion.design.transfer import Arm
from medgan_fashion.fashion.run.collect import arm_row


def an_arm(climbed: list[float], held_out: list[float]) -> Arm:
    n = len(climbed)
    rest = {name: np.full(n, 0.5) for name in ("judge", "quantile", "realistic")}
    return Arm("designs", np.array(climbed), np.array(held_out), variety=np.full(n, np.nan), **rest)


def test_means_and_the_ratio_of_means() -> None:
    row = arm_row(an_arm([2.0, 4.0, np.nan], [1.0, 2.0, np.nan]), seed=0)
    assert (row["name"], row["problems"]) == ("designs", 2)
    assert (row["climbed"], row["held_out"], row["variety"]) == (3.0, 1.5, None)
    assert row["transfer"]["estimate"] == pytest.approx(0.5)
    assert row["transfer"]["low"] == pytest.approx(0.5)  # the same for every customer


@pytest.mark.parametrize("climbed", [[np.nan, np.nan], [2.0, np.nan]])
def test_fewer_than_two_designs_give_no_ratio(climbed: list[float]) -> None:
    row = arm_row(an_arm(climbed, climbed), seed=0)
    assert row["problems"] == int(np.isfinite(climbed).sum())
    assert row["transfer"] == {"estimate": None, "low": None, "high": None}
    assert row["climbed"] == (2.0 if row["problems"] else None)
