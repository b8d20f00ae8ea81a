"""Ideal garments: some in gaps, kept to the last digit."""

from pathlib import Path

import numpy as np

from medgan_fashion.fashion.config import SampleConfig
from medgan_fashion.fashion.sample.customers import draw_ideals, read_ideals, write_ideals
from medgan_fashion.fashion.sample.garments import CATEGORIES, in_gap


def test_many_ideals_lie_in_gaps_and_groups_share_them() -> None:
    config = SampleConfig(n_customers=300, new_customers=20)
    ideals = draw_ideals(config, 0)
    assert len(ideals) == 320
    for category in CATEGORIES:
        wanted = [ideal[category] for ideal in ideals]
        assert 0.15 < np.mean([in_gap(garment) for garment in wanted]) < 0.75
        assert len({(garment.neckline, garment.pattern) for garment in wanted}) <= config.groups
    without = draw_ideals(SampleConfig(n_customers=300, in_gaps=0.0), 0)
    assert np.mean([in_gap(ideal[name]) for ideal in without for name in CATEGORIES]) < 0.25


def test_there_and_back(tmp_path: Path) -> None:
    ideals = draw_ideals(SampleConfig(n_customers=2, new_customers=1), 1)
    names = ("K1", "K2", "007")
    write_ideals(tmp_path / "ideals.csv", names, ideals)
    again = read_ideals(tmp_path / "ideals.csv")
    wanted = {
        (name, category): ideal[category] for name, ideal in zip(names, ideals, strict=True) for category in ideal
    }
    assert again == wanted
