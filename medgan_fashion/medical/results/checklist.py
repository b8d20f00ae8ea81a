"""Reporting checklists: every item of both standards, with what the run knows and what only the authors do."""

from collections.abc import Mapping
from typing import Any

from medgan_fashion.medical.results import checklist_answers as m
from medgan_fashion.medical.results import checklist_claim, checklist_tripod
from medgan_fashion.medical.results.checklist_answers import Item
from medgan_fashion.medical.results.schema import ChecklistItem

STANDARDS = {checklist_tripod.NAME: checklist_tripod.TRIPOD, checklist_claim.NAME: checklist_claim.CLAIM}

OWN = (m.technique, m.building, m.architecture, m.initialisation, m.final_model, m.ensembling, m.predictions)
ELSEWHERE = "all about the classifier, which was trained elsewhere"


def _row(standard: str, item: Item, summary: dict[str, Any]) -> ChecklistItem:
    """How a classifier trained elsewhere came to be is the authors' to say."""
    elsewhere = item.answer in OWN and bool(summary.get("classifier"))
    return {
        "standard": standard,
        "section": item.section,
        "number": item.number,
        "item": item.topic,
        "answer": item.answer(summary) if item.answer and not elsewhere else "",
        "authors": ELSEWHERE if elsewhere else item.authors,
    }


def checklist(summary: dict[str, Any]) -> list[ChecklistItem]:
    """All items of TRIPOD+AI 2024 and of CLAIM's 2024 update, in their order.

    `answer` is what the run knows ("" = nothing), `authors` what only the authors can say ("" = nothing more).
    """
    return [_row(standard, item, summary) for standard, found in STANDARDS.items() for item in found]


def state(item: Mapping[str, Any]) -> str:
    """ "filled" by the run, "begun" by it, or "open": the authors' alone. Lists of older runs say no authors' part."""
    if not item["answer"]:
        return "open"
    return "begun" if item.get("authors") else "filled"
