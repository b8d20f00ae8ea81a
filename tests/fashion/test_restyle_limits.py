from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.fashion.config import RestyleConfig
from medgan_fashion.fashion.restyle.invert import (
    CANNOT,
    CLOSEST,
    FAITHFUL,
    answers,
    fit_limits,
    load_limits,
    missing,
    reasons,
    save_limits,
)
from medgan_fashion.fashion.restyle.quality import Quality


def quality(
    ssim: np.ndarray, moved: float = 0.0, nearer: float = 0.0, kept: bool = True, silhouette: float = 1.0
) -> Quality:
    n, ones = len(ssim), np.ones(len(ssim))
    return Quality(
        ssim=np.asarray(ssim, dtype=float),
        psnr=ones * 20,
        nearer=ones * nearer,
        silhouette=ones * silhouette,
        cosine=ones,
        category_kept=np.full(n, kept),
        preference_moved=ones * moved,
    )


HELD_OUT = quality(np.arange(101) / 100)
LIMITS = fit_limits(HELD_OUT)


def test_limits_are_quantiles_of_held_out_photos() -> None:
    assert LIMITS.faithful_ssim == 0.25
    assert LIMITS.cannot_ssim == pytest.approx(0.05)
    assert LIMITS.shares == pytest.approx({FAITHFUL: 76 / 101, CLOSEST: 20 / 101, CANNOT: 5 / 101})
    assert answers(LIMITS, quality(np.array([0.249, 0.25, 0.04]))) == [CLOSEST, FAITHFUL, CANNOT]


def test_faithful_also_means_something_that_no_quantile_gives() -> None:
    exact = np.array([0.5])
    assert answers(LIMITS, quality(exact)) == [FAITHFUL]
    assert answers(LIMITS, quality(exact, moved=0.6)) == [CLOSEST]
    assert answers(LIMITS, quality(exact, nearer=0.02)) == [CLOSEST]
    assert answers(LIMITS, quality(exact, silhouette=0.7)) == [CLOSEST]
    assert answers(LIMITS, quality(exact, kept=False)) == [CANNOT]


def test_a_useless_gan_draws_nothing_faithfully_however_its_quantiles_lie() -> None:
    limits = fit_limits(quality(np.linspace(0.3, 0.5, 40), moved=2.0, nearer=0.5))
    assert limits.shares[FAITHFUL] == 0
    assert "0 % of 40" in missing(limits)
    assert "preference moved: 40" in missing(limits)


def test_the_reason_names_the_numbers_and_the_failed_tests() -> None:
    (said,) = reasons(LIMITS, quality(np.array([0.12]), moved=0.7))
    assert said.startswith("closest we can draw: structural similarity 0.12")
    assert "faithful from 0.25" in said
    assert "preference moved" in said
    assert "less exact" in said
    assert reasons(LIMITS, quality(np.array([0.6])))[0].endswith("preference moved by 0.00 sd")


def test_limits_are_plain_json(tmp_path: Path) -> None:
    save_limits(LIMITS, tmp_path / "limits.json")
    assert load_limits(tmp_path / "limits.json") == LIMITS
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(ValueError, match=r"other\.json holds no limits"):
        load_limits(tmp_path / "other.json")


def test_too_few_photos_give_no_limits() -> None:
    with pytest.raises(ValueError, match="19 held-out photos"):
        fit_limits(quality(np.arange(19) / 20), RestyleConfig())
