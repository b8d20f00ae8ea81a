"""The checklists hold every item of both standards, and claim no more than the run knows."""

import inspect
from typing import Any

import pytest

from medgan_fashion.base.plain import to_plain
from medgan_fashion.medical.config import AblationConfig
from medgan_fashion.medical.results import checklist_answers
from medgan_fashion.medical.results.checklist import OWN, checklist, read_items, state
from tests.report.conftest import make_summary

TRIPOD_PARTS = {3: "abc", 5: "ab", 6: "abc", 8: "abc", 9: "abc", 12: "abcdefg", 18: "abcdef", 20: "abc", 23: "ab"}
TRIPOD_PARTS |= {27: "abc"}
ONLY_AUTHORS = {"17", "18a", "18b", "18d", "18e", "19", "14", "3c", "8b"}


@pytest.fixture
def summary() -> dict[str, Any]:
    found = make_summary()
    found["config"] = to_plain(AblationConfig())
    return found


def _items(summary: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**item} for item in checklist(summary)]


def _numbers(standard: str) -> list[str]:
    return [item["number"] for item in read_items() if item["standard"] == standard]


def test_every_item_is_there_once_and_in_order() -> None:
    expected = [f"{n}{part}" for n in range(1, 28) for part in TRIPOD_PARTS.get(n, " ")]
    assert _numbers("TRIPOD+AI") == [number.strip() for number in expected]
    assert len(_numbers("TRIPOD+AI")) == 52
    assert _numbers("CLAIM") == [str(n) for n in range(1, 45)]


def test_every_answer_is_a_function_and_every_function_an_answer() -> None:
    public = {name for name, _ in inspect.getmembers(checklist_answers, inspect.isfunction) if name[0] != "_"}
    assert {item["answer"] for item in read_items() if "answer" in item} == public
    assert set(OWN) <= public


def test_items_have_no_other_keys() -> None:
    known = {"standard", "section", "number", "topic", "answer", "authors"}
    assert [item for item in read_items() if not {"topic"} <= set(item) <= known] == []


def test_nothing_is_neither_answered_nor_asked_of_the_authors(summary: dict[str, Any]) -> None:
    for item in _items(summary):
        assert item["answer"] or item["authors"], item
        assert "None" not in item["answer"], item


def test_the_run_answers_what_it_knows_and_no_more(summary: dict[str, Any]) -> None:
    found = {(item["standard"], item["number"]): item for item in _items(summary)}
    assert {number for number in ONLY_AUTHORS if state(found["TRIPOD+AI", number]) != "open"} == set()
    assert {n for n in ("3", "13", "15", "34", "43", "44") if state(found["CLAIM", n]) != "open"} == set()
    assert "122 patients" in found["TRIPOD+AI", "10"]["answer"]
    assert "5.1 points at 80 % power" in found["TRIPOD+AI", "10"]["answer"]
    assert state(found["TRIPOD+AI", "10"]) == "begun"
    assert "2 rows" in found["CLAIM", "12"]["answer"]
    assert state(found["CLAIM", "20"]) == "filled"
    assert "patient; 2 of 2 leakage checks" in found["CLAIM", "20"]["answer"]
    assert "no external cohort" in found["CLAIM", "33"]["answer"]
    summary["data"]["external"] = {"sites": ["South"], "patients": 9, "lesions": 12, "images": 20}
    outside = {(item["standard"], item["number"]): item for item in _items(summary)}
    assert "of South: 9 patients" in outside["TRIPOD+AI", "12d"]["answer"]


def test_a_classifier_trained_elsewhere_is_not_described(summary: dict[str, Any]) -> None:
    summary["classifier"] = {"name": "ours", "file": "p.csv", "sha256": "0", "seeds": 3}
    found = {(item["standard"], item["number"]): item for item in _items(summary)}
    for number in ("22", "24", "25", "26"):
        assert state(found["CLAIM", number]) == "open"
        assert "trained elsewhere" in found["CLAIM", number]["authors"]
