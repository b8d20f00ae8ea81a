"""Workers leave with whoever started them, even one that is gone before they have begun."""

from pathlib import Path

import pytest

from medgan_fashion.studio.settings import Settings
from medgan_fashion.studio.work.worker import main
from tests.forked import exit_code, forked


def test_a_worker_without_its_parent_leaves_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = forked(lambda: None)
    assert exit_code(gone) == 0
    for name, value in Settings(home=str(tmp_path / "home")).environment().items():
        monkeypatch.setenv(name, value)
    assert exit_code(forked(lambda: main("desk", gone))) == 1
