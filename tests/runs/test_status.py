"""Status reads the folder alone."""

from pathlib import Path

from medgan_fashion.runs.engine.declare import run_status
from medgan_fashion.runs.engine.stage import complete

from .planted_stages import number, total


def test_status_counts_what_is_done_and_names_what_was_left(tmp_path: Path) -> None:
    complete(total.task(parts=[number.task(value=1), number.task(value=2)]), tmp_path)
    left = tmp_path / "stages" / "number" / ".abcdef0123.work"
    left.mkdir()
    (left / "history.jsonl").write_text('{"target": 5000, "images_seen": 2500}\n')
    lines = run_status(tmp_path)
    assert lines[:2] == ["number: 2 done", "total: 1 done"]
    assert "left by a process that died" in lines[2]
    assert "2,500 of 5,000 images seen" in lines[2]
    assert lines[3] == "no report yet"
