"""Arms of equal classes, and pools in which GAN images stand in for classic ones of their class."""

import numpy as np
import pytest

from medgan_fashion.base.plain import from_plain
from medgan_fashion.medical.arms.pools import (
    Counts,
    Images,
    check_imbalance,
    compose,
    equal_shares,
    fill_pool,
    missing,
    stand_in,
)
from medgan_fashion.medical.config import AblationConfig


def _images(labels: list[int], value: float) -> Images:
    return Images(np.full((len(labels), 1, 2, 2), value, np.float32), np.array(labels))


def test_gan_images_stand_in_for_classic_ones_of_their_class() -> None:
    classic, gan = _images([0, 1, 0, 1, 0, 0, 1, 1], 0.2), _images([1, 1, 0], 0.3)
    images, labels, _ = fill_pool(stand_in(Counts(5, 3, 3), classic, gan))
    assert np.bincount(labels).tolist() == np.bincount(classic.labels[:6]).tolist()
    assert np.isclose(images[:, 0, 0, 0], 0.3).sum() == 3
    nothing = stand_in(Counts(5, 6, 0), classic, gan)
    assert [(part.source, part.rows.tolist()) for part in nothing] == [("classic", list(range(6)))]


def test_what_the_gate_left_open_is_classic() -> None:
    counts = compose("real+classic+gated", 50, 4.0, 1.0, n_gan=17)
    assert (counts.real, counts.classic, counts.gan, counts.total) == (50, 133, 17, 200)


def test_equal_shares_of_the_usual_total() -> None:
    counts = np.array([50, 20, 11])
    assert equal_shares(counts, 4.0).tolist() == [108, 108, 108]
    assert equal_shares(counts, 4.01).sum() == round(4.01 * 81)
    assert missing(counts).tolist() == [0, 30, 39]


def test_nothing_to_balance_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing to fill up: all 2 classes have 9"):
        check_imbalance(np.array([9, 9]), 4.0)
    with pytest.raises(ValueError, match=r"set pool to at least 2\.8"):
        check_imbalance(np.array([90, 6, 2]), 1.5)


def test_balanced_arms_have_no_ratio() -> None:
    plain = {
        "arms": ["balanced+classic", "balanced+classic+gan"],
        "primary": {"arm": "balanced+classic+gan", "against": "balanced+classic"},
    }
    assert from_plain(AblationConfig, plain).primary.arm == "balanced+classic+gan"
    with pytest.raises(ValueError, match="balanced arms have none"):
        from_plain(AblationConfig, plain | {"dose_ratios": [0.5, 1.0]})
