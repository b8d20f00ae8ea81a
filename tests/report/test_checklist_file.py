"""The authors' checklist file: slots where they must speak, kept for ever once they wrote into it."""

from pathlib import Path
from typing import Any

import pytest

from medgan_fashion.medical.results.checklist import checklist
from medgan_fashion.report.ablation.page import page
from medgan_fashion.report.cards import checklist_text, checklists, untouched, write_checklist
from medgan_fashion.report.write import write_report
from tests.full_disk import full_disk


@pytest.fixture
def full(summary: dict[str, Any]) -> dict[str, Any]:
    """The summary with the whole checklists in it."""
    return summary | {"checklist": checklist(summary)}


def test_each_open_part_has_a_slot(full: dict[str, Any]) -> None:
    text = checklist_text(full["checklist"], full["title"])
    asked = sum(not item["answer"] or bool(item["authors"]) for item in full["checklist"])
    assert text.count("- Authors: ") == asked
    assert "## TRIPOD+AI (Collins et al. 2024)" in text
    assert "- **17 Ethical approval**" in text
    assert "cyst \\<1 cm" in text


def test_counts_add_up_and_stand_on_the_page(full: dict[str, Any]) -> None:
    for found, n in zip(checklists(full["checklist"]), (52, 44), strict=True):
        assert found["filled"] + found["begun"] + found["open"] == len(found["rows"]) == n
    html = page({**full}, {}, shareable=False)  # pyright: ignore[reportArgumentType]
    assert "TRIPOD+AI (Collins et al. 2024): 52 items" in html
    assert 'class="open">for the authors: committee' in html
    assert 'class="open">also for the authors' in html


def test_what_the_authors_wrote_is_never_written_over(tmp_path: Path) -> None:
    path = write_checklist(tmp_path, "first\n")
    assert untouched(path.read_text())
    assert write_checklist(tmp_path, "second\n") == path
    assert path.read_text().startswith("second")
    mine = path.read_text().replace("second", "second\n  - Authors: ethics committee 12/34")
    path.write_text(mine)
    beside = write_checklist(tmp_path, "third\n")
    assert beside.name == "checklist_new.md"
    assert path.read_text() == mine
    write_checklist(tmp_path, "fourth\n")
    assert path.read_text() == mine
    assert beside.read_text().startswith("fourth")
    path.write_text("a file of theirs without our mark")
    assert write_checklist(tmp_path, "fifth\n").name == "checklist_new.md"


def test_a_writing_cut_off_leaves_the_old_file_with_its_seal(tmp_path: Path) -> None:
    path = write_checklist(tmp_path, "first\n")
    with full_disk(200), pytest.raises(OSError, match=r"could not write .*checklist\.md"):
        write_checklist(tmp_path, "second\n" * 100)
    assert path.read_text().startswith("first")
    assert untouched(path.read_text())
    assert write_checklist(tmp_path, "third\n") == path
    assert [one.name for one in tmp_path.iterdir()] == ["checklist.md"]


def test_the_report_keeps_it_too(run: Path) -> None:
    folder = write_report(run).parent
    path = folder / "checklist.md"
    path.write_text(path.read_text().replace("  - Authors: ", "  - Authors: approved by our board", 1))
    write_report(run)
    assert "approved by our board" in path.read_text()
    assert "approved by our board" not in (folder / "checklist_new.md").read_text()
