"""Geometry of the verdict's interval, and class names inside plotly's figures."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from medgan_fashion.medical.results.schema import check_summary
from medgan_fashion.report.ablation.figures import arms_figure, class_figure, interval, kid_figure
from medgan_fashion.report.ablation.page import SECTIONS, TEMPLATES
from medgan_fashion.report.charts import to_div


@pytest.mark.parametrize(("low", "estimate", "high"), [(-0.3, -0.1, 0.05), (0.001, 0.01, 0.019), (0.0, 0.0, 0.0)])
def test_the_interval_fits_its_drawing_in_order(
    summary: dict[str, Any], low: float, estimate: float, high: float
) -> None:
    verdict = check_summary(summary)["verdict"]
    verdict["low"], verdict["estimate"], verdict["high"] = low, estimate, high
    drawn = interval(verdict)
    assert None not in (drawn.low, drawn.estimate, drawn.high)
    low_x, estimate_x, high_x = drawn.low or 0, drawn.estimate or 0, drawn.high or 0
    assert 10 < low_x <= estimate_x <= high_x < 90
    assert drawn.zero < drawn.margin < 90
    assert (low_x > drawn.zero) == (low > 0)


def test_an_unknown_interval_is_not_drawn(summary: dict[str, Any]) -> None:
    verdict = check_summary(summary)["verdict"]
    verdict["low"] = verdict["high"] = verdict["estimate"] = None
    assert (interval(verdict).low, interval(verdict).estimate) == (None, None)


def test_figures_hold_percent_and_escaped_names(summary: dict[str, Any]) -> None:
    checked = check_summary(summary)
    arms = to_div(arms_figure(checked["arms"], checked["verdict"]), "arms")
    assert 'id="figure-arms"' in arms
    assert "71.9 (66.7 to 77.1)" in arms
    classes = to_div(class_figure(checked["arms"], checked["verdict"], "sensitivity"), "sensitivity")
    assert "cyst <1" not in classes
    assert "cyst &lt;1 cm &amp; thin" in classes.replace("\\u0026", "&")


def test_every_section_has_its_template() -> None:
    assert all((TEMPLATES / f"{name}.html.j2").exists() for name, _ in SECTIONS)


def test_a_far_floor_stands_at_the_edge_and_leaves_the_others_room(summary: dict[str, Any]) -> None:
    judge = check_summary(summary)["judge"]  # pyright: ignore[reportTypedDictNotRequiredAccess]
    near = to_div(kid_figure(judge), "kid")
    assert "triangle-right" not in near
    judge[0]["kid"]["noisy"] = {"mean": 23144.5, "sd": 6017.2}
    far = to_div(kid_figure(judge), "kid")
    assert far.count("triangle-right") == 1
    assert all(max(json.loads(x)) < 400 for x in re.findall(r'"x":(\[[^\]]*\])', far))
    assert "23144500" in far.replace(".0", "")
