"""The page of a run of garments: self-contained, whole, marked and escaped."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from medgan_fashion.report.garments.pictures import garment
from medgan_fashion.report.write import write_report
from tests.report.garments_fixture import ARMS, SECRET, make_pictures, make_summary, write_run
from tests.report.garments_reading import Page


def _write(tmp_path: Path, **parts: Any) -> Page:
    """The page of a run whose summary has these parts instead."""
    summary = make_summary() | parts
    return Page(write_report(write_run(tmp_path / "run", summary, make_pictures(summary))))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The page of a whole run."""
    return _write(tmp_path_factory.mktemp("garments"))


def test_the_page_stands_alone(page: Page) -> None:
    assert all(load.startswith(("#", "data:image/jpeg;base64,")) for load in page.loads)
    assert "default-src 'none'" in page.html
    style = page.html[page.html.index("<style>") : page.html.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert len(page.ids) == len(set(page.ids))
    assert {load[1:] for load in page.loads if load.startswith("#")} <= set(page.ids)


def test_findings_come_first_and_simulated_customers_are_a_banner(page: Page, tmp_path: Path) -> None:
    head = page.text[: page.text.index("Contents")]
    assert head.index("Customers are simulated.") < head.index("Designs <carry over>: 0.80 (0.71 to 0.89).")
    assert head.count("Customers are simulated") == 1
    real = _write(tmp_path, data=make_summary()["data"] | {"customers_are": "real"}, findings=["All is well."])
    assert "simulated" not in real.text
    assert "All is well." in real.text


@pytest.mark.parametrize(
    "said",
    [
        *("1 234 garments of “spring <2026>”", "tops & tees 812 81 yes", "trousers 422 42 no"),
        *("Row 17, item 00417: secret/00417.jpg: cannot be read", "3 styles have one item only"),
        *("0.196 0.166 to 0.226", "n/a: cannot rank items that nobody has bought"),  # DVBPR's NDCG; cold popularity
        *("DVBPR VBPR NDCG@10 +0.027 +0.014 to +0.040 better", "0.86 0.76 to 0.96", "44 % of that before"),
        *(
            "96.4 %",
            "41.2 training photos 2.1, blurred photos 63.4",
            "2 of 600 drawings are near copies",
            "94.6 % look",
        ),
        *("+2.41 +1.93 0.80 0.71 to 0.89", "+9.87 +0.81 0.08", "not known", "Negative control"),
        *("+2.79 +1.97 0.71", "−0.321 −0.371 to −0.271", "+0.213 +0.142 to +0.284 better", "−0.034"),
        *("preference +2.51", "second opinion +1.87", "photos nearer 22 %", "B-00", "00413", SECRET),
        *("of 16 pictures 9 look like another category", "structural similarity 0.71 inside the garment"),
        *("step 3 would look like another category", "Drawing +0.21 +0.19 6.1 %", "Nothing is restyled from here"),
        *("57.5 %", "another silhouette 11 9 %", "35.8 dB", "17.1 dB", "model.safetensors", "2.13.0"),
    ],
)
def test_planted_numbers_stand_in_the_page(page: Page, said: str) -> None:
    assert said in page.text


def test_every_picture_is_marked_for_what_it_is(page: Page) -> None:
    kinds = [(image["alt"] or "").split()[0].rstrip(":") for image in page.images]
    assert set(kinds) == {"real", "synthetic"}
    for image, kind in zip(page.images, kinds, strict=True):
        raw = base64.b64decode((image["src"] or "").removeprefix("data:image/jpeg;base64,"))
        edge = np.asarray(Image.open(io.BytesIO(raw)).convert("RGB"))[-1].astype(int).mean(axis=0)
        wanted = {"synthetic": (124, 58, 160), "real": (84, 94, 102)}[kind]
        assert np.abs(edge - wanted).max() < 12


def test_arms_stand_side_by_side_with_the_photo_first(page: Page) -> None:
    contest = page.html[page.html.index('class="contest"') :]
    contest = contest[: contest.index("</table>")]
    found = re.findall(r'alt="(\w+): ([a-z ]+), problem (\d)', contest)
    best = "best real items"
    assert [name for _, name, number in found if number == "1"] == [best, *(name for name in ARMS if name != best)]
    assert {kind for kind, name, _ in found if name != best} == {"synthetic"}
    assert ("synthetic", "designs", "5") not in found  # a blank picture: nothing was drawn


def test_colours_survive_the_tile() -> None:
    image = np.zeros((3, 16, 16), np.uint8)
    image[0] = 200
    made = garment(image, "synthetic", "red")
    raw = base64.b64decode(made.src.removeprefix("data:image/jpeg;base64,"))
    middle = np.asarray(Image.open(io.BytesIO(raw)))[64, 64].astype(int)
    assert np.abs(middle - (200, 0, 0)).max() < 8
    with pytest.raises(ValueError, match="shape"):
        garment(np.zeros((16, 16), np.uint8), "real", "grey")


def test_names_are_escaped(tmp_path: Path) -> None:
    evil = json.loads(json.dumps(make_summary()).replace("tops & tees", "</script><img src=x onerror=alert(1)>"))
    page = Page(write_report(write_run(tmp_path / "run", evil, None)))
    assert "<img src=x" not in page.html
    assert "&lt;img src=x" in page.html


def test_parts_that_are_not_there_leave_no_section(tmp_path: Path) -> None:
    page = _write(tmp_path, known_utility=None, new_customers=None, restyled=[])
    assert "True worth" not in page.text
    assert "New customers" not in page.text
    assert "No photo was restyled." in page.text


def test_a_ratio_without_an_end_is_not_known(tmp_path: Path) -> None:
    open_ended = {"estimate": -1.19, "low": float("-inf"), "high": float("inf")}
    page = _write(tmp_path, new_customers=make_summary()["new_customers"] | {"ratio": open_ended})
    assert "not known the gain may be zero" in page.text
    assert "inf" not in page.text.replace("information", "").lower().split()
    json.loads((tmp_path / "run" / "report" / "report.json").read_text(), parse_constant=pytest.fail)
