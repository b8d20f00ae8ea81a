"""The comparison of stabilisers: its statistics by hand, its variants as recipes, what of it is read again."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from benchmarks import steadying
from benchmarks.reproduce.steadying import VARIANTS, compare, differences, paired, variant_recipe
from benchmarks.reproduce.steadying_runs import grid_of, run_one
from medgan_fashion.base.plain import to_plain


def found(variant: str, seed: int, kid: float | None) -> dict:
    coverage = None if kid is None else 0.2
    rest = {"cpu_minutes": 0.1, "alarm": None, "collapsed": kid is None}
    return {"variant": variant, "seed": seed, "images_seen": 64, "kid": kid, "coverage": coverage, **rest}


def test_paired_is_the_t_test_of_the_differences() -> None:
    values = [3.0, -1.0, 4.0, 1.5]
    mean, low, high, p = paired(values)
    test: Any = stats.ttest_1samp(values, 0.0)
    assert (mean, p) == (pytest.approx(np.mean(values)), pytest.approx(test.pvalue))
    assert (low, high) == pytest.approx(tuple(test.confidence_interval(0.95)))
    assert math.isnan(paired([1.0])[3])
    assert paired([2.0, 2.0])[3] == 0


def test_all_comparisons_count_also_those_that_were_not_measured() -> None:
    kids = {"baseline": [0.0] * 4, "lsgan": [3.0, 2.0, 4.0, 2.5], "hinge": [3.0, 3.01, 3.02, 3.0]}
    compared = compare([found(name, s, kid) for name, values in kids.items() for s, kid in enumerate(values)], "kid")
    assert 0.001 < compared["lsgan"][3] < 0.01  # little enough alone, not among all variants
    assert [name for name, row in compared.items() if row[4]] == ["hinge"]


def test_differences_pair_the_seeds_that_both_have() -> None:
    rows = [found("baseline", s, 100.0 * s) for s in range(4)]
    rows += [found("lsgan", 0, 5.0), found("lsgan", 1, None), found("lsgan", 3, 290.0)]
    assert differences(rows, "lsgan", "kid") == [5.0, -10.0]
    assert compare(rows, "kid")["lsgan"][0] == -2.5
    assert len(compare(rows, "kid")) == len(VARIANTS) - 1


def test_every_variant_is_a_recipe_that_differs_from_the_baseline() -> None:
    plain = to_plain(variant_recipe("baseline"))
    for name in VARIANTS:
        assert (to_plain(variant_recipe(name)) == plain) == (name == "baseline"), name
    assert variant_recipe("ADA", 1_000).regularization.ada_images == 250


def test_what_was_measured_is_read_and_the_table_holds_every_variant(tmp_path: Path) -> None:
    row = found("two time scales", 3, 7.0)
    path = grid_of(tmp_path, "two time scales", 3).with_suffix(".json")
    path.write_text(json.dumps(row))
    assert run_one("two time scales", variant_recipe("two time scales"), 3, tmp_path / "none", tmp_path, 64) == row
    with pytest.raises(ValueError, match="fashion_mnist"):
        run_one("lsgan", variant_recipe("lsgan"), 3, tmp_path / "none", tmp_path, 64)
    rows = [found(name, seed, 100.0 + seed) for name in VARIANTS for seed in range(3)]
    rows = [row | {"kid": 50.0 + 2 * row["seed"]} if row["variant"] == "hinge" else row for row in rows]
    text = steadying.table(rows)
    assert all(f"| {name} |" in text for name in VARIANTS)
    assert steadying.by_quality(rows)[0] == "hinge"
    assert "-49 [-51, -47] **" in text


def test_the_page_keeps_what_stands_around_the_table(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- table -->\nold\n<!-- end of table -->\nafter\n")
    steadying.rewrite(page, "new\n")
    assert page.read_text() == "before\n<!-- table -->\nnew\n<!-- end of table -->\nafter\n"
    page.write_text("no marks")
    with pytest.raises(ValueError, match="needs the lines"):
        steadying.rewrite(page, "new\n")
