"""The written report: self-contained, escaped, and whole where parts are missing."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from medgan_fashion.report.write import write_report
from tests.full_disk import full_disk


class _Page(HTMLParser):
    """Collects what the tests ask about: attributes that load something, scripts, text, pictures."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.scripts: list[str] = []
        self.ids: list[str] = []
        self.text = ""
        self._in = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in = tag if tag in ("script", "style") else ""
        self.loads += [v or "" for k, v in attrs if k in ("src", "href", "srcset", "poster", "data")]
        self.ids += [v or "" for k, v in attrs if k == "id"]
        if tag == "img":
            self.images.append(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in == "script":
            self.scripts.append(data)
        elif self._in != "style":
            self.text += data


def _page(path: Path) -> _Page:
    html = path.read_text(encoding="utf-8")
    end = html.index("</script>")  # of plotly, which is long and first
    return _Page(html[: html.index("<script>")] + html[end:])


def _edit(run: Path, **parts: Any) -> None:
    path = run / "results" / "summary.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | parts))


def _png(image: dict[str, str | None]) -> bytes:
    return base64.b64decode((image["src"] or "").removeprefix("data:image/png;base64,"))


@pytest.fixture(scope="module")
def report(whole: Path) -> Path:
    """The report of the whole run."""
    return write_report(whole)


def test_writes_page_table_data_and_a_card_per_gan(whole: Path, report: Path) -> None:
    assert report == whole / "report" / "report.html"
    cards = [f"model_card_conditional_{f}_fold{f + 1}_repeat1.md" for f in range(3)]
    expected = {"report.html", "report.csv", "report.json", "checklist.md", *cards}
    assert {p.name for p in report.parent.iterdir()} == expected


def test_loads_nothing_from_a_network(report: Path) -> None:
    html = report.read_text(encoding="utf-8")
    page = _Page(html)
    assert all(load.startswith(("#", "data:image/png;base64,")) for load in page.loads)
    style = html[html.index("<style>") : html.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert "default-src 'none'" in html
    assert sum(len(script) > 1_000_000 for script in page.scripts) == 1  # plotly stands there once


def test_ids_are_unique_and_the_contents_lead_to_them(report: Path) -> None:
    page = _page(report)
    assert len(page.ids) == len(set(page.ids))
    assert {load[1:] for load in page.loads if load.startswith("#")} <= set(page.ids)


def test_verdict_stands_first_with_its_numbers(report: Path) -> None:
    text = " ".join(_page(report).text.split())
    verdict = text[: text.index("Arms compared")]
    for part in ("Too few cases to tell", "+1.7 points", "−1.7 to +5.4", "5.1 points", "122 patients"):
        assert part in verdict
    assert "classifier seeds" in verdict
    assert "Not grouped" not in text


def test_names_are_escaped(run: Path, report: Path, summary: dict[str, Any]) -> None:
    html = report.read_text(encoding="utf-8")
    assert "cyst <1 cm" not in html
    assert "cyst &lt;1 cm &amp; thin" in html
    assert "&lt;fabricated&gt;" in html
    evil = json.loads(json.dumps(summary).replace("metastasis", "</script><img src=x onerror=alert(1)>"))
    _edit(run, **evil)
    html = write_report(run).read_text(encoding="utf-8")
    assert "<img src=x" not in html
    card = (run / "report" / "model_card_conditional_0_fold1_repeat1.md").read_text()
    assert "\\<img" in card


@pytest.mark.parametrize("grouping", ["none", "near-duplicate pictures"])
def test_missing_patients_stand_in_the_verdict_line(run: Path, summary: dict[str, Any], grouping: str) -> None:
    _edit(run, data=summary["data"] | {"grouping": grouping})
    html = write_report(run).read_text(encoding="utf-8")
    line = re.search(r'<p class="word">(.*?)</p>', html)
    assert line is not None
    assert "(not grouped by patient)" in line[1]
    assert "<strong>Not grouped by patient.</strong>" in html


def test_a_failed_audit_stands_beside_the_verdict(run: Path, report: Path, summary: dict[str, Any]) -> None:
    assert "audit failed" not in _page(report).text
    summary["audit"][1]["passed"] = False
    _edit(run, audit=summary["audit"])
    assert "The leakage audit failed." in _page(write_report(run)).text


def test_pictures_have_alternative_texts_and_synthetic_ones_a_violet_frame(report: Path) -> None:
    images = _page(report).images
    assert len(images) == 2 * (3 * 3 * 2 + 2 * 5)
    assert all(image["alt"] for image in images)
    for image in images:
        corner = Image.open(io.BytesIO(_png(image))).convert("RGB").getpixel((0, 0))
        assert (corner == (124, 58, 160)) == (image["alt"] or "").startswith("synthetic")


def test_parts_may_be_missing(run: Path, summary: dict[str, Any]) -> None:
    for key in ("dose", "judge", "tests", "gans", "calibration", "checklist"):
        del summary[key]
    for key in ("estimate", "low", "high", "smallest_detectable", "df"):
        summary["verdict"][key] = None
    summary["verdict"]["components"] = {"patients": None, "repeats": None}
    (run / "results" / "summary.json").write_text(json.dumps(summary))
    page = _page(write_report(run))
    for sentence in ("no curve to show", "saved no pictures", "did not judge its images", "no calibration"):
        assert sentence in page.text
    assert page.images == []


def test_nulls_inside_parts_are_dashes(run: Path, summary: dict[str, Any]) -> None:
    judge = summary["judge"]
    judge[0]["kid"]["blurred"] = judge[0]["class_agreement"] = judge[1]["neighbour_ratio"] = None
    judge[2]["kid"]["synthetic"] = {"mean": None, "sd": None}
    summary["calibration"][2]["accuracy"][0] = summary["dose"][3]["estimate"] = None
    summary["gans"][0]["selected"] = summary["arms"][1]["difference"]["p_holm"] = None
    summary["arms"][0]["per_class"][0]["sensitivity"] = None
    (run / "results" / "summary.json").write_text(json.dumps(summary))
    assert "nan" not in re.sub(r"[a-z]{4,}", "", _page(write_report(run)).text.lower())


def test_external_cohort_is_shown(run: Path, summary: dict[str, Any]) -> None:
    external = {"name": "other <hospital>", "patients": 31, "balanced_accuracy": {"real+classic": 0.6123}}
    _edit(run, data=summary["data"] | {"external": external})
    text = _page(write_report(run)).text
    assert "other <hospital>" in text
    assert "0.612" in text


def test_views_patches_and_remarks_are_shown(report: Path) -> None:
    text = " ".join(_page(report).text.split())
    assert "Per view: CC, MLO" in text
    assert "too few images: 3 held-out; 6 are needed" in text
    assert "76.5" in text  # class agreement of one view
    assert "Sliced Wasserstein" in text
    assert "14.2" in text
    assert "Images by view: CC 120, MLO 126." in text
    assert "1 row was used with a remark of the reader" in text
    assert "Row 17: the chest wall" in text


def test_one_view_and_no_remark_need_no_words(run: Path, summary: dict[str, Any]) -> None:
    for judge in summary["judge"]:
        del judge["swd"], judge["views"]
    del summary["data"]["notes"], summary["data"]["views"], summary["data"]["case_word"]
    (run / "results" / "summary.json").write_text(json.dumps(summary))
    text = _page(write_report(run)).text
    for word in ("Per view", "Wasserstein", "Images by view", "remark"):
        assert word not in text


def test_breasts_are_called_breasts(run: Path, summary: dict[str, Any]) -> None:
    _edit(run, data=summary["data"] | {"case_word": "breasts"})
    text = _page(write_report(run)).text
    assert "182 breasts" in text
    assert "Counts of breasts" in text
    assert "lesion" not in text.replace("Liver lesions", "")


def test_table_holds_a_line_per_arm(report: Path) -> None:
    text = (report.parent / "report.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [r["role"] for r in rows] == ["", "", "comparator", "", "tested", "", ""]
    assert float(rows[4]["balanced_accuracy"]) == 0.719
    assert rows[2]["difference_estimate"] == ""
    assert "sensitivity: cyst <1 cm & thin" in rows[0]


def test_a_full_disk_leaves_the_old_report(run: Path, summary: dict[str, Any]) -> None:
    page = write_report(run)
    before = {path.name: path.read_bytes() for path in page.parent.iterdir()}
    _edit(run, title="Another")
    largest = max(map(len, before.values()))
    with full_disk(largest // 2), pytest.raises(OSError, match=r"could not write .*report\.html"):
        write_report(run)
    after = {path.name: path.read_bytes() for path in page.parent.iterdir()}
    assert after["report.html"] == before["report.html"]
    assert after.keys() == before.keys()


def test_results_that_are_missing_or_broken_are_named(tmp_path: Path, run: Path) -> None:
    with pytest.raises(ValueError, match=r"summary\.json does not exist"):
        write_report(tmp_path / "nowhere")
    (run / "results" / "summary.json").write_text('{"title": ')
    with pytest.raises(ValueError, match="is no JSON"):
        write_report(run)
    assert not (run / "report").exists()
