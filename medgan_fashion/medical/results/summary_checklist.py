"""The part of `results/summary.json` that is about reporting standards: one row per item."""
# No future annotations: `__required_keys__` would miss NotRequired.

from typing import NotRequired, TypedDict


class ChecklistItem(TypedDict):
    standard: str  # "TRIPOD+AI" or "CLAIM"
    section: NotRequired[str]
    number: NotRequired[str]  # of the item, as "12a"
    item: str  # its topic, in our own words
    answer: str  # what the run knows; "" is for the authors to fill
    authors: NotRequired[str]  # what only the authors can add; "" where the answer is the whole of it
