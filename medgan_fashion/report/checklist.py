"""The reporting checklists as a page's rows, and as a file that the authors fill in and that is never written over."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from medgan_fashion.base.files import write_whole
from medgan_fashion.medical.results.checklist import state
from medgan_fashion.report.cards import plain

FILE, BESIDE = "checklist.md", "checklist_new.md"
WORDS = {"TRIPOD+AI": "TRIPOD+AI (Collins et al. 2024)", "CLAIM": "CLAIM, 2024 update (Tejani et al. 2024)"}
SLOT = "  - Authors: "
_SEAL = re.compile(r"\n<!-- as written by medgan-fashion: ([0-9a-f]{64}) -->\n\Z")


def checklists(items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """For each standard its name, its rows with their state, and how many are "filled", "begun" and "open"."""
    found = []
    for standard, group in groupby(items, key=lambda item: item["standard"]):
        rows = [{"number": "", "section": "", "authors": "", **item, "state": state(item)} for item in group]
        counts = {name: sum(row["state"] == name for row in rows) for name in ("filled", "begun", "open")}
        found.append({"standard": standard, "title": WORDS.get(standard, standard), "rows": rows, **counts})
    return found


def _item(row: Mapping[str, Any]) -> list[str]:
    lines = [f"- **{row['number']} {plain(row['item'])}**".replace("** ", "**")]
    if row["answer"]:
        lines += [f"  - The run: {plain(row['answer'])}"]
    if row["state"] != "filled":
        asked = f" ({plain(row['authors'])})" if row["authors"] else ""
        lines += [f"  - For the authors{asked}:", SLOT]
    return lines


def checklist_text(items: Sequence[Mapping[str, Any]], title: str) -> str:
    """Markdown of both checklists with a slot wherever the authors must speak."""
    lines = [f"# Reporting checklists: {plain(title)}", ""]
    lines += ["What the run knows stands here already; write your part, or where it stands in your paper, behind"]
    lines += ["`Authors:`. Topics are named in our words: the standards' own texts decide. Writing the report again"]
    lines += [f"leaves this file as you left it, and puts a fresh one beside it as `{BESIDE}`.", ""]
    for found in checklists(items):
        counted = f"{found['filled']} answered by the run, {found['begun']} begun by it, {found['open']} open."
        lines += [f"## {found['title']}", "", counted, ""]
        for section, rows in groupby(found["rows"], key=lambda row: row["section"]):
            lines += [f"### {section}", ""] if section else []
            lines += [line for row in rows for line in _item(row)] + [""]
    return "\n".join(lines)


def _sealed(text: str) -> str:
    """The text with its hash in a comment at the end, by which a later writing knows whether somebody changed it."""
    return f"{text}\n<!-- as written by medgan-fashion: {hashlib.sha256(text.encode()).hexdigest()} -->\n"


def untouched(text: str) -> bool:
    """Whether a file is still as `write_checklist` wrote it."""
    seal = _SEAL.search(text)
    return seal is not None and hashlib.sha256(text[: seal.start()].encode()).hexdigest() == seal[1]


def write_checklist(folder: Path, text: str) -> Path:
    """Writes checklist.md; where the authors have changed the one that lies there, checklist_new.md beside it."""
    path = folder / FILE
    if path.exists() and not untouched(path.read_text(encoding="utf-8")):
        path = folder / BESIDE
    # whole or not at all: cut off before its seal, it would pass for the authors' own
    write_whole(path, lambda part: part.write_text(_sealed(text), encoding="utf-8"))
    return path
