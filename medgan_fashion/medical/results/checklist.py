"""Reporting checklists: every item of both standards, with what the run knows and what only the authors do."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from medgan_fashion.medical.results import checklist_answers
from medgan_fashion.medical.results.schema import ChecklistItem

STANDARDS = ("tripod_ai", "claim")
OWN = ("technique", "building", "architecture", "initialisation", "final_model", "ensembling", "predictions")
ELSEWHERE = "all about the classifier, which was trained elsewhere"


@cache
def read_items() -> list[dict[str, str]]:
    """The items of `checklists/*.yaml` in their order: standard, section, number, topic and, where they have them,
    answer (the name of a function of `checklist_answers`) and authors."""
    from ruamel.yaml import YAML

    folder = files("medgan_fashion.medical.results") / "checklists"
    found = [YAML(typ="safe").load((folder / f"{name}.yaml").read_text("utf-8")) for name in STANDARDS]
    return [
        {"standard": one["standard"], "section": section, "number": str(number), **item}
        for one in found
        for section, items in one["sections"].items()
        for number, item in items.items()
    ]


def _row(item: dict[str, str], summary: dict[str, Any]) -> ChecklistItem:
    """How a classifier trained elsewhere came to be is the authors' to say."""
    answer = item.get("answer")
    elsewhere = answer in OWN and bool(summary.get("classifier"))
    return {
        "standard": item["standard"],
        "section": item["section"],
        "number": item["number"],
        "item": item["topic"],
        "answer": getattr(checklist_answers, answer)(summary) if answer and not elsewhere else "",
        "authors": ELSEWHERE if elsewhere else item.get("authors", ""),
    }


def checklist(summary: dict[str, Any]) -> list[ChecklistItem]:
    """All items of TRIPOD+AI 2024 and of CLAIM's 2024 update, in their order.

    `answer` is what the run knows ("" = nothing), `authors` what only the authors can say ("" = nothing more).
    """
    return [_row(item, summary) for item in read_items()]


def state(item: Mapping[str, Any]) -> str:
    """ "filled" by the run, "begun" by it, or "open": the authors' alone. Lists of older runs say no authors' part."""
    if not item["answer"]:
        return "open"
    return "begun" if item.get("authors") else "filled"
