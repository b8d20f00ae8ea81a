"""The verdict as another page shows it."""

from __future__ import annotations

import base64
import re
from typing import Any
from xml.etree import ElementTree

from medgan_fashion.medical.results.schema import check_summary
from medgan_fashion.report.ablation.page import verdict_block


def _drawing(block: str) -> str:
    found = re.search('src="data:image/svg\\+xml;base64,([^"]+)"', block)
    assert found
    return base64.b64decode(found[1]).decode()


def test_the_interval_is_a_picture_that_stands_alone(summary: dict[str, Any]) -> None:
    block = verdict_block(check_summary(summary))
    assert "<svg" not in block
    drawn = _drawing(block)
    root = ElementTree.fromstring(drawn)
    assert root.get("class") == "interval few"
    words = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert words == ["+2.0: would matter", "−1.7", "+5.4", "+1.7", "◂ worse", "no difference", "better ▸"]
    assert 'alt="Difference real+classic+gan minus real+classic: +1.7, 95 % interval −1.7 to +5.4;' in block


def test_a_far_margin_has_its_words_inside(summary: dict[str, Any]) -> None:
    summary["verdict"]["margin"] = 0.005
    assert "text-anchor:end;transform" not in _drawing(verdict_block(check_summary(summary)))
    summary["verdict"]["margin"] = 0.2
    assert "text-anchor:end;transform" in _drawing(verdict_block(check_summary(summary)))


def test_names_are_no_markup_and_the_style_stays_inside(summary: dict[str, Any]) -> None:
    summary["title"] = "<script>alert(1)</script>"
    summary["verdict"]["sentence"] = "<img src=x onerror=alert(1)>"
    block = verdict_block(check_summary(summary))
    assert "<script" not in block
    assert "<img src=x" not in block
    style = block[block.index("<style>") + 7 : block.index("</style>")]
    assert style.startswith(".medgan-verdict{")
    assert style.count("{") == style.count("}")
