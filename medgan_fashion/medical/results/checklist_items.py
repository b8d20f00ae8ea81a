"""What one item of a reporting checklist is made of."""

from collections.abc import Callable
from dataclasses import dataclass

from medgan_fashion.medical.results.checklist_answers import Summary

Answer = Callable[[Summary], str]


@dataclass(frozen=True)
class Item:
    """One item.

    Args:
        section, number, topic: where it stands in the standard, and what it asks about in a few words of ours.
        answer: what the run knows of it; None: nothing.
        authors: what only the authors can say; "" where the answer is the whole of it.
    """

    section: str
    number: str
    topic: str
    answer: Answer | None
    authors: str = ""


def items(section: str, *rows: tuple[str, str, Answer | None, str]) -> tuple[Item, ...]:
    """The rows of one section."""
    return tuple(Item(section, *row) for row in rows)
